//! A whole run: everybody sends, everything is read back.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use foulee_contract::{ParticipantId, Source};

use super::chance::{Chance, Purpose};
use super::patience::{Heard, Patience};
use super::plan::FaultPlan;
use super::progress;
use super::read_back::{Found, read_back};
use super::send::{Acknowledged, Sender};
use super::server::{Server, Uplink};
use super::tally::{Count, Tally};
use super::verdict::Verdict;
use super::wearer::{HOME_ZONE, SOURCE, Wearer};
use crate::error::SimError;

/// Feeds of raw readings that are read at once; a server need not give many.
const READERS: u32 = 4;

/// A fleet, and how it sends.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// How many people, each with a device.
    pub people: u32,
    /// Days of each.
    pub days: u32,
    /// The first local date.
    pub start: NaiveDate,
    /// The seed of people and faults.
    pub seed: u64,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// The study that the people are in.
    pub study: String,
    /// Devices that send at once.
    pub connections: u32,
    /// How long anything is tried again.
    pub patience: Duration,
}

/// Somebody who has sent; without a participant where there was no patience even for that.
struct Sent {
    number: u32,
    participant: Option<ParticipantId>,
    acknowledged: Acknowledged,
}

impl Fleet {
    /// Sends everything, reads everything back, and compares.
    ///
    /// # Errors
    /// When the server is not reachable, at first at once and later after all patience; when it does not allow it; when it
    /// is no Foulée.
    pub fn run(&self, uplink: &Uplink) -> Result<Verdict, SimError> {
        let (tally, read) = (Tally::default(), Count::default());
        let source: Source = SOURCE.parse().map_err(SimError::Source)?;
        let begun = Instant::now();
        // Whether the server is there and allows this is found out before anything is sent.
        let at_once = Tally::default();
        self.participant(&Server::new(uplink), 0, &mut self.patience(&at_once, 0, Duration::ZERO))?;
        let (ended, done) = channel();
        std::thread::scope(|scope| {
            let (tally, read) = (&tally, &read);
            scope.spawn(move || progress::show(tally, self.people, read, &done));
            let sent = everybody(
                self.connections,
                self.people,
                tally,
                |server, number| self.send(server, number, &source, tally),
                uplink,
            );
            let seconds = begun.elapsed().as_secs_f64();
            let judged = sent.and_then(|sent| {
                // What it takes to read back is another matter than what ended the sending.
                let reading = Tally::default();
                let mut patience = self.patience(&reading, 0, self.patience);
                patience.ask(|| Server::new(uplink).settled())?;
                let found = everybody(
                    READERS,
                    self.people,
                    &reading,
                    |server, at| {
                        let found = self.judge(server, sent.get(at as usize), &reading);
                        read.add(1);
                        found
                    },
                    uplink,
                );
                found.map(|found| (found, reading.gave_up_at()))
            });
            drop(ended);
            let (found, gave_up_at) = judged?;
            if let Some(status) = gave_up_at {
                return Err(SimError::NotReadBack { status });
            }
            Ok(self.verdict(found, tally, seconds, begun.elapsed().as_secs_f64() - seconds))
        })
    }

    fn patience<'a>(&self, tally: &'a Tally, number: u32, limit: Duration) -> Patience<'a> {
        Patience { limit, chance: Chance::new(self.seed, Purpose::Pauses, number, 0), tally }
    }

    /// The participant who is the `number`th person: the same run finds them again, any other run has others.
    fn participant(
        &self,
        server: &Server,
        number: u32,
        patience: &mut Patience<'_>,
    ) -> Result<Option<ParticipantId>, SimError> {
        let Self { seed, start, days, .. } = self;
        let external_id = format!("{seed}.{start}.{days}.{number}");
        match patience.ask(|| server.enrol(&self.study, &external_id, HOME_ZONE))? {
            Heard::Said(reply) => reply.participant().map(Some),
            Heard::GaveUp => Ok(None),
        }
    }

    fn send(
        &self,
        server: &Server,
        number: u32,
        source: &Source,
        tally: &Tally,
    ) -> Result<Option<Sent>, SimError> {
        let mut patience = self.patience(tally, number, self.patience);
        let Some(participant) = self.participant(server, number, &mut patience)? else {
            return Ok(Some(Sent { number, participant: None, acknowledged: Acknowledged::default() }));
        };
        let wearer = Wearer::new(self.seed, number, self.start, self.days)?;
        let sender = Sender {
            participant,
            source,
            wearer: &wearer,
            server,
            patience,
            tally,
            chance: Chance::new(self.seed, Purpose::Deliveries, number, 0),
            acknowledged: Acknowledged::none_of(wearer.readings()),
        };
        let acknowledged = sender.run(&self.faults)?;
        tally.people_done.add(1);
        Ok(Some(Sent { number, participant: Some(participant), acknowledged }))
    }

    /// What is wrong with somebody's readings, with how many there should be and how many were acknowledged.
    fn judge(
        &self,
        server: &Server,
        sent: Option<&Sent>,
        tally: &Tally,
    ) -> Result<Option<(Found, u64, u64)>, SimError> {
        let Some(Sent { number, participant, acknowledged }) = sent else { return Ok(None) };
        let wearer = Wearer::new(self.seed, *number, self.start, self.days)?;
        let Some(participant) = *participant else {
            return Ok(Some((Found::default(), wearer.readings() as u64, 0)));
        };
        let mut patience = self.patience(tally, *number, self.patience);
        let found = read_back(server, participant, &wearer, acknowledged, &mut patience)?;
        Ok(found.map(|found| (found, wearer.readings() as u64, acknowledged.count())))
    }

    fn verdict(
        &self,
        judged: Vec<(Found, u64, u64)>,
        tally: &Tally,
        seconds: f64,
        read_back_seconds: f64,
    ) -> Verdict {
        let (mut all, mut emitted, mut acknowledged) = (Found::default(), 0, 0);
        for (found, made, said) in judged {
            all.add(found);
            emitted += made;
            acknowledged += said;
        }
        if let Some(status) = tally.gave_up_at() {
            all.examples.insert(0, format!("sending was given up: the server went on answering {status}"));
        }
        let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
        Verdict {
            emitted,
            acknowledged,
            missing: all.missing,
            duplicated: all.duplicated,
            unacknowledged: emitted - acknowledged,
            provenance_lost: all.provenance_lost,
            refused_as_expected: tally.refused_as_expected.get(),
            wrongly_accepted: tally.wrongly_accepted.get(),
            wrongly_refused: tally.wrongly_refused.get(),
            people: self.people,
            batches: tally.batches.get(),
            resent: tally.resent.get(),
            corrupt: tally.corrupt.get(),
            retries: tally.retries.get(),
            seconds: tenths(seconds),
            read_back_seconds: tenths(read_back_seconds),
            readings_per_second: (acknowledged as f64 / seconds) as u64,
            examples: all.examples,
        }
    }
}

/// Does something for everybody, so many at once; what came of it, in no order. The first failure ends it for all.
fn everybody<T: Send>(
    at_once: u32,
    people: u32,
    tally: &Tally,
    work: impl Fn(&Server, u32) -> Result<Option<T>, SimError> + Sync,
    uplink: &Uplink,
) -> Result<Vec<T>, SimError> {
    let next = AtomicU32::new(0);
    let results: Mutex<Result<Vec<T>, SimError>> = Mutex::new(Ok(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(people) {
            scope.spawn(|| {
                let server = Server::new(uplink);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= people {
                        return;
                    }
                    let done = work(&server, number);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    match (done, &mut *results) {
                        (Ok(Some(one)), Ok(all)) => all.push(one),
                        (Ok(_), _) | (Err(_), Err(_)) => {}
                        (Err(error), Ok(_)) => {
                            tally.end();
                            *results = Err(error);
                        }
                    }
                    if results.is_err() {
                        return;
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
