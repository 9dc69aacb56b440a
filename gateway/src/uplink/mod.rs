//! From the spool to ingest: nothing is released before it was acknowledged.
//!
//! One thread, one batch at a time. What the service refuses reading by reading is set aside with its reason and can be
//! offered again (`spool retry`); what it refuses as a whole is halved until the part at fault is found; everything else
//! waits: the spool keeps it.

mod batch;
mod client;
mod time;
pub(crate) mod tls;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foulee_contract::{Batch, Rejection, SeriesBlock};

use crate::GatewayError;
use crate::clock::Clock;
use crate::config::UplinkConfig;
use crate::spool::{Aside, Spool, Waiting};
use crate::status::Status;
use crate::stop::Stop;
use batch::BatchBuilder;
use client::{Client, Said};

/// Most readings of one batch: half of what the contract admits.
const MOST_READINGS: usize = 50_000;
/// Least that batches are brought down to because one was too large.
const LEAST_READINGS: usize = 100;
/// First and longest pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Longest that a service may ask to wait.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Sends what is in the spool until `stop`, and then what is left as long as that goes at once.
///
/// # Errors
/// When the spool cannot be read, or there is no token to send with.
pub fn run(
    config: &UplinkConfig,
    spool: &Arc<Spool>,
    status: &Arc<Status>,
    clock: &Arc<Clock>,
    stop: &Stop,
) -> Result<(), GatewayError> {
    let client = Client::new(config)?;
    let uplink = Uplink { client, spool, status, clock, most: MOST_READINGS, failures: 0, asked_time: None };
    uplink.run(stop)
}

/// Asks the service whether it takes the token, with a batch of nothing.
///
/// # Errors
/// When there is no token, it is refused, or the service cannot be reached or is none.
pub fn ask(config: &UplinkConfig) -> Result<(), GatewayError> {
    let url = || config.url.clone();
    match Client::new(config)?.post(&BatchBuilder::default().build()) {
        Said::Accepted(_) => Ok(()),
        Said::NoToken(error) => Err(*error),
        Said::NotAllowed(status) => Err(GatewayError::TokenRefused { url: url(), status }),
        Said::Unreachable(source) => Err(GatewayError::Unreachable { url: url(), source }),
        said => Err(GatewayError::NotAnswering { url: url(), said: said_word(&said) }),
    }
}

struct Uplink<'a> {
    client: Client,
    spool: &'a Arc<Spool>,
    status: &'a Arc<Status>,
    clock: &'a Arc<Clock>,
    most: usize,
    failures: u32,
    /// When the service's clock was asked for in vain.
    asked_time: Option<Instant>,
}

/// How far sending came.
struct Sent {
    /// So many frames, from the first on, are acknowledged or set aside.
    frames: usize,
    /// Wait so long before the next is sent.
    pause: Option<Duration>,
}

impl Sent {
    fn all(frames: &[&Waiting]) -> Self {
        Self { frames: frames.len(), pause: None }
    }

    fn none(pause: Duration) -> Self {
        Self { frames: 0, pause: Some(pause) }
    }
}

impl Uplink<'_> {
    fn run(mut self, stop: &Stop) -> Result<(), GatewayError> {
        loop {
            match self.look_at_clock() {
                None => {}
                Some(_) if stop.is_set() => return Ok(()),
                // Whoever asks to stop meanwhile gets one more try.
                Some(pause) => {
                    stop.wait(pause);
                    continue;
                }
            }
            let mut waiting = self.spool.next(self.most)?;
            if waiting.is_empty() {
                if stop.is_set() {
                    return Ok(());
                }
                self.spool.wait_for_more(Duration::from_secs(5), stop);
                continue;
            }
            let clock = self.clock;
            let unknown = match waiting.put_right(|stretch| clock.correction(stretch)) {
                Ok(unknown) => unknown,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "nothing can be sent yet");
                    if stop.wait(self.pause()) {
                        return Ok(());
                    }
                    continue;
                }
            };
            let frames = waiting.frames();
            let mut done = 0;
            while let Some(left) = frames.get(done..).filter(|left| !left.is_empty()) {
                let sent = self.send(left)?;
                done += sent.frames;
                match sent.pause {
                    None => self.failures = 0,
                    Some(_) if stop.is_set() => return Ok(()),
                    Some(pause) => drop(stop.wait(pause)),
                }
            }
            self.status.set_aside(unknown.iter().map(Aside::readings).sum());
            self.spool.keep_aside(&unknown)?;
            self.spool.release(&waiting)?;
        }
    }

    fn send(&mut self, frames: &[&Waiting]) -> Result<Sent, GatewayError> {
        let mut builder = BatchBuilder::default();
        for frame in frames {
            for (series, provenance, tuples) in self.spool.resolve(frame) {
                builder.add(&series, provenance, tuples);
            }
        }
        let readings = builder.readings();
        if readings == 0 {
            return Ok(Sent::all(frames));
        }
        let batch = builder.build();
        let said = self.client.post(&batch);
        self.status.uplink(said_word(&said));
        match said {
            Said::Accepted(answer) if accounts_for(&batch, answer.accepted, &answer.rejected) => {
                self.status.acknowledged(answer.accepted);
                self.set_aside(&batch, &answer.rejected)?;
                self.most = (self.most * 2).min(MOST_READINGS);
                Ok(Sent::all(frames))
            }
            Said::NoneAccepted(problem) if accounts_for(&batch, 0, &problem.rejected) => {
                self.set_aside(&batch, &problem.rejected)?;
                Ok(Sent::all(frames))
            }
            Said::Accepted(_) | Said::NoneAccepted(_) => {
                tracing::error!(
                    readings,
                    "the answer does not account for every reading; they wait in the spool"
                );
                Ok(Sent::none(self.pause()))
            }
            Said::Later(after) => {
                let pause = after.map_or_else(|| self.pause(), |after| after.min(LONGEST_RETRY_AFTER));
                tracing::info!(seconds = pause.as_secs_f64(), "the service asks to wait");
                Ok(Sent::none(pause))
            }
            Said::NotAllowed(status) => {
                tracing::error!(status, "the service refuses the device token; readings wait in the spool");
                Ok(Sent::none(self.pause().max(Duration::from_secs(5))))
            }
            Said::NoToken(error) => {
                let error: &dyn std::error::Error = &*error;
                tracing::error!(error, "there is no device token; readings wait in the spool");
                Ok(Sent::none(self.pause().max(Duration::from_secs(5))))
            }
            Said::Unreachable(error) => {
                let error: &dyn std::error::Error = &*error;
                tracing::warn!(error, "the service does not answer; readings wait in the spool");
                Ok(Sent::none(self.pause()))
            }
            Said::TooLarge => {
                self.most = (self.most / 2).max(LEAST_READINGS);
                self.parts(frames, readings, "too large")
            }
            Said::Wrong(problem) => {
                tracing::error!(title = problem.title, detail = ?problem.errors, readings, "a batch is refused as a whole");
                self.parts(frames, readings, &problem.title)
            }
        }
    }

    /// Sends what was refused as a whole in halves; a frame alone is set aside.
    fn parts(&mut self, frames: &[&Waiting], readings: usize, why: &str) -> Result<Sent, GatewayError> {
        if let [frame] = frames {
            self.spool.set_frame_aside(frame, why)?;
            self.status.set_aside(readings as u64);
            return Ok(Sent::all(frames));
        }
        let (first, second) = frames.split_at(frames.len() / 2);
        let sent = self.send(first)?;
        if sent.pause.is_some() {
            return Ok(sent);
        }
        let then = self.send(second)?;
        Ok(Sent { frames: first.len() + then.frames, pause: then.pause })
    }

    fn set_aside(&self, batch: &Batch, rejected: &[Rejection]) -> Result<(), GatewayError> {
        let mut reasons: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
        for Rejection { code, field, fix, .. } in rejected {
            *reasons.entry((code.as_str(), field, fix)).or_default() += 1;
        }
        for ((code, field, fix), readings) in reasons {
            tracing::warn!(readings, code, field, fix, "readings are refused and set aside");
        }
        self.status.set_aside(rejected.len() as u64);
        self.spool.set_readings_aside(batch, rejected)
    }

    /// Longer with each failure, and never the same for two gateways: half of it is chance.
    fn pause(&mut self) -> Duration {
        let longest = PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures += 1;
        let mut byte = [0; 2];
        // Without random bytes the pause is the longer one.
        let share = if getrandom::fill(&mut byte).is_ok() {
            f64::from(u16::from_le_bytes(byte)) / 65_536.0
        } else {
            1.0
        };
        longest.mul_f64(0.5 + 0.5 * share)
    }
}

/// Whether an answer speaks of every reading of the batch: one that does not comes from something that did not read it.
fn accounts_for(batch: &Batch, accepted: u64, rejected: &[Rejection]) -> bool {
    let readings: usize = batch.series.iter().map(SeriesBlock::len).sum();
    let of_batch = |rejection: &&Rejection| {
        let block = batch.series.get(rejection.series as usize);
        block.is_some_and(|block| (rejection.index as usize) < block.len())
    };
    let named: BTreeSet<(u32, u32)> =
        rejected.iter().filter(of_batch).map(|rejection| (rejection.series, rejection.index)).collect();
    named.len() == rejected.len() && accepted.checked_add(named.len() as u64) == Some(readings as u64)
}

fn said_word(said: &Said) -> &'static str {
    match said {
        Said::Accepted(_) => "accepted",
        Said::NoneAccepted(_) => "none_accepted",
        Said::Later(_) => "later",
        Said::NotAllowed(_) => "not_allowed",
        Said::NoToken(_) => "no_token",
        Said::TooLarge => "too_large",
        Said::Wrong(_) => "wrong",
        Said::Unreachable(_) => "unreachable",
    }
}
