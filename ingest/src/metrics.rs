use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// What ingest counts, in the Prometheus text format. A refused reading always counts.
#[derive(Debug, Default)]
pub struct IngestMetrics {
    accepted: AtomicU64,
    new: AtomicU64,
    rejected: AtomicU64,
    not_kept: AtomicU64,
    batches: AtomicU64,
    refused: AtomicU64,
    busy: AtomicU64,
}

impl IngestMetrics {
    pub(crate) fn answered(&self, accepted: u64, new: u64, rejected: u64) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.accepted.fetch_add(accepted, Ordering::Relaxed);
        self.new.fetch_add(new, Ordering::Relaxed);
        self.rejected.fetch_add(rejected, Ordering::Relaxed);
    }

    /// Rows of a kind that is not kept: they were understood, and nothing is done with them.
    pub(crate) fn passed_over(&self, rows: u64) {
        self.not_kept.fetch_add(rows, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self, busy: bool) {
        if busy { &self.busy } else { &self.refused }.fetch_add(1, Ordering::Relaxed);
    }

    /// Batches answered so far.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// The counters as text.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = [
            ("ingest_batches_total", "Batches answered with a list of readings.", &self.batches),
            ("ingest_batches_refused_total", "Batches refused as a whole.", &self.refused),
            ("ingest_batches_busy_total", "Batches put off with 429.", &self.busy),
            ("ingest_readings_accepted_total", "Readings durable, new or known before.", &self.accepted),
            ("ingest_readings_new_total", "Readings that were not known before.", &self.new),
            ("ingest_readings_rejected_total", "Readings refused, each with its reason.", &self.rejected),
            ("ingest_rows_not_kept_total", "Rows of a phone that are of a kind not kept.", &self.not_kept),
        ];
        let mut text = String::new();
        for (name, help, value) in rows {
            let value = value.load(Ordering::Relaxed);
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
        }
        text
    }
}
