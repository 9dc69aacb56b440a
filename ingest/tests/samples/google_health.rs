//! Files of Google Takeout, answers of the Google Health API and of Fitbit's.

use super::Sample;
use super::packed::gzipped;

pub(crate) const STEPS: &str = "[{\n  \"dateTime\" : \"02/25/23 13:17:00\",\n  \"value\" : \"0\"\n},{\n  \"dateTime\" : \"02/25/23 13:52:00\",\n  \
    \"value\" : \"5\"\n},{\n  \"dateTime\" : \"02/25/23 13:53:00\",\n  \"value\" : 61\n}]";
pub(crate) const BEATS: &str = "[{\n  \"dateTime\" : \"01/25/23 13:00:07\",\n  \"value\" : {\n    \"bpm\" : 54,\n    \"confidence\" : 2\n  }\n},\
    {\"dateTime\":\"01/25/23 13:00:22\",\"value\":{\"bpm\":0,\"confidence\":0}}]";
pub(crate) const STEPS_CSV: &str = "timestamp,steps,data source\n2026-10-01T06:14:03.552356Z,51,Phone Health Kit\n\
    2026-10-01T06:15:00Z,84,Google Fitbit Air\n2026-10-01T06:15:00Z,80,MobileTrack\n2026-10-01T06:16:00Z,9,Montre de Zoé\n";
pub(crate) const POINTS: &str = r#"{"dataPoints": [
  {"name": "users/me/dataTypes/steps/dataPoints/1",
   "dataSource": {"recordingMethod": "PASSIVELY_MEASURED", "platform": "FITBIT",
     "device": {"displayName": "Charge de Zoé", "manufacturer": "Fitbit", "formFactor": "FITNESS_BAND"}},
   "steps": {"interval": {"startTime": "2026-03-09T03:30:00Z", "startUtcOffset": "7200s", "endTime": "2026-03-09T03:31:00Z",
     "civilStartTime": {"date": {"year": 2026}}}, "count": "0"}},
  {"dataSource": {"platform": "HEALTH_KIT", "device": {"formFactor": "PHONE"}},
   "steps": {"interval": {"startTime": "2026-03-09T03:30:05.25Z", "endTime": "2026-03-09T03:39:00Z"}, "count": 125}},
  {"dataSource": {"recordingMethod": "MANUAL"},
   "steps": {"interval": {"startTime": "2026-03-09T05:30:00Z", "endTime": "2026-03-09T06:30:00Z"}, "count": "4000"}},
  {"dataSource": {"platform": "FITBIT", "device": {"displayName": "Charge de Zoé", "manufacturer": "Fitbit", "formFactor": "FITNESS_BAND"}},
   "heartRate": {"sampleTime": {"physicalTime": "2026-03-09T03:30:07Z", "utcOffset": "-12600s"}, "beatsPerMinute": "72"}},
  {"name": "users/me/dataTypes/sleep/dataPoints/2", "sleep": {"type": "STAGES"}}
 ], "nextPageToken": "x"}"#;

/// A day of Fitbit's Web API, its minutes from `00:00`.
pub(crate) fn day(date: &str, minutes: &[&str]) -> String {
    let entry = |(at, value): (usize, &&str)| {
        format!("{{\"time\":\"{:02}:{:02}:00\",\"value\":{value}}}", at / 60, at % 60)
    };
    let dataset: Vec<String> = minutes.iter().enumerate().map(entry).collect();
    format!(
        "{{\"activities-steps\":[{{\"dateTime\":\"{date}\",\"value\":\"16053\"}}],\"activities-steps-intraday\":{{\"dataset\":[{}],\
         \"datasetInterval\":1,\"datasetType\":\"minute\"}}}}",
        dataset.join(",")
    )
}

pub(crate) fn samples() -> Vec<Sample> {
    let sample = |name, text: &str| Sample::new("google_health", name, text);
    vec![
        sample("steps-2023-02-26.json", STEPS),
        sample("heart_rate-2023-01-26.json", BEATS),
        sample("steps_2026-10-01.csv", STEPS_CSV),
        sample("points.json", POINTS),
        sample("day.json", &day("2023-02-27", &["0", "7", "\"8\"", "9"])),
        Sample::new("google_health", "steps-2023-03-26.json", gzipped(STEPS.as_bytes())),
    ]
}
