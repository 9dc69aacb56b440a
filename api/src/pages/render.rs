//! The pages, as pure functions of what they show and the reader's language.

use super::error::PagesError;
use super::lang::Lang;
use super::model::{
    ErrorPage, Frame, Href, IndexPage, LivePage, PersonPage, ReceivedPage, SafetyPage, TodayPage,
};
use super::safety::CodeTold;
use super::text::Text;
use super::{enrol, enter, failure, list, live, person, received, safety, shell, today};

/// One participant's page.
///
/// # Errors
/// Where the page would mislead: a share outside 0..=1, a reversed interval, an estimate without its interval, minutes
/// that do not make a day.
pub fn render(page: &PersonPage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    shell::page(&t, &page.frame, &page.participant, person::body(&t, page)?)
}

/// The list of participants.
///
/// # Errors
/// Where a share is outside 0..=1.
pub fn render_index(page: &IndexPage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    shell::page(&t, &page.frame, t.get("index_heading"), list::body(&t, page)?)
}

/// What is newest of a participant.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_live(page: &LivePage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let name = t.fill("live_title", &[("participant", &page.participant)]);
    shell::page(&t, &page.frame, &name, live::body(&t, page)?)
}

/// A participant's day.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_today(page: &TodayPage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let name = t.fill("today_heading", &[("date", &t.date_full(page.today))]);
    shell::page(&t, &page.frame, &name, today::body(&t, page)?)
}

/// What is stopped for a participant's safety, and how it is lifted.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_safety(page: &SafetyPage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    shell::page(&t, &page.frame, t.get("safety_heading"), safety::body(&t, page)?)
}

/// The page at which a general practitioner lifts a stop by a code.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_clear(told: CodeTold, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let other_language = Some(Href::new(format!("/clear?lang={}", lang.other().code()))?);
    let frame = Frame { other_language, ..Frame::default() };
    shell::page(&t, &frame, t.get("clear_heading"), safety::clear(&t, told)?)
}

/// What has come of a participant's devices.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_received(page: &ReceivedPage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let name = t.fill("received_title", &[("participant", &page.participant)]);
    shell::page(&t, &page.frame, &name, received::body(&t, page)?)
}

/// An error page.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_error(page: &ErrorPage, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    shell::page(&t, &page.frame, failure::heading(&t, page.kind), failure::body(&t, page)?)
}

/// The page that says how a phone is let in.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_enrol(lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let other_language = Some(Href::new(format!("/enrol?lang={}", lang.other().code()))?);
    let frame = Frame { other_language, ..Frame::default() };
    shell::page(&t, &frame, t.get("enrol_heading"), enrol::body(&t)?)
}

/// The page that asks for a token; `refused` after one that does not hold.
///
/// # Errors
/// Only where a catalogue or a template of this build is broken.
pub fn render_enter(refused: bool, lang: Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let other_language = Some(Href::new(format!("/enter?lang={}", lang.other().code()))?);
    let frame = Frame { other_language, ..Frame::default() };
    shell::page(&t, &frame, t.get("enter_heading"), enter::body(&t, refused)?)
}
