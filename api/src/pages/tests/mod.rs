//! The pages as a reader meets them.

mod catalogue;
mod fixtures;
mod markup;
mod preview;
mod received;
mod words;
