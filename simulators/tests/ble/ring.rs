//! A ring's stored logs.

use std::time::Duration;

use btleplug::api::{Peripheral as _, WriteType};
use btleplug::platform::Peripheral;
use foulee_gatt::colmi::{
    Assembly, HeartRateLogAssembler, Language, Request, Response, RingTime, StepLog, StepLogAssembler,
};
use foulee_gatt::uuids::{COLMI_NOTIFY, COLMI_WRITE};

use crate::client::{
    Notifications, adapter, characteristic, connect_only, device, next, on_private_bus, sent, start_with,
};

/// 2026-03-10 15:00 in Paris, in milliseconds since 1970, UTC; the day's midnight and the one before on a clock there.
const AFTERNOON_MS: i64 = 1_773_151_200_000;
const TODAY_S: u32 = 1_773_100_800;

async fn ask(ring: &Peripheral, request: Request) {
    let write = characteristic(ring, COLMI_WRITE);
    ring.write(&write, &request.encode(), WriteType::WithoutResponse).await.unwrap();
}

async fn response(notifications: &mut Notifications) -> Response {
    Response::decode(&next(notifications, COLMI_NOTIFY).await).unwrap()
}

async fn step_log(ring: &Peripheral, notifications: &mut Notifications, days_ago: u8) -> Option<StepLog> {
    ask(ring, Request::StepLog { days_ago }).await;
    let mut assembler = StepLogAssembler::new();
    loop {
        let Response::StepLog(packet) = response(notifications).await else { continue };
        match assembler.push(&packet).unwrap() {
            Assembly::Unfinished => {}
            Assembly::Empty => return None,
            Assembly::Finished(log) => return Some(log),
        }
    }
}

fn steps(log: &StepLog) -> u64 {
    log.slots().iter().map(|slot| u64::from(slot.steps)).sum()
}

#[test]
fn logs_are_fetched_and_are_the_truth() {
    on_private_bus("ring::logs_are_fetched_and_are_the_truth", async |bus| {
        let options = foulee_sim::Options { seed: 3, start_ms: Some(AFTERNOON_MS), out: None };
        let bluetooth = start_with(bus, "walking = true\n[[wearable]]\nkind = 'ring'", &options);
        let ring = connect_only(&adapter().await).await;
        let mut notifications = ring.notifications().await.unwrap();
        ring.subscribe(&characteristic(&ring, COLMI_NOTIFY)).await.unwrap();

        let today = step_log(&ring, &mut notifications, 0).await.unwrap();
        let truth = device(&bluetooth.report().unwrap(), "ring-1").days[0];
        assert!(truth.steps_until_now - steps(&today) <= 3, "{} of {truth:?}", steps(&today));
        let yesterday = step_log(&ring, &mut notifications, 1).await.unwrap();
        assert_eq!(yesterday.slots().len(), 96);
        assert_eq!(yesterday.slots()[0].start_s(), i64::from(TODAY_S) - 86_400);
        assert_eq!(step_log(&ring, &mut notifications, 30).await, None);

        ask(&ring, Request::HeartRateLog { day_start_s: TODAY_S }).await;
        let mut assembler = HeartRateLogAssembler::new();
        let log = loop {
            let Response::HeartRateLog(packet) = response(&mut notifications).await else { continue };
            if let Assembly::Finished(log) = assembler.push(&packet).unwrap() {
                break log;
            }
        };
        assert_eq!((log.start_s(), log.interval_minutes()), (TODAY_S, 5));
        assert_eq!(log.readings().count(), 15 * 12 + 1);
        let report = bluetooth.stop().unwrap();
        let read: Vec<_> = log.readings().map(|(_, bpm)| i64::from(bpm)).collect();
        assert_eq!(read, sent(&report, "ring-1", "log_heart_rate"));
        let first = report.ledger.iter().find(|entry| entry.kind == "log_heart_rate").unwrap();
        assert_eq!(first.t_ms, i64::from(TODAY_S) * 1000 - 3_600_000, "midnight in Paris");
    });
}

#[test]
fn a_wrong_clock_is_set_and_what_was_stored_keeps_its_wrong_time() {
    on_private_bus("ring::a_wrong_clock_is_set_and_what_was_stored_keeps_its_wrong_time", async |bus| {
        let options = foulee_sim::Options { seed: 3, start_ms: Some(AFTERNOON_MS), out: None };
        let plan = "walking = true\n[faults]\nyear_2000 = true\n[[wearable]]\nkind = 'ring'";
        let bluetooth = start_with(bus, plan, &options);
        let ring = connect_only(&adapter().await).await;
        let mut notifications = ring.notifications().await.unwrap();
        ring.subscribe(&characteristic(&ring, COLMI_NOTIFY)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let log = step_log(&ring, &mut notifications, 0).await.unwrap();
        let slot = log.slots().last().unwrap();
        assert_eq!((slot.year, slot.month, slot.day, slot.quarter), (2000, 1, 1, 0));

        let now_ms = bluetooth.report().unwrap().now_ms;
        let time = RingTime::from_unix_ms(now_ms, 60).unwrap();
        ask(&ring, Request::SetTime { time, language: Language::English }).await;
        assert!(matches!(response(&mut notifications).await, Response::TimeSet(_)));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let log = step_log(&ring, &mut notifications, 0).await.unwrap();
        assert_eq!(log.slots().len(), 1);
        assert_eq!(log.slots()[0].start_s(), i64::from(TODAY_S) + 15 * 3600);
        assert!(device(&bluetooth.stop().unwrap(), "ring-1").clock_ahead_ms.abs() < 1500);
    });
}
