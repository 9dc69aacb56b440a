//! Simulated people with a known truth.
