//! Whether a day was forgotten: changed, and neither marked nor computed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use chrono::{Days, NaiveDate};
use foulee_api::registry::Registry;
use foulee_api::worker::{Person, WEEK_KIND, days_as_of};
use foulee_contract::ParticipantId;
use foulee_store::{DirtyDay, EmbeddedStore, Store};

use super::found::{Found, RUNTIME, dirty_days};
use super::program::ask;
use super::traffic::DAY_MS;

/// A reading changes no date further from its own UTC day than this.
const REACH: i32 = 2;

/// UTC days that hold readings and are not marked, in a store whose marks nobody clears.
pub(crate) fn unmarked(found: &Found, dirty: &[DirtyDay]) -> Vec<(ParticipantId, i32)> {
    let marked: HashSet<(ParticipantId, i32)> =
        dirty.iter().map(|day| (day.participant, day.epoch_day)).collect();
    let mut touched = BTreeSet::new();
    for (series, tuples) in &found.series {
        for tuple in tuples {
            let last = tuple.end_ms.max(tuple.start_ms + 1) - 1;
            let days = tuple.start_ms.div_euclid(DAY_MS)..=last.div_euclid(DAY_MS);
            touched.extend(days.map(|day| (series.participant, i32::try_from(day).expect("a day"))));
        }
    }
    touched.into_iter().filter(|day| !marked.contains(day)).collect()
}

/// What was said of the computed days.
#[derive(Debug, Default)]
pub(crate) struct DayCheck {
    /// Dates that no mark is near of, and that were computed again to compare.
    pub(crate) settled: u64,
    /// Of these, those whose row is not what the readings say.
    pub(crate) stale: Vec<(ParticipantId, NaiveDate)>,
}

/// Computes every date near which no day is marked from the readings alone, and compares with the row that is there.
pub(crate) fn check(folder: &Path, store: &EmbeddedStore, people: &[ParticipantId]) -> DayCheck {
    let dirty = dirty_days(store);
    let mut check = DayCheck::default();
    RUNTIME.block_on(async {
        let registry = Registry::open_read_only(folder).await.expect("the registry");
        for id in people {
            let near: HashSet<i32> = dirty
                .iter()
                .filter(|day| day.participant == *id)
                .flat_map(|day| day.epoch_day - REACH..=day.epoch_day + REACH)
                .collect();
            let person =
                Person::load(&registry, store, *id).await.expect("the registry").expect("a participant");
            let days = store.day_digests(*id, 0, i32::MAX).await.expect("digests");
            let (Some(first), Some(last)) = (days.first(), days.last()) else { continue };
            let (first, last) = (first.epoch_day - REACH, last.epoch_day + REACH);
            let expected = days_as_of(store, &person, date_of(first)..date_of(last), i64::MAX).await;
            let expected = expected.expect("the days");
            let rows = registry.day_rows(*id, date_of(first), date_of(last)).await.expect("the rows");
            let rows: HashMap<NaiveDate, String> =
                rows.into_iter().map(|row| (row.date, row.computed.payload)).collect();
            for date in (first..=last).filter(|day| !near.contains(day)).map(date_of) {
                let expected = expected.get(&date).map(|day| serde_json::to_string(day).expect("JSON"));
                check.settled += 1;
                if expected.as_ref() != rows.get(&date) {
                    check.stale.push((*id, date));
                }
            }
        }
        registry.close().await;
    });
    check
}

fn date_of(epoch_day: i32) -> NaiveDate {
    let epoch = NaiveDate::default();
    epoch.checked_add_days(Days::new(epoch_day.unsigned_abs().into())).expect("a date of this century")
}

/// People as they are set up in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) study: &'static str,
    pub(crate) time_zone: &'static str,
    /// Ids and the names that exports have for them.
    pub(crate) people: Vec<(ParticipantId, String)>,
    /// Whether they follow a programme from this day on.
    pub(crate) programme: Option<&'static str>,
}

impl Setup {
    /// Adds the people to a folder that does not know them.
    pub(crate) fn apply(&self, folder: &Path) {
        for (id, external_id) in &self.people {
            let id = id.to_string();
            let add =
                ["participant", "add", "--id", &id, "--external-id", external_id, "--study", self.study];
            ask(folder, &[&add[..], &["--time-zone", self.time_zone]].concat());
            if let Some(start) = self.programme {
                let assign =
                    ["programme", "assign", &id, "graded-walking", "--start", start, "--start-steps", "4000"];
                ask(folder, &assign);
            }
        }
    }
}

/// What the program says of people once it has computed whatever it holds to be dirty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// What `foulee measures` prints.
    pub(crate) measures: String,
    /// The weeks of the programmes, as the pages show them.
    pub(crate) weeks: Vec<String>,
}

/// Computes what is dirty in a folder by the command line, and says what came of it.
pub(crate) fn said(folder: &Path, setup: &Setup) -> Said {
    let ids: Vec<String> = setup.people.iter().map(|(id, _)| id.to_string()).collect();
    let mut args = vec!["measures", "--from", "2026-01-01", "--to", "2026-10-31", "--format", "json"];
    args.extend(ids.iter().map(String::as_str));
    let measures = ask(folder, &args);
    let weeks = RUNTIME.block_on(async {
        let registry = Registry::open_read_only(folder).await.expect("the registry");
        let mut weeks = Vec::new();
        for (id, _) in &setup.people {
            let found = registry.results(*id, WEEK_KIND).await.expect("the weeks");
            weeks.extend(found.into_iter().map(|row| format!("{id} {} {}", row.key, row.computed.payload)));
        }
        registry.close().await;
        weeks
    });
    Said { measures, weeks }
}

/// The same of a fresh folder to which the same readings came at once.
pub(crate) fn said_afresh(folder: &Path, setup: &Setup, found: &Found) -> Said {
    setup.apply(folder);
    let store = EmbeddedStore::open(folder).expect("a store");
    RUNTIME.block_on(store.write(found.batch())).expect("a write");
    assert_eq!(RUNTIME.block_on(store.digest()).expect("a digest").to_string(), found.digest);
    drop(store);
    said(folder, setup)
}

/// Fails unless the two say the same, and shows the first difference.
pub(crate) fn assert_same(what: &str, is: &str, afresh: &str) {
    let differs = is.lines().zip(afresh.lines()).find(|(is, afresh)| is != afresh);
    assert!(
        is == afresh,
        "{what} differ from those computed afresh ({} and {} bytes): {differs:?}",
        is.len(),
        afresh.len()
    );
}
