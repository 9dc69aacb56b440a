//! Scan, connect, read, subscribe, lose the link.

use std::time::Duration;

use btleplug::api::{Central as _, Peripheral as _, ScanFilter, WriteType};
use foulee_gatt::current_time::{AdjustReason, CurrentTime};
use foulee_gatt::heart_rate::HeartRateMeasurement;
use foulee_gatt::infinitime::StepCount;
use foulee_gatt::uuids::{
    BATTERY_LEVEL, CURRENT_TIME, HEART_RATE_MEASUREMENT, HEART_RATE_SERVICE, INFINITIME_MOTION_SERVICE,
    INFINITIME_STEPS, SERIAL_NUMBER,
};
use foulee_sim::{Command, LinkEnd, Via};

use crate::client::{
    adapter, characteristic, collect, connect_only, device, find, next, on_private_bus, scan, sent, start,
};

const ALL: &str = "
    [[wearable]]
    kind = 'strap'
    count = 2
    [[wearable]]
    kind = 'infinitime'
    [[wearable]]
    kind = 'foot_pod'
    [[wearable]]
    kind = 'band'
    [[wearable]]
    kind = 'ring'
";

#[test]
fn a_scan_finds_all_wearables_of_a_plan() {
    on_private_bus("streams::a_scan_finds_all_wearables_of_a_plan", async |bus| {
        let bluetooth = start(bus, ALL);
        let adapter = adapter().await;
        // InfiniTime does not advertise its motion service.
        adapter.start_scan(ScanFilter { services: vec![INFINITIME_MOTION_SERVICE] }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(adapter.peripherals().await.unwrap().is_empty());
        adapter.stop_scan().await.unwrap();
        adapter.start_scan(ScanFilter { services: vec![HEART_RATE_SERVICE] }).await.unwrap();
        let found = find(&adapter, 3).await;
        for peripheral in found.values() {
            assert!(peripheral.read_rssi().await.unwrap() < 0);
        }
        adapter.stop_scan().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        for peripheral in found.values() {
            assert!(peripheral.read_rssi().await.is_err(), "no longer known once the scan has stopped");
        }
        let all = scan(&adapter, 6).await;
        let report = bluetooth.stop().unwrap();
        assert!(report.devices.iter().all(|device| all.contains_key(&device.address)));
    });
}

#[test]
fn a_strap_streams_and_every_value_is_in_the_ledger() {
    on_private_bus("streams::a_strap_streams_and_every_value_is_in_the_ledger", async |bus| {
        let bluetooth = start(bus, "[[wearable]]\nkind = 'strap'");
        let strap = connect_only(&adapter().await).await;
        assert_eq!(strap.mtu(), 517);
        let serial = strap.read(&characteristic(&strap, SERIAL_NUMBER)).await.unwrap();
        assert_eq!(serial, b"S000001");
        let mut notifications = strap.notifications().await.unwrap();

        let battery = strap.read(&characteristic(&strap, BATTERY_LEVEL)).await.unwrap();
        assert_eq!(
            next(&mut notifications, BATTERY_LEVEL).await,
            battery,
            "a read comes as a notification too"
        );

        strap.subscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        let got = collect(&mut notifications, Duration::from_secs(4)).await;
        strap.unsubscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        assert!(got.len() >= 3);
        let got: Vec<_> = got
            .iter()
            .map(|notification| HeartRateMeasurement::decode(&notification.value).unwrap())
            .collect();
        let report = bluetooth.stop().unwrap();
        let rates: Vec<_> = got.iter().map(|measurement| i64::from(measurement.bpm)).collect();
        assert_eq!(rates, sent(&report, "strap-1", "heart_rate"));
        let intervals: Vec<_> =
            got.iter().flat_map(|measurement| &measurement.rr_1024).map(|rr| i64::from(*rr)).collect();
        assert_eq!(intervals, sent(&report, "strap-1", "rr"));
        let mean = intervals.iter().sum::<i64>() as f64 / intervals.len() as f64 * 1000.0 / 1024.0;
        assert!((60_000.0 / mean - rates[0] as f64).abs() < 10.0, "intervals fit the rate");
        let read = report.ledger.iter().find(|entry| entry.via == Via::Read).unwrap();
        assert_eq!((read.kind, read.value), ("battery", i64::from(battery[0])));
    });
}

#[test]
fn a_lost_link_comes_back_and_its_subscription_goes_on() {
    on_private_bus("streams::a_lost_link_comes_back_and_its_subscription_goes_on", async |bus| {
        let bluetooth = start(bus, "[faults]\ndrop_every_s = 3\n[[wearable]]\nkind = 'strap'");
        let strap = connect_only(&adapter().await).await;
        let mut notifications = strap.notifications().await.unwrap();
        strap.subscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        let mut got = collect(&mut notifications, Duration::from_secs(5)).await;
        assert!(!strap.is_connected().await.unwrap());
        assert!(strap.read(&characteristic(&strap, BATTERY_LEVEL)).await.is_err());
        assert!(collect(&mut notifications, Duration::from_millis(1500)).await.is_empty());

        strap.connect().await.unwrap();
        got.extend(collect(&mut notifications, Duration::from_millis(1500)).await);
        // Again is as good as once, and doubles nothing.
        strap.discover_services().await.unwrap();
        strap.subscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        got.extend(collect(&mut notifications, Duration::from_millis(1500)).await);
        let report = bluetooth.stop().unwrap();
        let rates: Vec<_> = got.iter().map(|notification| i64::from(notification.value[1])).collect();
        assert_eq!(rates, sent(&report, "strap-1", "heart_rate"));
        let links = &device(&report, "strap-1").links;
        assert_eq!((links.len(), links[0].end), (2, Some(LinkEnd::Drop)));
        assert!(links[0].down_ms.unwrap() - links[0].up_ms >= 3000);
        let linked = |at_ms| {
            links.iter().any(|link| link.up_ms <= at_ms && link.down_ms.is_none_or(|down| at_ms <= down))
        };
        assert!(report.ledger.iter().all(|entry| linked(entry.t_ms)));
    });
}

#[test]
fn a_watch_counts_alone_tells_changes_only_and_takes_the_time() {
    on_private_bus("streams::a_watch_counts_alone_tells_changes_only_and_takes_the_time", async |bus| {
        let plan =
            "walking = true\n[[wearable]]\nkind = 'infinitime'\n[wearable.faults]\nclock_offset_ms = 90000";
        let bluetooth = start(bus, plan);
        let watch = connect_only(&adapter().await).await;
        let mut notifications = watch.notifications().await.unwrap();
        for uuid in [INFINITIME_STEPS, HEART_RATE_MEASUREMENT] {
            watch.subscribe(&characteristic(&watch, uuid)).await.unwrap();
        }
        collect(&mut notifications, Duration::from_millis(2500)).await;
        bluetooth.command(Command::Drop { device: Some("infinitime-1".to_owned()) }).unwrap();
        collect(&mut notifications, Duration::from_secs(2)).await;
        watch.connect().await.unwrap();
        let last = next(&mut notifications, INFINITIME_STEPS).await;
        let report = bluetooth.report().unwrap();
        let today = device(&report, "infinitime-1").days[0];
        let counted = u64::from(StepCount::decode(&last).unwrap().steps);
        assert!(
            today.steps_until_now - counted <= 2,
            "steps without a link are counted: {counted} of {today:?}"
        );
        assert!(counted >= today.steps_in_run.saturating_sub(2));
        for kind in ["step_counter", "heart_rate"] {
            let values = sent(&report, "infinitime-1", kind);
            assert!(values.windows(2).all(|pair| pair[0] != pair[1]), "{kind}: {values:?}");
        }

        let ahead = device(&report, "infinitime-1").clock_ahead_ms;
        assert_eq!(ahead, 90_000);
        let read = watch.read(&characteristic(&watch, CURRENT_TIME)).await.unwrap();
        let shown = CurrentTime::decode(&read).unwrap().to_unix_ms(0) - 90_000;
        let right = CurrentTime::from_unix_ms(shown, 0, AdjustReason::default()).unwrap();
        watch
            .write(&characteristic(&watch, CURRENT_TIME), &right.encode(), WriteType::WithResponse)
            .await
            .unwrap();
        let report = bluetooth.stop().unwrap();
        assert!(device(&report, "infinitime-1").clock_ahead_ms.abs() < 500);
    });
}
