//! Adherence of a participant from day rows: what the command, the feed and the page all show.

mod assess;
mod doc;
mod period;
mod plan;
mod said;

pub(crate) use assess::LOOK_BACK_DAYS;
pub use assess::{Assessed, DayRows, assess, load_rows};
pub use doc::AdherenceDoc;
pub use period::{Period, reference_date};
pub use plan::{Plan, PlanDay, kind_word};
