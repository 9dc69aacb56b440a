//! How long a heart rate takes from the wrist to the live page.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use chrono::DateTime;
use foulee_contract::ParticipantId;
use serde::{Deserialize, Serialize};

use super::chain::Chain;
use crate::client::Client;
use crate::command::CommandError;
use crate::command::serve::Running;

/// How long the first heart rate and the first steps may take: links are made, a gateway looks for devices.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long is measured from then on.
const MEASURED: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// A rate on the page and one that was sent are the same where they are equal and the gateway heard the one within this
/// time of the other's being sent, ms; it may hear it while the other end still writes down that it was sent.
const APART_MS: std::ops::RangeInclusive<i64> = -50..=1_500;

/// From the time at which a wearable sent a heart rate to the time at which it came over the live stream, of the rates
/// that the stream told: the newest of each commit of the gateway.
#[derive(Debug, Serialize)]
pub(super) struct WristToPage {
    p50: i64,
    p99: i64,
    n: usize,
}

/// What is read of an event.
#[derive(Deserialize)]
struct State {
    heart_rate: Option<Rate>,
    steps: Steps,
}

#[derive(Deserialize)]
struct Rate {
    value: f64,
    at: DateTime<chrono::Utc>,
}

#[derive(Deserialize)]
struct Steps {
    value: Option<u32>,
}

/// A rate as the page has it.
struct Shown {
    bpm: i64,
    at_ms: i64,
    came_ms: i64,
}

/// A line of the ledger.
#[derive(Deserialize)]
struct Sent {
    kind: String,
    via: String,
    sent_ms: i64,
    value: f64,
}

/// Watches the stream, as the page does, until heart rate and steps came and for half a minute more.
pub(super) fn measure(
    running: &Running,
    chain: &mut Chain,
    id: ParticipantId,
    stopped: &AtomicBool,
) -> Result<WristToPage, CommandError> {
    let begun_ms = (running.service.clock)();
    let events = follow(running, id)?;
    let (begun, mut whole_since) = (Instant::now(), None);
    let mut shown: Vec<Shown> = Vec::new();
    let mut walked = false;
    while whole_since.is_none_or(|since: Instant| since.elapsed() < MEASURED) {
        chain.goes_on(stopped)?;
        match events.recv_timeout(LOOK_AGAIN) {
            Ok((came_ms, text)) => {
                let state: State = serde_json::from_str(&text)?;
                walked |= state.steps.value.is_some_and(|steps| steps > 0);
                let rate =
                    state.heart_rate.map(|rate| (rate.value.round() as i64, rate.at.timestamp_millis()));
                let is_new = |at_ms| at_ms >= begun_ms && shown.last().is_none_or(|last| last.at_ms < at_ms);
                if let Some((bpm, at_ms)) = rate.filter(|(_, at_ms)| is_new(*at_ms)) {
                    shown.push(Shown { bpm, at_ms, came_ms });
                }
                if walked && !shown.is_empty() {
                    whole_since.get_or_insert_with(Instant::now);
                }
            }
            Err(RecvTimeoutError::Timeout) if whole_since.is_some() || begun.elapsed() < PATIENCE => {}
            Err(RecvTimeoutError::Timeout) => {
                let hop =
                    if shown.is_empty() { "heart rate on the live page" } else { "steps on the live page" };
                return Err(CommandError::NothingProduced { hop });
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(CommandError::NothingProduced { hop: "live stream" });
            }
        }
    }
    let ledger = std::fs::read_to_string(chain.ledger())?;
    let mut waits = waits(&ledger, &shown);
    waits.sort_unstable();
    let quantile = |share: f64| waits.get((waits.len() as f64 * share).ceil() as usize - 1).copied();
    let missing = CommandError::NothingProduced { hop: "heart rate of the wearables on the live page" };
    let Some((p50, p99)) = quantile(0.5).zip(quantile(0.99)) else { return Err(missing) };
    Ok(WristToPage { p50, p99, n: waits.len() })
}

/// The data of the stream's events, each with the time at which it came.
fn follow(running: &Running, id: ParticipantId) -> Result<Receiver<(i64, String)>, CommandError> {
    let client = Client::to(&format!("http://{}", running.address), &running.token);
    let stream = client.stream(&format!("/v1/participants/{id}/live")).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "the live stream was not served");
        CommandError::NothingProduced { hop: "live stream" }
    })?;
    let clock = running.service.clock.clone();
    let (sender, events) = channel();
    std::thread::spawn(move || {
        for line in stream.lines().map_while(Result::ok) {
            let data = line.strip_prefix("data: ").map(|data| (clock(), data.to_owned()));
            if data.is_some_and(|data| sender.send(data).is_err()) {
                return;
            }
        }
    });
    Ok(events)
}

/// How long each rate took, ms: matched with the one that was sent last before the gateway heard it.
fn waits(ledger: &str, shown: &[Shown]) -> Vec<i64> {
    let sent: Vec<Sent> = ledger.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let rates: Vec<&Sent> =
        sent.iter().filter(|one| one.kind == "heart_rate" && one.via == "notify").collect();
    let mut used = BTreeSet::new();
    let mut waits = Vec::new();
    for one in shown {
        let near = rates.iter().enumerate().filter(|(at, sent)| {
            let apart_ms = one.at_ms - sent.sent_ms;
            (sent.value.round() as i64 == one.bpm) && APART_MS.contains(&apart_ms) && !used.contains(at)
        });
        if let Some((at, sent)) = near.max_by_key(|(_, sent)| sent.sent_ms) {
            used.insert(at);
            waits.push(one.came_ms - sent.sent_ms);
        }
    }
    waits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_matched_with_what_was_sent_last_before_it_was_heard() {
        let line = |kind: &str, via: &str, sent_ms: i64, value: i64| {
            format!("{{\"kind\":\"{kind}\",\"via\":\"{via}\",\"sent_ms\":{sent_ms},\"value\":{value}}}\n")
        };
        let ledger = [
            line("heart_rate", "notify", 1_000, 70),
            line("heart_rate", "notify", 2_000, 70),
            line("heart_rate", "read", 2_100, 71),
            line("step_counter", "notify", 2_100, 70),
            line("heart_rate", "notify", 3_000, 72),
            "{\"half\":".to_owned(),
        ];
        let shown = |bpm, at_ms, came_ms| Shown { bpm, at_ms, came_ms };
        let waits = waits(
            &ledger.concat(),
            &[shown(70, 2_003, 2_400), shown(71, 2_101, 2_500), shown(72, 9_000, 9_100)],
        );
        assert_eq!(waits, [400]);
    }
}
