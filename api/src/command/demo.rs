use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::{
    Batch, CONTRACT_VERSION, Column, Grain, Grid, How, Metric, ParticipantId, SeriesBlock, Source, SourceKind,
};
use foulee_ingest::LocalSink;
use foulee_ingest::import::{Options, Sink, Target, import};
use foulee_person::{Person, WearPattern, seen, wear};
use serde::Serialize;

use super::CommandError;
use super::context::{FreshFolder, system_clock};
use super::import::LocalPeople;
use super::serve::Running;
use crate::adherence::AdherenceDoc;
use crate::cli::{Demo, Exit, Global};
use crate::client::Client;
use crate::output::{print_json, print_text};
use crate::people::{self, NewPerson};
use crate::programme::GRADED_WALKING;
use crate::worker::Worker;
use crate::{ApiError, ask};

/// The recordings to show, below the folder of recordings: four people with heart rate and steps.
const RECORDING: &str = "fitabase/four_people_minute_hr_steps.csv.gz";
/// Days of a person before their programme begins, from which their own baseline is taken.
const RUN_IN_DAYS: u64 = 14;
/// The simulated person, where there is no recording.
const SIMULATED_SEED: u64 = 4;
const SIMULATED_DAYS: u64 = 28;
/// How long `--check` waits for a service that it started itself.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Serialize)]
struct Check {
    readings: u64,
    days: u64,
    adherence: AdherenceDoc,
    page_bytes: usize,
}

pub(super) fn run(global: &Global, asked: &Demo) -> Result<Exit, CommandError> {
    let folder = FreshFolder::new()?;
    let recording = recording();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], asked.port));
    let running = Running::start(folder.path(), address, recording.is_none())?;
    let say = |text: &str| {
        if !global.quiet {
            eprintln!("{text}");
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let people = match &recording {
        Some(file) => {
            say(
                "showing four real people (Fitbit, 2016; the file carries no zone: times are the file's own)",
            );
            import_recording(&running, &runtime, file)?
        }
        None => {
            say("no recordings found (FOULEE_TEST_DATA): showing one simulated person over 28 days");
            vec![simulate(&running, &runtime)?]
        }
    };
    let worker = Worker::new(Arc::clone(&running.service.store), running.service.registry.clone());
    let now_ms = (running.service.clock)();
    runtime.block_on(worker.drain(now_ms))?;
    let mut best: Option<(f64, ParticipantId)> = None;
    for id in people {
        let known = runtime.block_on(prescribe(&running, &worker, id, now_ms))?;
        if best.is_none_or(|(most, _)| known > most) {
            best = Some((known, id));
        }
    }
    let (_, id) = best.ok_or(CommandError::NothingProduced { hop: "participant" })?;
    if asked.check {
        let result = check(&running, &runtime, id, now_ms);
        running.stop()?;
        print_json(&result?)?;
        return Ok(Exit::Done);
    }
    let base = format!("http://{}", running.address);
    print_text(&format!("{base}/enter?token={}&to=/p/{id}\n", running.token))?;
    say("open this address in a browser; Ctrl-C ends the demonstration and deletes its data");
    running.until_signal()?;
    Ok(Exit::Done)
}

/// The recording, where it is present.
fn recording() -> Option<PathBuf> {
    let folder =
        std::env::var_os("FOULEE_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let file = folder.join(RECORDING);
    file.is_file().then_some(file)
}

fn import_recording(
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
fn simulate(running: &Running, runtime: &tokio::runtime::Runtime) -> Result<ParticipantId, CommandError> {
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
async fn prescribe(
    running: &Running,
    worker: &Worker,
    id: ParticipantId,
    now_ms: i64,
) -> Result<f64, CommandError> {
    let registry = &running.service.registry;
    let days: Vec<NaiveDate> = registry.day_row_digests(id).await?.iter().map(|day| day.date).collect();
    let Some(first) = days.iter().min() else { return Ok(0.0) };
    let start = first.checked_add_days(Days::new(RUN_IN_DAYS)).unwrap_or(*first);
    let doc = match ask::programme_for(registry, id, GRADED_WALKING, start, None).await {
        Err(ApiError::NoBaseline { .. }) => {
            ask::programme_for(registry, id, GRADED_WALKING, start, Some(5_000)).await?
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

/// Every hop once: readings stored, days computed, adherence judged, the page fetched over HTTP.
fn check(
    running: &Running,
    runtime: &tokio::runtime::Runtime,
    id: ParticipantId,
    now_ms: i64,
) -> Result<Check, CommandError> {
    let registry = &running.service.registry;
    let store = &*running.service.store;
    let readings = runtime.block_on(store.stats())?.readings;
    let mut days = 0;
    for participant in runtime.block_on(registry.participants(None, None, crate::registry::MAX_PAGE))? {
        days += runtime.block_on(registry.day_row_digests(participant.id))?.len() as u64;
    }
    let period = runtime.block_on(ask::period(registry, id, None, None, now_ms))?;
    let adherence = runtime.block_on(ask::adherence(registry, store, id, period, QuotaKind::Steps, None))?;
    let client = Client::to(&format!("http://{}", running.address), &running.token);
    let started = std::time::Instant::now();
    let page = loop {
        match client.page(&format!("/p/{id}?lang=fr")) {
            Ok(page) => break page,
            Err(_) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(100)),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the page was not served");
                return Err(CommandError::NothingProduced { hop: "page" });
            }
        }
    };
    for (hop, empty) in [
        ("reading", readings == 0),
        ("day", days == 0),
        ("valid day", adherence.valid_days() == 0),
        ("page with a plot", !page.contains("<svg")),
    ] {
        if empty {
            return Err(CommandError::NothingProduced { hop });
        }
    }
    Ok(Check { readings, days, adherence, page_bytes: page.len() })
}
