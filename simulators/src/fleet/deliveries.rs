//! In what order and form a device's readings are sent.

use std::ops::Range;

use super::chance::Chance;
use super::corrupt::Corruption;
use super::plan::FaultPlan;
use super::wearer::Wearer;

/// How far behind newer ones a batch may fall that is sent out of order, and how far behind itself it is sent again.
const FARTHEST: usize = 8;

/// One batch on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The numbers of its readings.
    pub(super) readings: Range<usize>,
    /// All of them were sent before.
    pub(super) again: bool,
    /// In no order.
    pub(super) shuffled: bool,
    /// Regular ones as a grid.
    pub(super) grid: bool,
    pub(super) uncompressed: bool,
    pub(super) lost_answer: bool,
    /// Readings that cannot be true among them.
    pub(super) bad_readings: bool,
    /// What is sent before it that nobody may accept.
    pub(super) corrupt: Vec<Corruption>,
}

/// All deliveries of a device: every reading is in at least one.
pub(super) fn deliveries(wearer: &Wearer, plan: &FaultPlan, chance: &mut Chance) -> Vec<Delivery> {
    let faults = plan.faults;
    let (mut on_time, mut late) = (Vec::new(), Vec::new());
    let mut run = 0..0;
    for day in 0..wearer.days() {
        if chance.happens(faults.late_days) {
            late.push(day..day + 1);
            on_time.push(std::mem::replace(&mut run, day + 1..day + 1));
        } else {
            run.end = day + 1;
        }
    }
    on_time.push(run);
    chance.shuffle(&mut late);

    let mut in_order = Vec::new();
    for days in on_time.into_iter().chain(late).filter(|days| !days.is_empty()) {
        for piece in cut(&wearer.of_days(days), plan, chance) {
            if chance.happens(faults.split) && piece.len() > 2 {
                let (third, length) = (piece.len() / 3, piece.len());
                in_order.push(piece.start..piece.start + (length - third));
                in_order.push(piece.start + third..piece.end);
            } else {
                in_order.push(piece);
            }
        }
    }
    for at in 0..in_order.len() {
        if chance.happens(faults.reorder) {
            let other = (at + 1 + chance.below(FARTHEST)).min(in_order.len() - 1);
            in_order.swap(at, other);
        }
    }
    let mut order: Vec<(Range<usize>, bool)> = in_order.into_iter().map(|piece| (piece, false)).collect();
    let mut at = 0;
    while at < order.len() {
        if !order[at].1 && chance.happens(faults.resend) {
            let behind = (at + 1 + chance.below(FARTHEST)).min(order.len());
            order.insert(behind, (order[at].0.clone(), true));
        }
        at += 1;
    }
    order.into_iter().map(|(readings, again)| delivery(readings, again, plan, chance)).collect()
}

fn cut(all: &Range<usize>, plan: &FaultPlan, chance: &mut Chance) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = all.start;
    while start < all.end {
        let end = (start + chance.between(plan.batches.least, plan.batches.most)).min(all.end);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

fn delivery(readings: Range<usize>, again: bool, plan: &FaultPlan, chance: &mut Chance) -> Delivery {
    let faults = plan.faults;
    let all = Corruption::ALL.into_iter();
    Delivery {
        readings,
        again,
        shuffled: chance.happens(faults.shuffle),
        grid: chance.happens(faults.grid),
        uncompressed: chance.happens(faults.uncompressed),
        lost_answer: chance.happens(faults.lost_answer),
        bad_readings: chance.happens(plan.corrupt.bad_readings),
        corrupt: all.filter(|&corruption| chance.happens(plan.corrupt.share(corruption))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Purpose;
    use super::super::plan::DEFAULT_FAULTS;
    use super::*;
    use chrono::NaiveDate;

    fn made(plan: &str) -> (usize, Vec<Delivery>) {
        let first_date = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let wearer = Wearer::new(3, 1, first_date, 12).unwrap();
        let mut chance = Chance::new(3, Purpose::Deliveries, 1, 0);
        (wearer.readings(), deliveries(&wearer, &plan.parse().unwrap(), &mut chance))
    }

    #[test]
    fn every_reading_is_sent_whatever_the_plan() {
        for plan in ["", DEFAULT_FAULTS, "[faults]\nlate_days = 1\nsplit = 1\nresend = 1\nreorder = 1\n"] {
            let (readings, all) = made(plan);
            let mut sent = vec![false; readings];
            all.iter().flat_map(|delivery| delivery.readings.clone()).for_each(|number| sent[number] = true);
            assert!(sent.iter().all(|sent| *sent), "{plan}");
            assert_eq!(all, made(plan).1, "the same each time");
        }
    }

    #[test]
    fn without_faults_each_is_sent_once_and_in_order() {
        let (readings, all) = made("");
        let sent: Vec<usize> = all.iter().flat_map(|delivery| delivery.readings.clone()).collect();
        assert_eq!(sent, (0..readings).collect::<Vec<_>>());
        assert!(all.iter().all(|one| one.corrupt.is_empty() && !one.bad_readings && !one.again));
    }

    #[test]
    fn the_default_plan_sends_again_out_of_order_and_late() {
        let (_, all) = made(DEFAULT_FAULTS);
        assert!(all.iter().any(|delivery| delivery.again));
        assert!(all.iter().any(|delivery| !delivery.corrupt.is_empty()));
        let starts: Vec<usize> = all.iter().map(|delivery| delivery.readings.start).collect();
        assert!(!starts.is_sorted());
    }
}
