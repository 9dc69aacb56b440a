//! Faults by plan and by command.

use std::time::{Duration, Instant};

use btleplug::api::{Central as _, Peripheral as _};
use foulee_gatt::heart_rate::HeartRateMeasurement;
use foulee_gatt::uuids::{BATTERY_LEVEL, HEART_RATE_MEASUREMENT};
use foulee_sim::{Command, LinkEnd, SimError};

use crate::client::{
    adapter, characteristic, collect, connect_only, device, next, on_private_bus, scan, sent, start,
};

#[test]
fn a_silent_link_is_up_and_readable() {
    on_private_bus("faults::a_silent_link_is_up_and_readable", async |bus| {
        let bluetooth = start(bus, "[[wearable]]\nkind = 'strap'");
        let strap = connect_only(&adapter().await).await;
        let mut notifications = strap.notifications().await.unwrap();
        strap.subscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        next(&mut notifications, HEART_RATE_MEASUREMENT).await;
        bluetooth.command(Command::Silence { device: None, for_s: 2 }).unwrap();
        assert!(collect(&mut notifications, Duration::from_millis(1900)).await.is_empty());
        assert!(strap.is_connected().await.unwrap());
        strap.read(&characteristic(&strap, BATTERY_LEVEL)).await.unwrap();
        next(&mut notifications, HEART_RATE_MEASUREMENT).await;
        let unknown = Command::Drop { device: Some("strap-2".to_owned()) };
        assert!(matches!(bluetooth.command(unknown), Err(SimError::NoSuchDevice)));
    });
}

#[test]
fn malformed_values_are_not_counted_as_sent() {
    on_private_bus("faults::malformed_values_are_not_counted_as_sent", async |bus| {
        let bluetooth = start(bus, "[faults]\nmalformed = 0.5\n[[wearable]]\nkind = 'strap'");
        let strap = connect_only(&adapter().await).await;
        let mut notifications = strap.notifications().await.unwrap();
        strap.subscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        let got = collect(&mut notifications, Duration::from_secs(8)).await;
        strap.unsubscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        let decoded = got.iter().map(|notification| HeartRateMeasurement::decode(&notification.value));
        let (good, bad): (Vec<_>, Vec<_>) = decoded.partition(Result::is_ok);
        let report = bluetooth.stop().unwrap();
        assert_eq!(good.len(), sent(&report, "strap-1", "heart_rate").len());
        assert_eq!(bad.len(), sent(&report, "strap-1", "malformed").len());
        assert!(!good.is_empty() && !bad.is_empty());
    });
}

#[test]
fn a_failed_session_takes_the_services_of_an_unbonded_device_away() {
    on_private_bus("faults::a_failed_session_takes_the_services_of_an_unbonded_device_away", async |bus| {
        let bluetooth = start(bus, "[faults]\nconnect_fail = 0.6\n[[wearable]]\nkind = 'strap'");
        let (_, strap) = scan(&adapter().await, 1).await.pop_first().unwrap();
        let (mut connected, mut aborted, mut vanished) = (0, 0, 0);
        for _ in 0..40 {
            match strap.connect().await {
                Ok(()) => {
                    connected += 1;
                    strap.discover_services().await.unwrap();
                    strap.read(&characteristic(&strap, BATTERY_LEVEL)).await.unwrap();
                    strap.disconnect().await.unwrap();
                    // As long as nothing fails the objects stay.
                    strap.discover_services().await.unwrap();
                    assert_eq!(strap.services().len(), 4);
                }
                Err(error) => {
                    assert!(error.to_string().contains("le-connection-abort-by-local"), "{error}");
                    aborted += 1;
                    strap.discover_services().await.unwrap();
                    vanished += u32::from(connected > 0 && strap.services().is_empty());
                }
            }
        }
        assert!(connected > 5 && aborted > 10 && vanished > 5, "{connected} {aborted} {vanished}");
        let report = bluetooth.stop().unwrap();
        let links = &device(&report, "strap-1").links;
        let ended = |end| links.iter().filter(|link| link.end == Some(end)).count();
        assert_eq!(ended(LinkEnd::Host), connected);
        assert!(ended(LinkEnd::Failed) > 0);
    });
}

#[test]
fn what_is_out_of_range_is_waited_for_and_others_wait_behind_it() {
    on_private_bus("faults::what_is_out_of_range_is_waited_for_and_others_wait_behind_it", async |bus| {
        let plan = "[radio]\nconnect_timeout_s = 3\n[[wearable]]\nkind = 'strap'\ncount = 2";
        let bluetooth = start(bus, plan);
        let found = scan(&adapter().await, 2).await;
        let report = bluetooth.report().unwrap();
        let (one, two) = (&found[&report.devices[0].address], &found[&report.devices[1].address]);
        let started = Instant::now();
        bluetooth.command(Command::Away { device: Some("strap-1".to_owned()), for_s: 2 }).unwrap();
        let (first, second) = tokio::join!(one.connect(), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            two.connect().await
        });
        first.unwrap();
        second.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(2), "connections are made one at a time");
        bluetooth.command(Command::Away { device: Some("strap-1".to_owned()), for_s: 30 }).unwrap();
        let error = one.connect().await.unwrap_err().to_string();
        assert!(error.contains("le-connection-abort-by-local"), "{error}");
        assert!(two.is_connected().await.unwrap());
    });
}

#[test]
fn a_connection_may_be_refused_while_another_one_is_made() {
    on_private_bus("faults::a_connection_may_be_refused_while_another_one_is_made", async |bus| {
        let plan = "[radio]\nconnect_queue = 'in_progress'\n[[wearable]]\nkind = 'strap'\ncount = 2";
        let _bluetooth = start(bus, plan);
        let found: Vec<_> = scan(&adapter().await, 2).await.into_values().collect();
        let (one, two) = tokio::join!(found[0].connect(), found[1].connect());
        let error = one.err().or(two.err()).expect("one of them is refused").to_string();
        assert!(error.contains("already in progress"), "{error}");
    });
}

#[test]
fn the_daemon_comes_back_with_the_devices_that_it_knew() {
    on_private_bus("faults::the_daemon_comes_back_with_the_devices_that_it_knew", async |bus| {
        let bluetooth = start(bus, "[[wearable]]\nkind = 'strap'\ncount = 2");
        let adapter = adapter().await;
        let found = scan(&adapter, 2).await;
        let report = bluetooth.report().unwrap();
        let strap = &found[&report.devices[0].address];
        strap.connect().await.unwrap();
        strap.discover_services().await.unwrap();
        let mut notifications = strap.notifications().await.unwrap();
        strap.subscribe(&characteristic(strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        next(&mut notifications, HEART_RATE_MEASUREMENT).await;

        bluetooth.command(Command::DaemonRestart { for_s: 0.2 }).unwrap();
        let known = adapter.peripherals().await.unwrap();
        assert_eq!(known.len(), 1, "what it never connected to is forgotten");
        assert!(!strap.is_connected().await.unwrap());
        assert!(collect(&mut notifications, Duration::from_millis(1500)).await.is_empty());
        strap.connect().await.unwrap();
        strap.discover_services().await.unwrap();
        strap.subscribe(&characteristic(strap, HEART_RATE_MEASUREMENT)).await.unwrap();
        next(&mut notifications, HEART_RATE_MEASUREMENT).await;
        let report = bluetooth.stop().unwrap();
        assert_eq!(device(&report, "strap-1").links[0].end, Some(LinkEnd::Daemon));
    });
}

#[test]
fn subscriptions_end_with_who_made_them() {
    on_private_bus("faults::subscriptions_end_with_who_made_them", async |bus| {
        let bluetooth = start(bus, "[[wearable]]\nkind = 'strap'");
        // A client on a runtime of its own, which then goes away with its connection to the bus.
        let client = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let adapter = adapter().await;
                let strap = connect_only(&adapter).await;
                strap.subscribe(&characteristic(&strap, HEART_RATE_MEASUREMENT)).await.unwrap();
                adapter.start_scan(Default::default()).await.unwrap();
                tokio::time::sleep(Duration::from_secs(2)).await;
            });
        });
        client.join().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let before = sent(&bluetooth.report().unwrap(), "strap-1", "heart_rate").len();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let report = bluetooth.stop().unwrap();
        assert_eq!(sent(&report, "strap-1", "heart_rate").len(), before);
        assert_eq!(device(&report, "strap-1").links[0].end, None, "links stay until the end");
    });
}
