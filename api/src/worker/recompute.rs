use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use foulee_analytics::ALGORITHM_VERSION;
use foulee_contract::{ParticipantId, Tuple};
use foulee_store::{DirtyDay, Scan, Store, epoch_day};
use sha2::{Digest as _, Sha256};

use super::counters::{self, Counters};
use super::day::{ComputedDay, compute_day};
use super::person::Person;
use super::readings::{CONTEXT_MS, Readings};
use super::rows::DayPayload;
use super::{MINUTES_KIND, weeks};
use crate::ApiError;
use crate::registry::{Computed, DayRow, Registry, ResultRow, RowWrite};

const DAY_MS: i64 = 86_400_000;
/// Dirty days taken at once.
const TAKE: usize = 4_096;
/// Days whose readings are held in memory at once: two months of a person's minutes and seconds.
const SPAN_DAYS: usize = 62;
/// The usual resting heart rate is the median of the days before, so a day can change the zones of those after it.
const RESTING_DAYS: u64 = 28;
/// The kind of the row that says under which knowledge of the person the days were made.
const PERSON_KIND: &str = "person";
/// The kind of the row that says under which prescriptions the weeks were judged.
const PLAN_KIND: &str = "plan";

/// What one pass over dirty days did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// Day rows that changed.
    pub(super) changed: u64,
    /// Whether days are still dirty.
    pub(super) more: bool,
}

/// Turns dirty days into rows.
#[derive(Clone)]
pub struct Worker {
    store: Arc<dyn Store>,
    registry: Registry,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Worker {
    /// Over a store and a registry.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, registry: Registry) -> Self {
        Self { store, registry }
    }

    /// Computes until no day is dirty; how many day rows changed.
    ///
    /// # Errors
    /// When a store fails; what was not done stays dirty.
    pub async fn drain(&self, now_ms: i64) -> Result<u64, ApiError> {
        let mut changed = 0;
        loop {
            let pass = self.pass(TAKE, now_ms).await?;
            changed += pass.changed;
            if !pass.more {
                return Ok(changed);
            }
        }
    }

    /// Computes at most `limit` dirty days.
    ///
    /// # Errors
    /// When a store fails; what was not done stays dirty.
    pub(super) async fn pass(&self, limit: usize, now_ms: i64) -> Result<Pass, ApiError> {
        let dirty = self.store.dirty_days(limit).await?;
        let more = dirty.len() == limit;
        let mut people: BTreeMap<ParticipantId, Vec<DirtyDay>> = BTreeMap::new();
        for day in dirty {
            people.entry(day.participant).or_default().push(day);
        }
        let mut changed = 0;
        for (participant, days) in people {
            let utc_days: BTreeSet<i32> = days.iter().map(|day| day.epoch_day).collect();
            changed += self.recompute(participant, &utc_days, now_ms).await?;
            self.store.clear_dirty(days).await?;
        }
        if changed > 0 && !more {
            super::priors::refresh_priors(&self.registry, now_ms).await?;
        }
        Ok(Pass { changed, more })
    }

    /// Computes everybody whose days were made under other knowledge of them or by older code.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn refresh_all(&self, now_ms: i64) -> Result<u64, ApiError> {
        let mut changed = 0;
        let mut after = None;
        loop {
            let page = self.registry.participants(None, after, crate::registry::MAX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(changed) };
            after = Some(last.id);
            for participant in page {
                changed += self.refresh(participant.id, now_ms).await?;
            }
        }
    }

    /// Computes one participant's days if they were made under other knowledge or by older code.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn refresh(&self, participant: ParticipantId, now_ms: i64) -> Result<u64, ApiError> {
        self.recompute(participant, &BTreeSet::new(), now_ms).await
    }

    async fn recompute(
        &self,
        id: ParticipantId,
        dirty: &BTreeSet<i32>,
        now_ms: i64,
    ) -> Result<u64, ApiError> {
        // Nobody reads the rows of somebody unknown; when they are added, everything is computed.
        let Some(person) = Person::load(&self.registry, &*self.store, id).await? else { return Ok(0) };
        let knowledge = person.digest();
        let known = self.registry.result_row(id, PERSON_KIND, "").await?;
        let everything = known.is_none_or(|row| row.computed.input_digest != knowledge);
        let rows: HashMap<NaiveDate, (Vec<u8>, String)> = self
            .registry
            .day_row_digests(id)
            .await?
            .into_iter()
            .map(|row| (row.date, (row.input_digest, row.versions)))
            .collect();
        let mut dates = BTreeSet::new();
        if everything {
            let all = self.store.day_digests(id, 0, i32::MAX).await?;
            dates = local_dates(&person, &all.iter().map(|day| day.epoch_day).collect())?;
            dates.extend(rows.keys());
        }
        // What a counter was at on one day says what was walked since the day before it.
        if Counters::wanted(&person) {
            dates.extend(local_dates(&person, &counters::reach(&*self.store, id, dirty).await?)?);
        }
        dates.extend(local_dates(&person, dirty)?);
        if person.birth_year.is_some() {
            let later: Vec<NaiveDate> = dates
                .iter()
                .flat_map(|date| (1..=RESTING_DAYS).filter_map(|n| date.checked_add_days(Days::new(n))))
                .filter(|date| rows.contains_key(date))
                .collect();
            dates.extend(later);
        }
        let dates: Vec<NaiveDate> = dates.into_iter().collect();
        let mut changed = 0;
        let mut resting = Resting::load(&self.registry, &person, dates.first().copied()).await?;
        for span in dates.chunk_by(|a, b| (*b - *a).num_days() <= 2).flat_map(|run| run.chunks(SPAN_DAYS)) {
            let writes = self.span(&person, &knowledge, &rows, span, now_ms, &mut resting).await?;
            changed += self.registry.write_rows(&writes).await?.changed;
        }
        // The weeks of every day that was asked about, not only of those that changed: where the process was killed
        // between a day's row and its week's, the row is there already. What follows says that it is done, so it is last.
        let mut touched: BTreeSet<NaiveDate> = dates.into_iter().collect();
        let plan = self.new_plan(id).await?;
        if plan.is_some() {
            touched.extend(rows.keys());
            let old = self.registry.results(id, super::WEEK_KIND).await?.into_iter().map(|row| {
                RowWrite::DropResult { participant: id, kind: super::WEEK_KIND.to_owned(), key: row.key }
            });
            self.registry.write_rows(&old.collect::<Vec<_>>()).await?;
        }
        weeks::recompute(&self.registry, id, &touched, now_ms).await?;
        let mut done = Vec::new();
        for (kind, input_digest) in [(PERSON_KIND, everything.then_some(knowledge)), (PLAN_KIND, plan)] {
            done.extend(input_digest.map(|input_digest| {
                let versions = ALGORITHM_VERSION.to_owned();
                let computed =
                    Computed { input_digest, versions, computed_ms: now_ms, payload: "{}".to_owned() };
                RowWrite::Result(ResultRow {
                    participant: id,
                    kind: kind.to_owned(),
                    key: String::new(),
                    computed,
                })
            }));
        }
        self.registry.write_rows(&done).await?;
        Ok(changed)
    }

    /// The digest of what is prescribed, where the weeks were judged under something else.
    async fn new_plan(&self, id: ParticipantId) -> Result<Option<Vec<u8>>, ApiError> {
        let prescriptions = self.registry.prescriptions(id).await?;
        let digest = Sha256::digest(format!("{prescriptions:?}")).to_vec();
        let known = self.registry.result_row(id, PLAN_KIND, "").await?;
        Ok(known.is_none_or(|row| row.computed.input_digest != digest).then_some(digest))
    }

    /// Rows of some dates that lie together.
    async fn span(
        &self,
        person: &Person,
        knowledge: &[u8],
        rows: &HashMap<NaiveDate, (Vec<u8>, String)>,
        dates: &[NaiveDate],
        now_ms: i64,
        resting: &mut Resting,
    ) -> Result<Vec<RowWrite>, ApiError> {
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(Vec::new()) };
        let from_ms = person.zones.bounds(*first)?.start - CONTEXT_MS;
        let to_ms = person.zones.bounds(*last)?.end + CONTEXT_MS;
        let digests: BTreeMap<i32, [u8; 16]> = self
            .store
            .day_digests(person.id, epoch_day(from_ms), epoch_day(to_ms))
            .await?
            .into_iter()
            .map(|day| (day.epoch_day, day.digest.to_bytes()))
            .collect();
        let counters = Counters::load(&*self.store, person, from_ms, to_ms, None).await?;
        let mut readings = None;
        let mut writes = Vec::new();
        for date in dates {
            let bounds = person.zones.bounds(*date)?;
            let usual = resting.usual_before(*date);
            let neighbours = counters.neighbours(bounds.start - CONTEXT_MS, bounds.end + CONTEXT_MS);
            let digest = input_digest(knowledge, *date, &bounds, &digests, usual, &neighbours);
            if rows
                .get(date)
                .is_some_and(|(known, versions)| *known == digest && versions == ALGORITHM_VERSION)
            {
                continue;
            }
            let readings = match &readings {
                Some(readings) => readings,
                None => {
                    let found = self.store.scan(all_of(person.id, from_ms, to_ms, None)).await?;
                    readings.insert(Readings::new(person, found, &counters)?)
                }
            };
            match compute_day(person, readings, *date, &bounds, usual)? {
                Some(day) => {
                    resting.note(*date, &day.payload);
                    writes.extend(day_writes(person.id, *date, day, digest, now_ms)?);
                }
                None if rows.contains_key(date) => {
                    resting.forget(*date);
                    let key = date.to_string();
                    writes.push(RowWrite::DropDay { participant: person.id, date: *date });
                    let (participant, kind) = (person.id, MINUTES_KIND.to_owned());
                    writes.push(RowWrite::DropResult { participant, kind, key });
                }
                None => {}
            }
        }
        Ok(writes)
    }
}

/// Days as they were known at an instant, computed anew and kept nowhere.
///
/// # Errors
/// When the store fails.
pub async fn days_as_of(
    store: &dyn Store,
    person: &Person,
    dates: Range<NaiveDate>,
    known_at_ms: i64,
) -> Result<BTreeMap<NaiveDate, DayPayload>, ApiError> {
    let from_ms = person.zones.bounds(dates.start)?.start - CONTEXT_MS;
    let to_ms = person.zones.bounds(dates.end)?.end + CONTEXT_MS;
    let found = store.scan(all_of(person.id, from_ms, to_ms, Some(known_at_ms))).await?;
    let counters = Counters::load(store, person, from_ms, to_ms, Some(known_at_ms)).await?;
    let readings = Readings::new(person, found, &counters)?;
    let mut days = BTreeMap::new();
    for date in dates.start.iter_days().take_while(|date| *date <= dates.end) {
        if let Some(day) = compute_day(person, &readings, date, &person.zones.bounds(date)?, None)? {
            days.insert(date, day.payload);
        }
    }
    Ok(days)
}

fn all_of(participant: ParticipantId, from_ms: i64, to_ms: i64, known_at_ms: Option<i64>) -> Scan {
    Scan { participant, metrics: Vec::new(), from_ms, to_ms, known_at_ms }
}

/// The local dates that the readings of these UTC days can change.
fn local_dates(person: &Person, utc_days: &BTreeSet<i32>) -> Result<BTreeSet<NaiveDate>, ApiError> {
    let mut dates = BTreeSet::new();
    for day in utc_days {
        let start = i64::from(*day) * DAY_MS;
        let first = person.zones.date_of(start - CONTEXT_MS)?;
        let last = person.zones.date_of(start + DAY_MS - 1 + CONTEXT_MS)?;
        dates.extend(first.iter_days().take_while(|date| *date <= last));
    }
    Ok(dates)
}

fn input_digest(
    knowledge: &[u8],
    date: NaiveDate,
    bounds: &Range<i64>,
    digests: &BTreeMap<i32, [u8; 16]>,
    usual_resting_bpm: Option<f64>,
    neighbours: &[Tuple],
) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(knowledge);
    hash.update(date.to_string());
    hash.update(usual_resting_bpm.unwrap_or(0.0).to_le_bytes());
    let first = epoch_day(bounds.start - CONTEXT_MS);
    let last = epoch_day(bounds.end + CONTEXT_MS);
    for (day, digest) in digests.range(first..=last) {
        hash.update(day.to_le_bytes());
        hash.update(digest);
    }
    for tuple in neighbours {
        hash.update(format!("{tuple:?}"));
    }
    hash.finalize().to_vec()
}

fn day_writes(
    participant: ParticipantId,
    date: NaiveDate,
    day: ComputedDay,
    digest: Vec<u8>,
    now_ms: i64,
) -> Result<[RowWrite; 2], ApiError> {
    let computed = |payload| Computed {
        input_digest: digest.clone(),
        versions: ALGORITHM_VERSION.to_owned(),
        computed_ms: now_ms,
        payload,
    };
    let minutes = ResultRow {
        participant,
        kind: MINUTES_KIND.to_owned(),
        key: date.to_string(),
        computed: computed(day.minutes.pack()?),
    };
    let row = DayRow { participant, date, computed: computed(serde_json::to_string(&day.payload)?) };
    Ok([RowWrite::Result(minutes), RowWrite::Day(row)])
}

/// Resting heart rates of the days so far, for those who have zones.
struct Resting {
    wanted: bool,
    days: BTreeMap<NaiveDate, f64>,
}

impl Resting {
    async fn load(registry: &Registry, person: &Person, first: Option<NaiveDate>) -> Result<Self, ApiError> {
        let mut resting = Self { wanted: person.birth_year.is_some(), days: BTreeMap::new() };
        if let (true, Some(first)) = (resting.wanted, first) {
            let from = first.checked_sub_days(Days::new(RESTING_DAYS)).unwrap_or(first);
            for row in registry.day_rows(person.id, from, far(first)).await? {
                let payload: DayPayload = serde_json::from_str(&row.computed.payload)?;
                resting.note(row.date, &payload);
            }
        }
        Ok(resting)
    }

    fn note(&mut self, date: NaiveDate, day: &DayPayload) {
        match day.value("resting_heart_rate") {
            Some(bpm) if self.wanted => drop(self.days.insert(date, bpm)),
            _ => self.forget(date),
        }
    }

    fn forget(&mut self, date: NaiveDate) {
        self.days.remove(&date);
    }

    /// The median of the days before `date`; `None` with fewer than three of them.
    fn usual_before(&self, date: NaiveDate) -> Option<f64> {
        let from = date.checked_sub_days(Days::new(RESTING_DAYS))?;
        let mut bpm: Vec<f64> = self.days.range(from..date).map(|(_, bpm)| *bpm).collect();
        bpm.sort_by(f64::total_cmp);
        (bpm.len() >= 3).then(|| bpm[bpm.len() / 2])
    }
}

/// Beyond any person's data.
fn far(first: NaiveDate) -> NaiveDate {
    first.checked_add_days(Days::new(366 * 200)).unwrap_or(first)
}
