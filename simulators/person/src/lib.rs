//! People with a known truth: what somebody did minute by minute, and what a wearable saw of it.
//!
//! A [`Person`] is drawn from a seed: age, sex, pain class, habitual steps, capacity, resting heart rate. Asked for a
//! date, it answers with a [`TruthDay`]: 1,440 local minutes of steps and heart rate, when the person slept, whether a
//! flare was going on. [`wear`] then draws when the wearable was worn, by one of several [`WearPattern`]s, and [`seen`]
//! keeps what the wearable could count: no steps and no heart rate while it was off, as real ones report.
//!
//! Asked for so many minutes of an exercise, a person answers with the [`Sessions`] that were really done, and for a day of
//! the school with an [`Attendance`]; [`report`] and [`sheet`] then draw what was said of them, by one of several
//! [`ReportPattern`]s.
//!
//! The figures come from the ground-truth simulator of the clinical design (`docs`, section F, marked (F) beside each
//! constant); (D) marks a design choice that no source backs. **Nothing here is evidence about real people.**
//!
//! # Invariants
//!
//! - *The same seed gives the same bytes on every platform.* Randomness is `ChaCha8` under a key made of the seed;
//!   real-valued draws use only operations that IEEE 754 rounds exactly ([`f64::sqrt`] and the four rules), with our own
//!   `exp` and `ln`; minutes are made with integers.
//! - *A day is a pure function of (seed, date).* Days may be asked for in any order, any number of times.
//! - *The minutes of a day add up to the steps drawn for that day*, exactly.
//! - *What is seen is never above the truth*, in any minute, and is the truth where the wearable was worn.
//! - *A day has 1,440 local minutes, always.* There is no time zone here. Whoever maps local minutes to UTC decides what
//!   happens to the hour that a clock change drops or repeats.
//!
//! # What it never does
//!
//! It reads no clock, file or environment, starts no thread, and knows nothing of programmes, adherence or analytics:
//! what is judged by this truth may not have made it.

#![forbid(unsafe_code)]

mod course;
mod draw;
mod error;
mod exercise;
mod heart;
mod person;
mod portable_math;
mod report;
mod schedule;
mod seen;
mod step_minutes;
mod traits;
mod truth;
mod wear;
mod wear_pattern;

pub use error::PersonError;
pub use exercise::{Attendance, Exercise, Sessions};
pub use person::Person;
pub use report::{Reply, ReportPattern, SaidDay, report, sheet};
pub use seen::{SeenDay, seen};
pub use traits::{PainClass, Sex, Traits};
pub use truth::{MINUTES_PER_DAY, TruthDay};
pub use wear::{Sensor, WearMask, wear};
pub use wear_pattern::{Share, WearPattern};
