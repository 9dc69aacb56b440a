//! One device sends what it has.

use foulee_contract::{Answer, ParticipantId, Problem, Source};

use super::batch::{Form, Parcel, Place, json, packed};
use super::chance::Chance;
use super::corrupt::spoilt;
use super::deliveries::{Delivery, deliveries};
use super::patience::{Heard, Patience};
use super::plan::FaultPlan;
use super::server::{Reply, Request, Server};
use super::tally::Tally;
use super::wearer::Wearer;
use crate::error::SimError;

/// How often a good batch is sent that is refused for good.
const TRIES: u32 = 3;
/// Most readings that cannot be true among good ones.
const MOST_BAD: usize = 5;

/// Which readings were acknowledged, a bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged(Vec<u64>);

impl Acknowledged {
    pub(super) fn none_of(readings: usize) -> Self {
        Self(vec![0; readings.div_ceil(64)])
    }

    pub(super) fn holds(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }

    /// Whether it is new.
    pub(super) fn add(&mut self, number: usize) -> bool {
        let is_new = !self.holds(number);
        self.0[number / 64] |= 1 << (number % 64);
        is_new
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// One device on its way.
pub(super) struct Sender<'a> {
    pub(super) participant: ParticipantId,
    pub(super) source: &'a Source,
    pub(super) wearer: &'a Wearer,
    pub(super) server: &'a Server,
    pub(super) patience: Patience<'a>,
    pub(super) tally: &'a Tally,
    pub(super) chance: Chance,
    pub(super) acknowledged: Acknowledged,
}

impl Sender<'_> {
    /// Sends everything; what was acknowledged.
    pub(super) fn run(mut self, plan: &FaultPlan) -> Result<Acknowledged, SimError> {
        for delivery in deliveries(self.wearer, plan, &mut self.chance) {
            if self.tally.has_ended() {
                break;
            }
            self.deliver(&delivery)?;
        }
        Ok(self.acknowledged)
    }

    fn deliver(&mut self, delivery: &Delivery) -> Result<(), SimError> {
        let mut readings = self.wearer.readings_of(&delivery.readings);
        for &corruption in &delivery.corrupt {
            let request = spoilt(corruption, self.participant, self.source, &readings, &mut self.chance)?;
            self.send_spoilt(&request)?;
        }
        if delivery.shuffled {
            self.chance.shuffle(&mut readings);
        }
        let bad_readings = if delivery.bad_readings { self.chance.between(1, MOST_BAD) } else { 0 };
        let form = Form { grid: delivery.grid, bad_readings };
        let parcel = Parcel::new(self.participant, self.source, &readings, form, &mut self.chance);
        let body = json(&parcel.batch)?;
        let request =
            if delivery.uncompressed { Request::plain(body) } else { Request::zstd(packed(&body)?) };
        let mut again = delivery.again;
        if delivery.lost_answer {
            self.post(&request, again)?;
            again = true;
        }
        for _ in 0..TRIES {
            let Some(reply) = self.post(&request, again)? else { return Ok(()) };
            if self.note(&parcel, &reply) {
                return Ok(());
            }
            again = true;
        }
        Ok(())
    }

    /// Posts a good batch; nothing where patience is over.
    fn post(&mut self, request: &Request, again: bool) -> Result<Option<Reply>, SimError> {
        let (tally, server) = (self.tally, self.server);
        let mut again = again;
        let heard = self.patience.ask(|| {
            tally.batches.add(1);
            tally.resent.add(u64::from(again));
            again = true;
            server.post(request)
        })?;
        Ok(match heard {
            Heard::Said(reply) => Some(reply),
            Heard::GaveUp => None,
        })
    }

    /// Notes what an answer acknowledges; whether that settles the batch.
    fn note(&mut self, parcel: &Parcel, reply: &Reply) -> bool {
        let answer = match reply.status {
            200 => serde_json::from_slice::<Answer>(&reply.body).ok(),
            // All of it refused, reading by reading.
            422 => serde_json::from_slice::<Problem>(&reply.body)
                .ok()
                .map(|problem| Answer { rejected: problem.rejected, ..Answer::default() }),
            _ => None,
        };
        let Some(answer) = answer else { return false };
        let mut refused = Acknowledged::none_of(self.wearer.readings());
        let (mut bad_refused, mut good_refused) = (0, 0);
        for rejection in &answer.rejected {
            match parcel.place(rejection.series, rejection.index) {
                Place::Good(number) => good_refused += u64::from(refused.add(number)),
                Place::Bad => bad_refused += 1,
                Place::Nothing => {}
            }
        }
        let good = parcel.places().filter(|place| matches!(place, Place::Good(_))).count() as u64;
        let bad = parcel.places().filter(|place| *place == Place::Bad).count() as u64;
        self.tally.refused_as_expected.add(bad_refused);
        self.tally.wrongly_accepted.add(bad.saturating_sub(bad_refused));
        self.tally.wrongly_refused.add(good_refused);
        // An answer whose numbers do not add up acknowledges nothing.
        if answer.accepted + answer.rejected.len() as u64 != good + bad {
            return false;
        }
        for place in parcel.places() {
            if let Place::Good(number) = place
                && !refused.holds(number)
                && self.acknowledged.add(number)
            {
                self.tally.acknowledged.add(1);
            }
        }
        good_refused == 0
    }

    fn send_spoilt(&mut self, request: &Request) -> Result<(), SimError> {
        self.tally.corrupt.add(1);
        let server = self.server;
        let Heard::Said(reply) = self.patience.ask(|| server.post(request))? else { return Ok(()) };
        if reply.status < 300 {
            let said = serde_json::from_slice::<Answer>(&reply.body).map_or(1, |answer| answer.accepted);
            // An answer that accepts none of it is a refusal by another name.
            self.tally.wrongly_accepted.add(said);
            self.tally.refused_as_expected.add(u64::from(said == 0));
        } else {
            self.tally.refused_as_expected.add(1);
        }
        Ok(())
    }
}
