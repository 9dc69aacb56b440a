//! The same batches into the two engines, in this process.

use std::path::Path;
use std::sync::Arc;

use foulee_api::adherence::Period;
use foulee_api::feed;
use foulee_api::output::{Cell, RowFormat, Table};
use foulee_api::people::{NewPerson, add};
use foulee_api::registry::Registry;
use foulee_api::worker::Worker;
use foulee_contract::ParticipantId;
use foulee_ingest::LocalSink;
use foulee_ingest::import::{Options, People, SinkError, Target, import};
use foulee_store::{EmbeddedStore, MemoryStore, Store};
use tokio::runtime::Runtime;

use crate::people;
use crate::pieces::{FILES, Outcome, PERIOD, external_ids};

/// A moment after all recordings, ms UTC.
const NOW_MS: i64 = 1_770_000_000_000;

struct Known(Vec<String>);

impl Known {
    fn id(&self, external_id: &str) -> ParticipantId {
        let at = self.0.iter().position(|known| known == external_id).expect("a person of the wide file");
        people::id(at + 1).parse().expect("an id")
    }
}

impl People for Known {
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError> {
        Ok(self.id(external_id))
    }
}

/// What the memory and the embedded engine make of the same files.
pub(crate) fn both(source: &Path) -> [Outcome; 2] {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let embedded = EmbeddedStore::open(folder.path()).expect("a store");
    let engines: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::default()), Arc::new(embedded)];
    engines.map(|store| outcome(&runtime, store, source))
}

fn outcome(runtime: &Runtime, store: Arc<dyn Store>, source: &Path) -> Outcome {
    let mut known = Known(external_ids(source));
    let mut sink = LocalSink::new(Arc::clone(&store), runtime.handle().clone(), Arc::new(|| NOW_MS));
    let options = Options { time_zone: "UTC".parse().ok(), ..Options::new(Target::Study) };
    let paths: Vec<_> = FILES.iter().map(|name| source.join(name)).collect();
    let summary = import(&paths, &options, &mut known, &mut sink, &mut |_| {}).expect("an import");
    assert_eq!((summary.accepted, summary.rejected), (1_555_999, 0));
    let folder = tempfile::tempdir().expect("a folder");
    let table = runtime.block_on(async {
        let registry = Registry::open(folder.path()).await.expect("a registry");
        let ids: Vec<ParticipantId> = known.0.iter().map(|external_id| known.id(external_id)).collect();
        for (id, external_id) in ids.iter().zip(&known.0) {
            let new = NewPerson {
                id: Some(*id),
                external_id: Some(external_id.clone()),
                study: Some("fitabase".to_owned()),
                time_zone: Some("UTC".to_owned()),
                birth_year: None,
            };
            add(&registry, &new, NOW_MS).await.expect("a person");
        }
        Worker::new(Arc::clone(&store), registry.clone()).drain(NOW_MS).await.expect("days");
        table(&registry, &ids).await
    });
    let digest = runtime.block_on(store.digest()).expect("a digest");
    Outcome { digest: format!("{digest}\n"), measures: table }
}

/// The measures as the command prints them.
async fn table(registry: &Registry, ids: &[ParticipantId]) -> String {
    const COLUMNS: &[&str] =
        &["participant", "date", "measure", "value", "unit", "coverage", "quality", "version"];
    let [_, from, _, to] = PERIOD.map(|word| word.parse().unwrap_or_default());
    let mut out = Vec::new();
    let mut table = Table::new(&mut out, COLUMNS, RowFormat::Csv).expect("a table");
    for id in ids {
        for row in feed::measure_rows(registry, *id, Period { from, to }).await.expect("measures") {
            let cells = [
                Cell::from(row.participant.to_string()),
                row.date.into(),
                row.measure.into(),
                row.value.into(),
                row.unit.into(),
                row.coverage.into(),
                row.quality.into(),
                row.version.into(),
            ];
            table.row(&cells).expect("a row");
        }
    }
    table.finish().expect("a table");
    String::from_utf8(out).expect("UTF-8")
}
