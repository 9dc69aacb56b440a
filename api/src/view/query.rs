use chrono::NaiveDate;
use serde::Deserialize;

use crate::pages::Lang;
use crate::pages::model::Href;

/// What a page's address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PageQuery {
    /// `fr` or `en`.
    pub lang: Option<String>,
    /// The day to show minute by minute.
    pub day: Option<NaiveDate>,
    /// A day of the week to show; the day's own where it is left out.
    pub week: Option<NaiveDate>,
    /// The last day of the period.
    pub to: Option<NaiveDate>,
}

impl PageQuery {
    /// The address of this page in a language, with another day or week.
    pub(super) fn href(&self, lang: Lang, day: Option<NaiveDate>, week: Option<NaiveDate>) -> Option<Href> {
        let mut href = format!("?lang={}", lang.code());
        for (name, date) in [("day", day), ("week", week), ("to", self.to)] {
            if let Some(date) = date {
                href.push_str(&format!("&{name}={date}"));
            }
        }
        Href::new(href).ok()
    }
}
