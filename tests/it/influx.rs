//! InfluxDB as the store: the same readings, days and measures as on the embedded default, and more durable than InfluxDB
//! itself.
//!
//! Against a real influxd 1.6.7, the same behind a gateway that speaks the 2.x API, and a real 2.x where
//! `FOULEE_TEST_INFLUX_URL`, `_ORG`, `_BUCKET` and `_TOKEN` name one. Without influxd they say that they are left out, or
//! fail where `FOULEE_TEST_REQUIRE_INFLUX=1`. `FOULEE_TEST_SCALE=full` takes 100 rounds of trouble and 10 million readings,
//! otherwise it is 10 rounds and 300,000.

#[path = "crash/chance.rs"]
#[expect(dead_code, reason = "shared with the crash tests")]
mod chance;
#[path = "support/data.rs"]
mod data;
#[path = "support/foulee.rs"]
mod foulee;
#[path = "support/people.rs"]
mod people;
#[path = "influx/place.rs"]
mod place;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "shared with the journey")]
mod served;
#[path = "fleet/service.rs"]
#[expect(dead_code, reason = "shared with the fleet's tests")]
mod service;

#[path = "influx/asides.rs"]
mod asides;
#[path = "influx/chaos.rs"]
mod chaos;
#[path = "influx/conformance.rs"]
mod conformance;
#[path = "influx/copies.rs"]
mod copies;
#[path = "influx/erasure.rs"]
mod erasure;
#[path = "influx/journey.rs"]
mod journey;
#[path = "influx/migrate.rs"]
mod migrate;
#[path = "influx/mistaken.rs"]
mod mistaken;
#[path = "influx/outage.rs"]
mod outage;
#[path = "influx/silence.rs"]
mod silence;
#[path = "influx/torn.rs"]
mod torn;

pub(crate) fn full() -> bool {
    std::env::var("FOULEE_TEST_SCALE").is_ok_and(|scale| scale == "full")
}
