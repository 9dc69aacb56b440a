use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foulee_contract::ParticipantId;
use foulee_ingest::Clock;
use foulee_store::{Store, WriteBatch};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::newest::Newest;
use super::state::{self, Told};
use super::watched::WatchedStore;
use crate::ApiError;
use crate::registry::Registry;

/// Streams at once, over all and of one participant. `[D]`
pub const MOST_STREAMS: usize = 512;
const MOST_OF_ONE: usize = 64;
/// States of one participant are made no faster than this: what comes together is told together.
const BETWEEN: Duration = Duration::from_millis(100);
/// After a failure, and the longest sleep towards the next midnight (the machine's clock may be set meanwhile).
const AFTER_FAILURE: Duration = Duration::from_secs(1);
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

/// What watchers of one participant see.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Nothing has been looked up yet.
    NotYet,
    /// This.
    Told(Arc<Told>),
    /// The participant is no more.
    Gone,
}

/// A participant who is watched.
struct Topic {
    /// Not yet told.
    brought: Mutex<Newest>,
    changed: Notify,
    shown: watch::Sender<Shown>,
}

/// Why somebody may not watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Every place is taken.
    Taken,
    /// The service is about to end.
    Ending,
}

/// A watcher's place; given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    /// What is to be seen.
    pub shown: watch::Receiver<Shown>,
    /// Becomes true when the service is about to end.
    pub ending: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// What a batch brings.
pub(super) struct Brought {
    people: BTreeSet<ParticipantId>,
    /// For those of them who are watched already.
    watched: Vec<(Arc<Topic>, Newest)>,
}

/// Who is watched, and by how many.
pub struct Live {
    store: Arc<dyn Store>,
    registry: Registry,
    clock: Clock,
    topics: Mutex<HashMap<ParticipantId, Arc<Topic>>>,
    places: Arc<Semaphore>,
    ending: watch::Sender<bool>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl Live {
    /// Over a store and a registry.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, registry: Registry, clock: Clock) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(MOST_STREAMS));
        let (topics, ending) = (Mutex::default(), watch::Sender::new(false));
        Arc::new(Self { store, registry, clock, topics, places, ending })
    }

    /// The store through which everything is to be written and computed, so that it is told.
    #[must_use]
    pub fn store(self: &Arc<Self>) -> Arc<dyn Store> {
        Arc::new(WatchedStore { inner: Arc::clone(&self.store), live: Arc::clone(self) })
    }

    /// A place to watch a participant from.
    ///
    /// # Errors
    /// When there is none.
    pub fn follow(self: &Arc<Self>, id: ParticipantId) -> Result<Seat, Full> {
        let ending = self.ending.subscribe();
        if *ending.borrow() {
            return Err(Full::Ending);
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Full::Taken)?;
        let shown = self.subscribe(id, MOST_OF_ONE).ok_or(Full::Taken)?;
        Ok(Seat { shown, ending, _place: place })
    }

    /// What is to be seen of a participant now.
    pub async fn now(self: &Arc<Self>, id: ParticipantId) -> Shown {
        let Some(mut shown) = self.subscribe(id, usize::MAX) else { return Shown::NotYet };
        let known = shown.wait_for(|shown| !matches!(shown, Shown::NotYet)).await;
        known.map_or(Shown::Gone, |shown| shown.clone())
    }

    /// Ends every stream, and lets none begin.
    pub fn end(&self) {
        self.ending.send_replace(true);
    }

    fn subscribe(self: &Arc<Self>, id: ParticipantId, most: usize) -> Option<watch::Receiver<Shown>> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = topics.get(&id) {
            return (topic.shown.receiver_count() < most).then(|| topic.shown.subscribe());
        }
        // What is written from here on is noted; what was written before is found in the store.
        let (shown, receiver) = watch::channel(Shown::NotYet);
        let brought = Mutex::new(Newest { corrected: true, ..Newest::default() });
        let topic = Arc::new(Topic { brought, changed: Notify::new(), shown });
        topics.insert(id, Arc::clone(&topic));
        tokio::spawn(Arc::clone(self).keep(id, topic));
        Some(receiver)
    }

    /// What a batch brings, before it is written.
    pub(super) fn brought(&self, batch: &WriteBatch) -> Brought {
        let people: BTreeSet<ParticipantId> =
            batch.groups.iter().map(|group| group.series.participant).collect();
        let watched: Vec<_> = {
            let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            people.iter().filter_map(|id| Some((*id, Arc::clone(topics.get(id)?)))).collect()
        };
        let newest = |id: ParticipantId| {
            let mut newest = Newest::default();
            for group in batch.groups.iter().filter(|group| group.series.participant == id) {
                group.rows.iter().for_each(|(tuple, _)| newest.take(&group.series, tuple, batch.received_ms));
            }
            newest
        };
        Brought { people, watched: watched.into_iter().map(|(id, topic)| (topic, newest(id))).collect() }
    }

    /// It is durable now.
    pub(super) fn stored(&self, brought: Brought) {
        let Brought { people, watched } = brought;
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in people.iter().filter_map(|id| topics.get(id)) {
            // Who began to watch meanwhile may have asked the store too early.
            if !watched.iter().any(|(known, _)| Arc::ptr_eq(known, topic)) {
                topic.brought.lock().unwrap_or_else(PoisonError::into_inner).corrected = true;
                topic.changed.notify_one();
            }
        }
        drop(topics);
        for (topic, newest) in watched {
            topic.brought.lock().unwrap_or_else(PoisonError::into_inner).join(newest);
            topic.changed.notify_one();
        }
    }

    /// The rows of these people are committed.
    pub(super) fn computed(&self, people: &[ParticipantId]) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        people.iter().filter_map(|id| topics.get(id)).for_each(|topic| topic.changed.notify_one());
    }

    /// Something was said of these people that may be shown.
    pub fn said(&self, people: &[ParticipantId]) {
        self.computed(people);
    }

    /// Somebody is erased: nothing more is told of them.
    pub(super) fn erased(&self, id: ParticipantId) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = topics.remove(&id) {
            topic.shown.send_replace(Shown::Gone);
            topic.changed.notify_one();
        }
    }

    /// Keeps what is shown of a participant up to date for as long as somebody watches.
    async fn keep(self: Arc<Self>, id: ParticipantId, topic: Arc<Topic>) {
        let mut newest = Newest::default();
        loop {
            let begun = Instant::now();
            let rest = match self.renew(id, &topic, &mut newest).await {
                Ok(Some(told)) => {
                    let next_day = told.state.next_day_ms.saturating_sub((self.clock)()).max(0);
                    show(&topic, Shown::Told(Arc::new(told)));
                    Duration::from_millis(next_day.unsigned_abs()).min(LONGEST_SLEEP)
                }
                Ok(None) => {
                    show(&topic, Shown::Gone);
                    AFTER_FAILURE
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "what is newest could not be read"
                    );
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = topic.changed.notified() => {}
                () = topic.shown.closed() => {}
                () = sleep(rest.max(BETWEEN)) => {}
            }
            if self.is_over(id, &topic) {
                return;
            }
            sleep_until(begun + BETWEEN).await;
        }
    }

    /// Looks at what was brought and computed.
    async fn renew(
        &self,
        id: ParticipantId,
        topic: &Topic,
        newest: &mut Newest,
    ) -> Result<Option<Told>, ApiError> {
        let take = || std::mem::take(&mut *topic.brought.lock().unwrap_or_else(PoisonError::into_inner));
        newest.join(take());
        if newest.corrected {
            let found = state::newest(&*self.store, &self.registry, id, (self.clock)()).await?;
            *newest = found;
            // What came while the store was asked may not have been found.
            newest.join(take());
        }
        let state = state::state(&self.registry, id, newest.clone(), (self.clock)()).await?;
        state.map(state::State::told).transpose()
    }

    /// Whether nobody watches any more; then the next one begins anew.
    fn is_over(&self, id: ParticipantId, topic: &Arc<Topic>) -> bool {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let is_gone = matches!(*topic.shown.borrow(), Shown::Gone);
        if topic.shown.receiver_count() > 0 && !is_gone {
            return false;
        }
        if topics.get(&id).is_some_and(|known| Arc::ptr_eq(known, topic)) {
            topics.remove(&id);
        }
        true
    }
}

/// Shows something new; what is gone stays gone.
fn show(topic: &Topic, next: Shown) {
    topic.shown.send_if_modified(|shown| {
        let changes = match (&*shown, &next) {
            (Shown::Gone, _) => false,
            (Shown::Told(old), Shown::Told(new)) => old.id != new.id,
            _ => true,
        };
        if changes {
            *shown = next;
        }
        changes
    });
}
