use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Service;

/// The process runs.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// It can do its work: both stores answer, and it is not about to end.
pub(super) async fn readyz(State(service): State<Service>) -> Response {
    let stopping = service.stopping.load(Ordering::Acquire);
    let store = service.store.stats().await.is_ok();
    let registry = service.registry.studies().await.is_ok();
    let word = |ok: bool| if ok { "ok" } else { "failing" };
    let status = if stopping { "stopping" } else { "running" };
    let text = format!("service {status}\nstore {}\nregistry {}\n", word(store), word(registry));
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
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
