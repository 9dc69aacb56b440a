use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use foulee_store::Health;

use super::Service;

/// The process runs.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// It can do its work: both stores answer, and it is not about to end.
pub(super) async fn readyz(State(service): State<Service>) -> Response {
    let stopping = service.stopping.load(Ordering::Acquire);
    let backlog = service.store.backlog();
    let refuses = backlog.as_ref().is_some_and(|backlog| backlog.journal_refuses);
    let store = service.store.stats().await.is_ok() && !refuses;
    let registry = service.registry.studies().await.is_ok();
    let word = |ok: bool| if ok { "ok" } else { "failing" };
    let status = if stopping { "stopping" } else { "running" };
    let mut text = format!("service {status}\nstore {}\nregistry {}\n", word(store), word(registry));
    if let Some(backlog) = backlog {
        // What is acknowledged is safe in the journal: a remote store that fails is no reason to refuse uploads.
        let health = match backlog.health {
            Health::Ok => "ok",
            Health::Degraded => "degraded",
            Health::Lost => "lost",
        };
        let why = backlog.why.map(|why| format!(": {}", why.replace('\n', " "))).unwrap_or_default();
        let _ = writeln!(text, "influxdb {health}{why}");
        let late_s = backlog.waiting_since_ms.map_or(0, |since_ms| ((service.clock)() - since_ms) / 1_000);
        let _ = writeln!(text, "waiting {} for {late_s} s", backlog.waiting);
        if refuses {
            text.push_str("journal full\n");
        }
    }
    let ready = store && registry && !stopping;
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, text).into_response()
}

/// Counters in the Prometheus text format. They name nobody.
pub(super) async fn metrics(State(service): State<Service>) -> Response {
    let mut text = service.ingest_metrics.text();
    let days = service.days_computed.load(Ordering::Relaxed);
    let _ = writeln!(text, "# HELP worker_days_computed_total Day rows that changed.");
    let _ = writeln!(text, "# TYPE worker_days_computed_total counter\nworker_days_computed_total {days}");
    if let Ok(stats) = service.store.stats().await {
        for (name, help, value) in [
            ("store_readings", "Readings held, every version counted.", stats.readings),
            ("store_bytes", "Bytes on disk.", stats.bytes),
            ("store_series", "Series.", stats.series),
            ("worker_dirty_days", "Days waiting to be computed.", stats.dirty_days),
        ] {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        }
    }
    if let Some(backlog) = service.store.backlog() {
        let late_s =
            backlog.waiting_since_ms.map_or(0, |since_ms| ((service.clock)() - since_ms).max(0) / 1_000);
        let gauges = [
            (
                "influxdb_ok",
                "Whether InfluxDB takes and gives back.",
                u64::from(backlog.health == Health::Ok),
            ),
            ("influxdb_readings_lost", "Readings that InfluxDB lost and nobody has.", backlog.lost),
            ("influxdb_readings_set_aside", "Readings that InfluxDB refuses.", backlog.set_aside),
            ("journal_waiting_records", "Records not in InfluxDB yet.", backlog.waiting),
            ("journal_waiting_seconds", "How long the oldest of them waits.", late_s.unsigned_abs()),
            ("journal_bytes", "Bytes of the journal on disk.", backlog.journal_bytes),
            ("journal_max_bytes", "How many it may have.", backlog.journal_max_bytes),
        ];
        let counters = [
            ("journal_readings_forwarded_total", "Readings handed on to InfluxDB.", backlog.forwarded),
            ("influxdb_readings_put_back_total", "Readings that InfluxDB had lost.", backlog.put_back),
            ("influxdb_checks_total", "Checks against the journal's digests.", backlog.checks),
        ];
        let rows = gauges.map(|row| ("gauge", row)).into_iter().chain(counters.map(|row| ("counter", row)));
        for (kind, (name, help, value)) in rows {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
