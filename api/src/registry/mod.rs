//! People, prescriptions, tokens and computed rows.
