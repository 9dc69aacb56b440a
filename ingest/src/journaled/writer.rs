use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use foulee_journal::JournalError;
use foulee_store::{StoreError, Written};
use tokio::sync::oneshot;

use super::Shared;

/// A batch on its way into the journal.
pub(super) struct Job {
    pub(super) records: Vec<Vec<u8>>,
    pub(super) received_ms: i64,
    pub(super) reply: oneshot::Sender<Result<Written, StoreError>>,
}

impl Job {
    fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.len() + 5).sum()
    }
}

/// Bytes after which no more batches join a commit.
const GROUP_BYTES: usize = 2 << 20;

/// The only thread that appends: batches that wait together share one fsync.
pub(super) fn run(shared: &Shared, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut bytes = first.bytes();
        let mut group = vec![first];
        while bytes < GROUP_BYTES {
            let Ok(job) = jobs.try_recv() else { break };
            bytes += job.bytes();
            group.push(job);
        }
        shared.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        let mut committed = commit(shared, &group);
        if committed.as_ref().is_err_and(JournalError::is_disk_full) {
            shared.give_way();
            committed = commit(shared, &group);
        }
        match committed {
            Ok(()) => {
                for job in group {
                    let _ = job.reply.send(Ok(Written { new: None }));
                }
                shared.more.notify_one();
            }
            Err(error) => {
                shared.state.refused();
                tracing::error!(error = &error as &dyn std::error::Error, "the journal refuses an upload");
                let error: Arc<dyn std::error::Error + Send + Sync> = Arc::new(error);
                for job in group {
                    let _ = job.reply.send(Err(StoreError::JournalRefuses(Arc::clone(&error))));
                }
            }
        }
    }
}

/// All of the group is on the disk, or none counts as taken (some may be there: it is harmless when it comes again).
fn commit(shared: &Shared, group: &[Job]) -> Result<(), JournalError> {
    let mut journal = shared.journal();
    let mut waiting = 0;
    let mut oldest_ms = i64::MAX;
    let mut committed = Ok(());
    for job in group {
        for record in &job.records {
            let mut taken = journal.append(record, job.received_ms, job.received_ms);
            if matches!(taken, Err(JournalError::TooMuchPending { .. })) {
                committed = shared.commit(&mut journal, oldest_ms, std::mem::take(&mut waiting));
                if committed.is_err() {
                    break;
                }
                taken = journal.append(record, job.received_ms, job.received_ms);
            }
            committed = taken;
            if committed.is_err() {
                break;
            }
            waiting += 1;
            oldest_ms = oldest_ms.min(job.received_ms);
        }
        if committed.is_err() {
            break;
        }
    }
    let committed = committed.and_then(|()| shared.commit(&mut journal, oldest_ms, waiting));
    if committed.is_err() {
        // Whoever sent it is told and sends it again.
        journal.discard_pending();
    }
    committed
}
