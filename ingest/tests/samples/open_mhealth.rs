//! Open mHealth's data points.

use super::Sample;

pub(crate) fn header(schema: &str, source: &str, more: &str) -> String {
    let (name, version) = schema.split_once(':').expect("name:version");
    let namespace = if name == "physical-activity" { "ieee" } else { "omh" };
    format!(
        "{{\"id\":\"0bc679ad\",\"creation_date_time\":\"2020-05-30T02:48:07.649124Z\",\"schema_id\":{{\"namespace\":\"{namespace}\",\
         \"name\":\"{name}\",\"version\":\"{version}\"}},\"acquisition_provenance\":{{\"source_name\":\"{source}\",\
         \"source_creation_date_time\":\"2020-05-30T02:48:07Z\"{more}}},\"user_id\":\"u1\"}}"
    )
}

pub(crate) fn point(schema: &str, body: &str) -> String {
    format!("{{\"header\":{},\"body\":{body}}}", header(schema, "Fitbit", ""))
}

pub(crate) fn interval(start: &str, rest: &str) -> String {
    format!("\"effective_time_frame\":{{\"time_interval\":{{\"start_date_time\":\"{start}\",{rest}}}}}")
}

pub(crate) fn steps(value: &str, minute: u32) -> String {
    let frame = interval(
        &format!("2016-02-05T06:{minute:02}:00+01:00"),
        &format!("\"end_date_time\":\"2016-02-05T06:{:02}:00+01:00\"", minute + 1),
    );
    point("step-count:3.0", &format!("{{\"step_count\":{{\"value\":{value},\"unit\":\"steps\"}},{frame}}}"))
}

pub(crate) fn beats(body: &str) -> String {
    point("heart-rate:2.0", &format!("{{\"heart_rate\":{{\"value\":50,\"unit\":\"beats/min\"}},{body}}}"))
}

pub(crate) fn samples() -> Vec<Sample> {
    let instant = "\"effective_time_frame\":{\"date_time\":\"2013-02-05T07:25:00.123Z\"}";
    let points = [steps("1", 1), steps("\"2\"", 2), beats(instant)];
    let sample = |name, text: String| Sample::new("open_mhealth", name, text);
    vec![
        sample("list.json", format!("[{}]", points.join(","))),
        sample("lines.json", points.join("\n")),
        sample(
            "shim.json",
            format!("{{\"shim\":\"fitbit\",\"timeStamp\":1,\"body\":[{}]}}", points.join(",\n")),
        ),
    ]
}
