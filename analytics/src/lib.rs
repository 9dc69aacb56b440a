//! Pure signal processing: minutes, wear, steps, heart, measures, programme, adherence.
