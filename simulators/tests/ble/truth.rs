//! What wearables send is what their wearers did.

use std::time::Duration;

use btleplug::api::{Central as _, Peripheral as _};
use foulee_gatt::activity::StepSummary;
use foulee_gatt::heart_rate::{Contact, HeartRateMeasurement};
use foulee_gatt::infinitime::StepCount;
use foulee_gatt::running::RscMeasurement;
use foulee_gatt::uuids::{HEART_RATE_MEASUREMENT, INFINITIME_STEPS, RSC_MEASUREMENT, STEP_SUMMARY};
use foulee_sim::{Command, EpochCause, Options};

use crate::client::{
    adapter, characteristic, collect, connect_only, device, next, on_private_bus, scan, sent, start,
    start_with,
};

/// 2026-01-05 23:59:55 in Paris.
const EVENING_MS: i64 = 1_767_653_995_000;

#[test]
fn a_watch_begins_a_new_day_at_local_midnight() {
    on_private_bus("truth::a_watch_begins_a_new_day_at_local_midnight", async |bus| {
        let options = Options { seed: 1, start_ms: Some(EVENING_MS), out: None };
        let plan =
            "walking = true\n[[wearable]]\nkind = 'infinitime'\n[wearable.faults]\nstale_first_value = true";
        let bluetooth = start_with(bus, plan, &options);
        let watch = connect_only(&adapter().await).await;
        let mut notifications = watch.notifications().await.unwrap();
        watch.subscribe(&characteristic(&watch, INFINITIME_STEPS)).await.unwrap();
        let got = collect(&mut notifications, Duration::from_secs(8)).await;
        let counts: Vec<_> =
            got.iter().map(|notification| StepCount::decode(&notification.value).unwrap().steps).collect();
        let report = bluetooth.stop().unwrap();
        let watch = device(&report, "infinitime-1");
        let last = *counts.iter().rfind(|count| **count > 10_000).unwrap();
        assert!(watch.days[0].steps - last <= 2, "{counts:?}");
        let evening: Vec<_> = counts.iter().filter(|count| **count > 10_000).collect();
        assert_eq!(evening[evening.len() - 1], evening[evening.len() - 2], "the day's first value is stale");
        assert!(*counts.last().unwrap() < 20);
        assert_eq!(watch.days.len(), 2);
        assert_eq!(
            (watch.epochs[1].cause, watch.epochs[1].from_ms),
            (EpochCause::Midnight, EVENING_MS + 5000)
        );
        assert_eq!(
            counts.iter().map(|count| i64::from(*count)).collect::<Vec<_>>(),
            sent(&report, "infinitime-1", "step_counter")
        );
    });
}

#[test]
fn a_foot_pod_and_a_band_tell_how_somebody_walks() {
    on_private_bus("truth::a_foot_pod_and_a_band_tell_how_somebody_walks", async |bus| {
        let plan = "walking = true\n[[wearable]]\nkind = 'foot_pod'\nperson = 5\n[[wearable]]\nkind = 'band'\nperson = 5";
        let bluetooth = start(bus, plan);
        let adapter = adapter().await;
        let found = scan(&adapter, 2).await;
        let report = bluetooth.report().unwrap();
        let (pod, band) =
            (&found[&device(&report, "foot_pod-1").address], &found[&device(&report, "band-1").address]);
        for (peripheral, uuid) in [(pod, RSC_MEASUREMENT), (band, STEP_SUMMARY)] {
            peripheral.connect().await.unwrap();
            peripheral.discover_services().await.unwrap();
            peripheral.subscribe(&characteristic(peripheral, uuid)).await.unwrap();
        }
        let (mut of_pod, mut of_band) =
            (pod.notifications().await.unwrap(), band.notifications().await.unwrap());
        let measured = RscMeasurement::decode(&next(&mut of_pod, RSC_MEASUREMENT).await).unwrap();
        assert!((90..=120).contains(&measured.cadence_per_min), "{measured:?}");
        let got = collect(&mut of_band, Duration::from_millis(10_500)).await;
        let summary = StepSummary::decode(&got[0].value).unwrap();
        let report = bluetooth.stop().unwrap();
        let today = device(&report, "band-1").days[0];
        assert_eq!(device(&report, "foot_pod-1").days, device(&report, "band-1").days);
        let counted = u64::from(summary.walking_steps.unwrap().get());
        assert!(today.steps_until_now - counted < 40, "{summary:?} {today:?}");
        assert_eq!(got.len(), device(&report, "band-1").emitted["step_counter"] as usize);
        adapter.stop_scan().await.unwrap_err();
    });
}

#[test]
fn lost_contact_and_restarts_are_told() {
    on_private_bus("truth::lost_contact_and_restarts_are_told", async |bus| {
        let plan = "
            walking = true
            [faults]
            no_contact = [{ from_s = 0, for_s = 600 }]
            [[wearable]]
            kind = 'strap'
            [[wearable]]
            kind = 'infinitime'
            [wearable.faults]
            no_contact = []
            counter_reset = [2]
        ";
        let bluetooth = start(bus, plan);
        let found = scan(&adapter().await, 2).await;
        let report = bluetooth.report().unwrap();
        let strap = &found[&device(&report, "strap-1").address];
        strap.connect().await.unwrap();
        strap.discover_services().await.unwrap();
        let mut notifications = strap.notifications().await.unwrap();
        strap.subscribe(&characteristic(strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        let measured =
            HeartRateMeasurement::decode(&next(&mut notifications, HEART_RATE_MEASUREMENT).await).unwrap();
        assert_eq!((measured.contact, measured.known_bpm()), (Contact::NotDetected, None));

        tokio::time::sleep(Duration::from_secs(4)).await;
        let watch = &found[&device(&report, "infinitime-1").address];
        watch.connect().await.unwrap();
        watch.discover_services().await.unwrap();
        let steps = watch.read(&characteristic(watch, INFINITIME_STEPS)).await.unwrap();
        assert!(StepCount::decode(&steps).unwrap().steps < 20, "counted since the restart");
        bluetooth.command(Command::Restart { device: Some("infinitime-1".to_owned()) }).unwrap();
        assert!(!watch.is_connected().await.unwrap());
        let report = bluetooth.stop().unwrap();
        assert!(sent(&report, "strap-1", "heart_rate").is_empty());
        let causes: Vec<_> = device(&report, "infinitime-1").epochs.iter().map(|epoch| epoch.cause).collect();
        assert_eq!(causes, [EpochCause::Start, EpochCause::Restart, EpochCause::Restart]);
    });
}
