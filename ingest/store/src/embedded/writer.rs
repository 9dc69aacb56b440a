use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use foulee_contract::ParticipantId;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::commit::{fold_due, write_batches};
use super::erase::erase;
use super::scrub::{AGAIN, scrub};
use super::{Acknowledge, Shared};
use crate::{Digest, DirtyDay, Erased, Stats, StoreError, WriteBatch, Written};

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer thread is asked to do.
pub(super) enum Job {
    Write(WriteBatch, Reply<Written>),
    DirtyDays(usize, Reply<Vec<DirtyDay>>),
    ClearDirty(Vec<DirtyDay>, Reply<()>),
    Erase(ParticipantId, Reply<Erased>),
    Scrub(Reply<bool>),
    Stats(Reply<Stats>),
    Digest(Reply<Digest>),
}

/// Batches that share one commit, and the rows after which no more join.
const MAX_GROUP_BATCHES: usize = 16;
const MAX_GROUP_ROWS: usize = 200_000;

/// The only thread that writes.
pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) jobs: Receiver<Job>,
    /// Days marked dirty that no worker has read since.
    pub(super) unclaimed: HashSet<(i64, i32)>,
    pub(super) next_upload: u32,
}

impl Writer {
    pub(super) fn run(mut self) {
        let mut waiting = None;
        loop {
            let job = match waiting.take() {
                Some(job) => job,
                None => match self.jobs.recv_timeout(Duration::from_millis(100)) {
                    Ok(job) => job,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        // Idle: fold some of the log. A failure shows at the next write.
                        let _ = self.commit(&[]);
                        continue;
                    }
                },
            };
            match job {
                Job::Write(batch, reply) => waiting = self.write_group(batch, reply),
                Job::DirtyDays(limit, reply) => drop(reply.send(self.dirty_days(limit))),
                Job::ClearDirty(days, reply) => drop(reply.send(self.clear_dirty(&days))),
                Job::Erase(participant, reply) => drop(reply.send(erase(&mut self, participant))),
                Job::Scrub(reply) => drop(reply.send(scrub(&self.conn, AGAIN))),
                Job::Stats(reply) => drop(reply.send(super::totals::stats(&self.conn, &self.shared))),
                Job::Digest(reply) => drop(reply.send(super::totals::digest(&self.conn, &self.shared))),
            }
        }
    }

    /// Commits this batch with those that wait behind it; the first job that is no write is handed back.
    fn write_group(&mut self, batch: WriteBatch, reply: Reply<Written>) -> Option<Job> {
        let mut rows = batch.len();
        let mut batches = vec![batch];
        let mut replies = vec![reply];
        let mut other = None;
        while batches.len() < MAX_GROUP_BATCHES && rows < MAX_GROUP_ROWS {
            match self.jobs.try_recv() {
                Ok(Job::Write(batch, reply)) => {
                    rows += batch.len();
                    batches.push(batch);
                    replies.push(reply);
                }
                Ok(job) => {
                    other = Some(job);
                    break;
                }
                Err(_) => break,
            }
        }
        let refs: Vec<&WriteBatch> = batches.iter().collect();
        if self.shared.options.acknowledge == Acknowledge::BeforeCommit {
            for reply in replies.drain(..) {
                let _ = reply.send(Ok(Written { new: None }));
            }
        }
        let result = self.commit(&refs);
        self.shared.waiting_rows.fetch_sub(rows, Ordering::AcqRel);
        match result {
            Ok(new) => {
                for (reply, new) in replies.into_iter().zip(new) {
                    let _ = reply.send(Ok(Written { new: Some(new) }));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for reply in replies {
                    let _ = reply.send(Err(StoreError::Commit(Arc::clone(&error))));
                }
            }
        }
        other
    }

    /// One transaction: the batches, their dirty days, and some folding. The memory follows only after the commit.
    fn commit(&mut self, batches: &[&WriteBatch]) -> Result<Vec<u64>, StoreError> {
        let due = self.shared.hot_mut().due();
        if batches.is_empty() && due.is_empty() && self.shared.hot().folded_upto().is_none() {
            return Ok(Vec::new());
        }
        let staged = {
            let (index, hot) = (self.shared.index(), self.shared.hot());
            let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut staged = write_batches(&tx, &index, &hot, &self.unclaimed, batches, self.next_upload)?;
            fold_due(&tx, &index, &hot, &due, &mut staged)?;
            tx.commit()?;
            staged
        };
        self.next_upload = staged.next_upload;
        let new = staged.new.clone();
        staged.apply(&mut self.shared.index_mut(), &mut self.shared.hot_mut(), &mut self.unclaimed);
        Ok(new)
    }

    fn dirty_days(&mut self, limit: usize) -> Result<Vec<DirtyDay>, StoreError> {
        dirty_days(&self.conn, limit, |no, day| {
            self.unclaimed.remove(&(no, day));
        })
    }

    fn clear_dirty(&mut self, days: &[DirtyDay]) -> Result<(), StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = tx.prepare_cached("DELETE FROM dirty WHERE generation = ?1")?;
            for day in days {
                statement.execute(params![day.generation])?;
            }
        }
        tx.commit()?;
        Ok(())
    }
}

/// The oldest marks; `seen` is told each with its participant's number.
pub(super) fn dirty_days(
    conn: &Connection,
    limit: usize,
    mut seen: impl FnMut(i64, i32),
) -> Result<Vec<DirtyDay>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT d.generation, p.id, d.day, d.participant FROM dirty d JOIN participant p ON p.no = d.participant
         ORDER BY d.generation LIMIT ?1",
    )?;
    let mut rows = statement.query(params![i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        let participant = crate::sqlite::participant_of(row.get_ref(1)?.as_blob().unwrap_or_default());
        let participant = participant.ok_or(StoreError::Damaged { chunk: 0, why: "participant id" })?;
        let day = row.get(2)?;
        seen(row.get(3)?, day);
        days.push(DirtyDay { generation: row.get(0)?, participant, epoch_day: day });
    }
    Ok(days)
}
