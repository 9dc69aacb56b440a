//! Who is shown: people of a recording, or a simulated one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::{
    Batch, CONTRACT_VERSION, Column, Grain, Grid, How, Metric, ParticipantId, SeriesBlock, Source, SourceKind,
};
use foulee_ingest::LocalSink;
use foulee_ingest::import::{Options, Sink, Target, import};
use foulee_person::{Person, WearPattern, seen, wear};

use crate::ask::StartChoice;
use crate::command::CommandError;
use crate::command::context::system_clock;
use crate::command::import::LocalPeople;
use crate::command::serve::Running;
use crate::people::{self, NewPerson};
use crate::programme::GRADED_WALKING;
use crate::worker::Worker;
use crate::{ApiError, ask};

/// The recordings to show, below the folder of recordings: four people with heart rate and steps.
const RECORDING: &str = "fitabase/four_people_minute_hr_steps.csv.gz";
/// Days of a person before their programme begins, from which their own baseline is taken.
const RUN_IN_DAYS: u64 = 14;
/// The simulated person, where there is no recording; their wearables follow the same one.
pub(super) const SIMULATED_SEED: u64 = 4;
const SIMULATED_DAYS: u64 = 28;

/// The recording, where it is present.
pub(super) fn recording() -> Option<PathBuf> {
    let folder =
        std::env::var_os("FOULEE_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let file = folder.join(RECORDING);
    file.is_file().then_some(file)
}

pub(super) fn import_recording(
    running: &Running,
    runtime: &tokio::runtime::Runtime,
    file: &Path,
) -> Result<Vec<ParticipantId>, CommandError> {
    let handle = runtime.handle().clone();
    let mut people = LocalPeople {
        registry: running.service.registry.clone(),
        runtime: handle.clone(),
        study: "demo".to_owned(),
        time_zone: Some("UTC".to_owned()),
        now_ms: (running.service.clock)(),
    };
    let mut sink = LocalSink::new(Arc::clone(&running.service.store), handle, system_clock());
    let options = Options { time_zone: Some(chrono_tz::UTC), ..Options::new(Target::Study) };
    let summary = import(&[file.to_owned()], &options, &mut people, &mut sink, &mut |_| {});
    let summary = summary.map_err(ApiError::from)?;
    Ok(summary.participants.into_iter().map(|person| person.id).collect())
}

/// One simulated person, up to yesterday, wearing the watch as people do: not always.
pub(super) fn simulate(
    running: &Running,
    runtime: &tokio::runtime::Runtime,
) -> Result<ParticipantId, CommandError> {
    let now_ms = (running.service.clock)();
    let new = NewPerson {
        external_id: Some("simulated".to_owned()),
        study: Some("demo".to_owned()),
        time_zone: Some("UTC".to_owned()),
        ..NewPerson::default()
    };
    let (id, _) = runtime.block_on(people::add(&running.service.registry, &new, now_ms))?;
    let mut sink =
        LocalSink::new(Arc::clone(&running.service.store), runtime.handle().clone(), system_clock());
    let person = Person::new(SIMULATED_SEED);
    let today = chrono::DateTime::from_timestamp_millis(now_ms).map(|at| at.date_naive()).unwrap_or_default();
    let first = today.checked_sub_days(Days::new(SIMULATED_DAYS)).unwrap_or(today);
    for truth in person.days(first, SIMULATED_DAYS as usize) {
        let mask = wear(&person, &truth, WearPattern::LessInFlares, &mut person.wear_rng(truth.date));
        let day = seen(&truth, &mask);
        let start = truth.date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        let block = |metric: Metric, exponent, value| SeriesBlock {
            participant: id,
            source: Source::new(SourceKind::Watch, ["foulee-sim", "", "", "", ""]),
            metric,
            grain: Grain::Epoch,
            unit: metric.unit().to_owned(),
            exponent,
            offset: Some(Column::One(0)),
            how: Some(Column::One(How::Automatic)),
            points: None,
            grid: Some(Grid { start, step: 60_000, rev: 0, value }),
        };
        let steps = day.steps.iter().map(|steps| Some(i64::from(*steps))).collect();
        let heart = day.heart_rate_deci_bpm.iter().map(|bpm| bpm.map(i64::from)).collect();
        let batch = Batch {
            contract: CONTRACT_VERSION,
            series: vec![block(Metric::Steps, 0, steps), block(Metric::HeartRate, -1, heart)],
        };
        sink.submit(&batch).map_err(|error| {
            ApiError::Import(foulee_ingest::import::ImportError::Sink {
                path: PathBuf::from("simulated person"),
                acknowledged: 0,
                source: error,
            })
        })?;
    }
    Ok(id)
}

/// Assigns the graded programme behind a run-in; how much is known of the period that the page then shows.
pub(super) async fn prescribe(
    running: &Running,
    worker: &Worker,
    id: ParticipantId,
    now_ms: i64,
) -> Result<f64, CommandError> {
    let registry = &running.service.registry;
    let days: Vec<NaiveDate> = registry.day_row_digests(id).await?.iter().map(|day| day.date).collect();
    let Some(first) = days.iter().min() else { return Ok(0.0) };
    let start = first.checked_add_days(Days::new(RUN_IN_DAYS)).unwrap_or(*first);
    let from = |start_steps| StartChoice { start_steps, ..StartChoice::default() };
    let doc = match ask::programme_for(registry, id, GRADED_WALKING, start, &from(None)).await {
        Err(ApiError::NoBaseline { .. } | ApiError::RunInTooLow { .. }) => {
            ask::programme_for(registry, id, GRADED_WALKING, start, &from(Some(5_000))).await?
        }
        other => other?,
    };
    ask::assign(registry, id, &doc, start, now_ms).await?;
    worker.refresh(id, now_ms).await?;
    let period = ask::period(registry, id, None, None, now_ms).await?;
    let store = &*running.service.store;
    let doc = ask::adherence(registry, store, id, period, QuotaKind::Steps, None).await?;
    Ok(doc.completeness().unwrap_or(0.0))
}
