//! Fifty wearables at once.

use std::collections::BTreeMap;
use std::time::Duration;

use btleplug::api::Peripheral as _;
use foulee_gatt::heart_rate::HeartRateMeasurement;
use foulee_gatt::uuids::HEART_RATE_MEASUREMENT;

use crate::client::{adapter, characteristic, collect, on_private_bus, scan, sent, start};

#[test]
fn fifty_straps_send_each_second_and_nothing_is_lost() {
    on_private_bus("load::fifty_straps_send_each_second_and_nothing_is_lost", async |bus| {
        let plan = "[radio]\nconnect_ms = 5\ndiscovery_ms = 5\n[[wearable]]\nkind = 'strap'\ncount = 50";
        let bluetooth = start(bus, plan);
        let found = scan(&adapter().await, 50).await;
        let mut tasks = tokio::task::JoinSet::new();
        for (address, strap) in found {
            strap.connect().await.unwrap();
            strap.discover_services().await.unwrap();
            let mut notifications = strap.notifications().await.unwrap();
            let measurement = characteristic(&strap, HEART_RATE_MEASUREMENT);
            strap.subscribe(&measurement).await.unwrap();
            tasks.spawn(async move {
                let mut got = collect(&mut notifications, Duration::from_secs(10)).await;
                strap.unsubscribe(&measurement).await.unwrap();
                // What was on its way.
                got.extend(collect(&mut notifications, Duration::from_millis(200)).await);
                let rates = got
                    .iter()
                    .map(|notification| HeartRateMeasurement::decode(&notification.value).unwrap().bpm);
                // The stream is kept: dropped while signals arrive, btleplug 0.13 loses some of other streams.
                (address, (rates.map(i64::from).collect::<Vec<_>>(), notifications))
            });
        }
        let got: BTreeMap<_, _> = tasks.join_all().await.into_iter().collect();
        let report = bluetooth.stop().unwrap();
        for device in &report.devices {
            let (rates, _) = &got[&device.address];
            assert_eq!(*rates, sent(&report, &device.device, "heart_rate"), "{}", device.device);
            assert!((9..=11).contains(&rates.len()), "{} sent {}", device.device, rates.len());
        }
    });
}
