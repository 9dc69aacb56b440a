use chrono::NaiveDate;
use foulee_analytics::completeness::Missing;
use foulee_store::Store;
use serde::{Deserialize, Serialize};

use super::{offset_minutes, rfc3339};
use crate::ApiError;
use crate::adherence::Period;
use crate::worker::{Heard, HourOfSource, Person, completeness};

/// Days whose readings are held in memory at once.
const SPAN_DAYS: usize = 7;

/// What a row of completeness is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum CompletenessBy {
    /// An hour.
    #[default]
    Hour,
    /// A local day.
    Day,
}

/// What was expected of a source in an hour or a day, what has come, and why the rest has not; in minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompletenessRow {
    /// The source's key.
    pub source: String,
    /// The local day.
    pub date: String,
    /// First instant of the hour or the day.
    pub start: String,
    /// Minutes that the home clock is ahead of UTC.
    pub offset: i32,
    /// Minutes of which something is expected: `received` and the minutes that are missing for each cause.
    pub expected: u32,
    /// Minutes of which something has come.
    pub received: u32,
    /// Those of them in which it was not worn, as far as is known.
    pub received_not_worn: u32,
    /// It was not worn.
    pub not_worn: u32,
    /// Nothing is known of the source since: what it recorded may still come.
    pub not_synced: u32,
    /// Its battery was empty.
    pub battery: u32,
    /// The link was lost.
    pub link: u32,
    /// Permission was withheld.
    pub permission: u32,
    /// It was collected, and lost before it was sent.
    pub lost: u32,
    /// A store that writes nothing while nobody moves.
    pub silent: u32,
    /// Nobody knows why.
    pub unknown: u32,
    /// When the last of what has come was received; null where nothing has.
    pub arrived: Option<String>,
}

impl CompletenessRow {
    fn new(person: &Person, of: &HourOfSource) -> Self {
        let missing = |cause| u32::from(of.hour.missing_for(cause));
        Self {
            source: person.sources[of.place].source.key().to_owned(),
            date: of.date.to_string(),
            start: rfc3339(of.hour.start_ms),
            offset: offset_minutes(&person.zones, of.hour.start_ms),
            expected: of.hour.expected.into(),
            received: of.hour.received.into(),
            received_not_worn: of.hour.received_not_worn.into(),
            not_worn: missing(Missing::NotWorn),
            not_synced: missing(Missing::NotSynced),
            battery: missing(Missing::Battery),
            link: missing(Missing::Link),
            permission: missing(Missing::Permission),
            lost: missing(Missing::Lost),
            silent: missing(Missing::Silent),
            unknown: missing(Missing::Unknown),
            arrived: of.arrived_ms.map(rfc3339),
        }
    }

    fn add(&mut self, more: &Self) {
        self.expected += more.expected;
        self.received += more.received;
        self.received_not_worn += more.received_not_worn;
        self.not_worn += more.not_worn;
        self.not_synced += more.not_synced;
        self.battery += more.battery;
        self.link += more.link;
        self.permission += more.permission;
        self.lost += more.lost;
        self.silent += more.silent;
        self.unknown += more.unknown;
    }
}

/// A person's completeness, read from the store a week at a time.
pub struct CompletenessFeed<'a> {
    store: &'a dyn Store,
    person: &'a Person,
    heard: Heard,
    by: CompletenessBy,
    dates: Vec<NaiveDate>,
}

impl<'a> CompletenessFeed<'a> {
    /// Of a period, as it was known at an instant or is known now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(
        store: &'a dyn Store,
        person: &'a Person,
        period: Period,
        by: CompletenessBy,
        known_at_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<Self, ApiError> {
        let heard = Heard::load(store, person, known_at_ms, now_ms).await?;
        let mut dates: Vec<NaiveDate> = period.dates().collect();
        dates.reverse();
        Ok(Self { store, person, heard, by, dates })
    }

    /// The next rows, by day, then by source; `None` after the last.
    ///
    /// # Errors
    /// When the store fails or analytics refuses a reading.
    pub async fn next(&mut self) -> Result<Option<Vec<CompletenessRow>>, ApiError> {
        if self.dates.is_empty() {
            return Ok(None);
        }
        let mut dates = self.dates.split_off(self.dates.len().saturating_sub(SPAN_DAYS));
        dates.reverse();
        let hours = completeness(self.store, self.person, &self.heard, &dates).await?;
        let mut rows: Vec<CompletenessRow> = Vec::new();
        let mut last: Option<&HourOfSource> = None;
        for of in &hours {
            let row = CompletenessRow::new(self.person, of);
            let same = last.replace(of).is_some_and(|last| (last.date, last.place) == (of.date, of.place));
            match rows.last_mut().filter(|_| same && self.by == CompletenessBy::Day) {
                Some(day) => {
                    day.add(&row);
                    day.arrived = day.arrived.take().max(row.arrived);
                }
                None => rows.push(row),
            }
        }
        Ok(Some(rows))
    }
}
