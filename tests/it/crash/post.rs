//! Kill after kill while readings are posted.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use foulee_contract::{Answer, Series};
use foulee_store::EmbeddedStore;

use super::chance::Chance;
use super::found::{Depth, Found, open};
use super::ledger::{Ledger, Verdict};
use super::program::{Door, Program, Server, copy};
use super::traffic::{Days, FIRST_DAY, Sent, Traffic};

/// Threads that post at once, so that batches share commits.
const WRITERS: usize = 3;
/// How long a life lasts once it answers: any moment in between.
const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(150);
/// Folding the log to its end and cutting it off takes a longer life: one in five, where the log is long.
const LONG: Duration = Duration::from_secs(2);
/// Every so many kills, more is compared.
const DEEP_EVERY: usize = 8;

/// Which readings are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Over a few days that move on, so that a day that is forgotten is not touched again.
    Moving,
    /// Over a year, so that the log grows until it is folded.
    Year,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) kills: usize,
    /// Of these, those before it answered.
    pub(crate) early: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: u64,
    pub(crate) torn: u64,
    pub(crate) foreign: usize,
    /// Kills after which something was lost.
    pub(crate) losing: usize,
    pub(crate) faults: Vec<String>,
}

/// A data folder, the program that serves it and dies, and what was sent to it.
#[derive(Debug)]
pub(crate) struct Run {
    program: Program,
    pub(crate) folder: PathBuf,
    pub(crate) ledger: Mutex<Ledger>,
    traffic: Vec<Traffic>,
    chance: Chance,
    spread: Spread,
    pub(crate) figures: Figures,
}

impl Run {
    pub(crate) fn new(
        program: Program,
        folder: &Path,
        series: &[Series],
        mut chance: Chance,
        spread: Spread,
    ) -> Self {
        let scattered = if spread == Spread::Year { 7 } else { 0 };
        let traffic =
            (0..WRITERS).map(|at| Traffic::new(series, chance.fork(), (at, WRITERS), scattered)).collect();
        Self {
            program,
            folder: folder.to_owned(),
            ledger: Mutex::new(Ledger::new(series)),
            traffic,
            chance,
            spread,
            figures: Figures::default(),
        }
    }

    fn days(&self) -> Days {
        match self.spread {
            Spread::Moving => Days { first: FIRST_DAY + self.figures.kills as i64 / 3, length: 5 },
            Spread::Year => Days { first: FIRST_DAY, length: 300 },
        }
    }

    /// One reading of every series, and more until there are at least `readings`, before the first kill.
    pub(crate) fn begin(&mut self, readings: u64) {
        let days = self.days();
        let mut server = Server::start(&self.program, &self.folder);
        let (door, agent, ledger, traffic) = (server.door(), agent(), &self.ledger, &mut self.traffic[0]);
        let mut sent = traffic.first_of_all();
        loop {
            let acknowledged = post(&agent, &door, traffic, sent, ledger);
            assert_eq!(acknowledged, Some(true), "what is sent before the first kill");
            if ledger.lock().expect("no writer panicked").acknowledged >= readings {
                break;
            }
            sent = traffic.all_over(days);
        }
        server.kill();
    }

    /// Lives until killed; then it is looked at what is there. `look` may look at more of the copy.
    pub(crate) fn kill(
        &mut self,
        mut look: impl FnMut(&Path, &EmbeddedStore, &Found, &mut Vec<String>),
    ) -> Found {
        let days = self.days();
        let mut server = Server::start(&self.program, &self.folder);
        if self.chance.one_in(8) {
            // While it opens what the last one left.
            thread::sleep(self.chance.moment(Duration::ZERO, Duration::from_millis(60)));
            server.kill();
            self.figures.early += 1;
        } else {
            let door = server.door();
            let long = self.spread == Spread::Year && self.chance.one_in(5);
            let life = self.chance.moment(SHORTEST, if long { LONG } else { LONGEST });
            thread::scope(|scope| {
                for traffic in &mut self.traffic {
                    let (door, ledger) = (&door, &self.ledger);
                    scope.spawn(move || write(door, traffic, days, ledger));
                }
                thread::sleep(life);
                server.kill();
            });
        }
        self.figures.kills += 1;
        let depth = if self.figures.kills.is_multiple_of(DEEP_EVERY) { Depth::Deep } else { Depth::Quick };
        let copied = copy(&self.folder, "seen");
        let mut faults = Vec::new();
        let (store, found) = open(&copied, depth, &mut faults);
        look(&copied, &store, &found, &mut faults);
        drop(store);
        let ledger = self.ledger.get_mut().expect("no writer panicked");
        faults.append(&mut ledger.odd_answers);
        let verdict = ledger.settle(&found);
        self.count(&verdict, &found, faults);
        found
    }

    fn count(&mut self, verdict: &Verdict, found: &Found, faults: Vec<String>) {
        let figures = &mut self.figures;
        figures.lost += verdict.lost.len();
        figures.losing += usize::from(!verdict.lost.is_empty());
        figures.foreign += verdict.foreign.len();
        figures.torn += verdict.torn;
        figures.doubled += found.doubled;
        if !verdict.is_good() {
            figures.faults.push(format!("kill {}: {verdict}", figures.kills));
        }
        figures.faults.extend(faults.into_iter().map(|fault| format!("kill {}: {fault}", figures.kills)));
    }

    /// Fails if anything was wrong.
    pub(crate) fn assert_good(&self, seed: u64) {
        let faults = &self.figures.faults;
        assert!(
            faults.is_empty(),
            "FOULEE_TEST_SEED={seed}: {} faults:\n{}",
            faults.len(),
            faults.join("\n")
        );
    }

    /// One line.
    pub(crate) fn told(&self) -> String {
        let ledger = self.ledger.lock().expect("no writer panicked");
        let Figures { kills, early, lost, doubled, torn, foreign, .. } = &self.figures;
        format!(
            "{kills} kills ({early} before it answered); {} readings acknowledged in {} batches, {} distinct ones owed; \
             {lost} lost, {doubled} doubled, {foreign} foreign, {torn} batches torn",
            ledger.acknowledged,
            ledger.batches,
            ledger.owed()
        )
    }
}

pub(crate) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build();
    config.into()
}

/// Posts until nobody answers any more.
fn write(door: &Door, traffic: &mut Traffic, days: Days, ledger: &Mutex<Ledger>) {
    let agent = agent();
    loop {
        let sent = traffic.next(days);
        match post(&agent, door, traffic, sent, ledger) {
            Some(true) => {}
            Some(false) => thread::sleep(Duration::from_millis(2)),
            None => return,
        }
    }
}

/// Posts a batch and notes what became of it: whether it was acknowledged, or nothing where nobody answers.
pub(crate) fn post(
    agent: &ureq::Agent,
    door: &Door,
    traffic: &Traffic,
    sent: Sent,
    ledger: &Mutex<Ledger>,
) -> Option<bool> {
    let body = traffic.wire(&sent);
    let ticket = ledger.lock().expect("no writer panicked").send(&sent.rows);
    let request = agent.post(&door.url).header("Authorization", format!("Bearer {}", door.token));
    let mut response = request.send_json(&body).ok()?;
    // An answer that is cut short is none.
    let text = response.body_mut().read_to_string().ok()?;
    let mut ledger = ledger.lock().expect("no writer panicked");
    match response.status().as_u16() {
        200 => {
            let answer: Answer = serde_json::from_str(&text).ok()?;
            let told =
                answer.new.zip(answer.duplicate).is_none_or(|(new, known)| new + known == answer.accepted);
            if answer.accepted != sent.rows.len() as u64 || !answer.rejected.is_empty() || !told {
                ledger.odd_answers.push(format!("{} readings sent, answered {text}", sent.rows.len()));
            }
            ledger.acknowledge(ticket, &sent.rows);
            Some(true)
        }
        429 => Some(false),
        status => {
            ledger.odd_answers.push(format!("{status} {text}"));
            Some(false)
        }
    }
}
