use std::sync::Arc;
use std::time::Duration;

use foulee_contract::{Answer, Batch, ParticipantId};
use foulee_store::{Store, StoreError};
use tokio::runtime::Handle;

use crate::import::{Sink, SinkError};
use crate::{Clock, WriteGrant, accept};

/// An importer's way into the store of this process. It takes the same path as a batch over HTTP.
pub struct LocalSink {
    store: Arc<dyn Store>,
    runtime: Handle,
    clock: Clock,
}

impl LocalSink {
    /// Over `store`; called from a thread that may block.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, runtime: Handle, clock: Clock) -> Self {
        Self { store, runtime, clock }
    }
}

impl Sink for LocalSink {
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError> {
        let people: std::collections::HashSet<ParticipantId> =
            batch.series.iter().map(|s| s.participant).collect();
        // The command chose the participants itself; there is no token between it and its own store.
        let grant = WriteGrant::Some(Arc::new(people));
        let accepted = accept(batch, &grant, (self.clock)()).map_err(SinkError::Refused)?;
        let count = accepted.write.len() as u64;
        let written = loop {
            match self.runtime.block_on(self.store.write(accepted.write.clone())) {
                Err(StoreError::Busy) => std::thread::sleep(Duration::from_millis(20)),
                other => break other.map_err(|error| SinkError::Failed(Box::new(error)))?,
            }
        };
        Ok(Answer {
            accepted: count,
            new: written.new,
            duplicate: written.new.map(|new| count - new),
            rejected: accepted.rejected,
        })
    }
}
