//! Measures leave the program as they were computed, to the last digit.

use crate::data::recordings;
use crate::pieces::clean;

/// Measures that are a mean over so many minutes: times that number they are whole.
const MEANS: [(&str, f64); 2] = [("peak_30_cadence", 30.0), ("peak_60_cadence", 60.0)];
/// Coverage is a share of the day's minutes; the recordings have no clock change.
const DAY_MINUTES: f64 = 1_440.0;

#[test]
fn a_measure_is_printed_as_the_number_nearest_to_what_it_is() {
    let Some(source) = recordings("fitabase") else { return };
    let (mut looked, mut off) = (0, Vec::new());
    for row in clean(&source).measures.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let mean = MEANS.iter().find(|(name, _)| *name == cells[2]).map(|(_, parts)| (cells[3], *parts));
        for (text, parts) in mean.into_iter().chain([(cells[5], DAY_MINUTES)]) {
            let Ok(number) = text.parse::<f64>() else { continue };
            looked += 1;
            let nearest = (number * parts).round() / parts;
            if number.to_bits() != nearest.to_bits() {
                off.push(format!("{} {} {}: {text} for {nearest}", cells[0], cells[1], cells[2]));
            }
        }
    }
    println!("figures: {looked} means and shares, {} of them off in the last digit", off.len());
    assert!(
        off.is_empty(),
        "{} of {looked} are off, such as\n{}",
        off.len(),
        off[..off.len().min(5)].join("\n")
    );
}
