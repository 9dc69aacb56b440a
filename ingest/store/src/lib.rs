//! The time-series store: one trait, its engines, one conformance suite.
