//! What is newest of a participant, told to those who look on while it happens.
//!
//! A store that is wrapped ([`Live::store`]) says what was written and which days were computed; nothing else is asked
//! again and again. Of each participant whom somebody watches there is one [`State`], however many watch.
//!
//! Invariants:
//! - Nothing is told before it is durable: the wrapped store speaks after the commit.
//! - A state is a function of stored readings and computed rows; its id is a digest of its text, the same after a restart.
//! - Nobody watched costs nothing; a participant watched and silent costs a look at each midnight and each hour.
//!
//! Reading order: `watched` (the store), `newest` (what a batch brings), `state` (what is told), `hub` (to whom).

mod hub;
mod newest;
mod state;
mod watched;

pub use hub::{Full, Live, MOST_STREAMS, Seat, Shown};
pub use newest::{HeartRate, Last};
pub use state::{State, Told};
