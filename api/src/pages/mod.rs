//! The pages that people read: one for each participant, what is newest of them, a list of them, and an error page.
//!
//! Pure: a page is a function of plain data ([`model`]) and a [`Lang`]. No clock, no store, no analytics type.
//!
//! Invariants:
//! - What is unknown is never shown as 0, and a day that was not measured is never called missed.
//! - Adherence is never a bare number: without its interval a page is refused ([`PagesError::BareNumber`]).
//! - Every word is in a catalogue, in each language; every value is escaped by the template that places it, and only a
//!   template can make markup.
//! - No script, no style attribute, nothing fetched from elsewhere: [`CONTENT_SECURITY_POLICY`] holds for every page but
//!   one. The live page has a script of ours in a file ([`LIVE_CONTENT_SECURITY_POLICY`]), and shows the state at its loading
//!   without it.
//! - Nothing is said by colour alone; each plot has its words and its table.
//!
//! Reading order: `render`, then `shell` (what stands around), `person` and its sections (`week`, `adherence`, `day`,
//! `history`, `days`), their plots (`svg_*`), and below them `clock`, `format`, `text`, `markup`. Each section holds its
//! template beside the data that fills it.

mod adherence;
mod assets;
mod clock;
mod day;
mod days;
mod enrol;
mod enter;
mod error;
mod failure;
mod format;
mod history;
mod lang;
mod list;
mod live;
mod markup;
pub mod model;
mod person;
mod received;
mod render;
mod safety;
mod shell;
mod svg_adherence;
mod svg_day;
mod svg_received;
mod svg_week;
mod svg_weeks;
mod text;
mod today;
mod week;

#[cfg(test)]
mod tests;

pub use assets::{Asset, CONTENT_SECURITY_POLICY, LIVE_CONTENT_SECURITY_POLICY, LIVE_SCRIPT, STYLESHEET};
pub use error::PagesError;
pub use lang::Lang;
pub(crate) use live::RATE_HOLDS_S;
pub use render::{
    render, render_clear, render_enrol, render_enter, render_error, render_index, render_live,
    render_received, render_safety, render_today,
};
pub use safety::CodeTold;
pub use today::safety_text;
