//! Apple Health's documents.

use super::Sample;
use super::packed::zipped;

pub(crate) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [\n<!-- HealthKit Export Version: 12 -->\n\
    <!ELEMENT HealthData (ExportDate,Me,(Record|Workout|ActivitySummary)*)>\n<!ATTLIST Record type CDATA #REQUIRED>\n]>\n\
    <HealthData locale=\"fr_FR\">\n <ExportDate value=\"2023-02-21 10:00:00 +0100\"/>\n <Me HKCharacteristicTypeIdentifierDateOfBirth=\"\"/>\n";

pub(crate) const WATCH: &str = "device=\"&lt;&lt;HKDevice: 0x2829e8460&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, \
    hardware:Watch6,1, software:9.1&gt;\"";

pub(crate) fn export(records: &str) -> String {
    format!("{HEAD}{records}\n</HealthData>\n")
}

pub(crate) fn step(source: &str, device: &str, start: &str, end: &str, value: &str) -> String {
    format!(
        " <Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"{source}\" sourceVersion=\"9.1\" {device} \
         unit=\"count\" creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\" value=\"{value}\"/>\n"
    )
}

/// A few records of a Watch and of a phone, one typed in, and what is not kept beside them.
pub(crate) fn document() -> String {
    let (first, last) = ("2023-02-20 07:12:31 +0100", "2023-02-20 07:14:01 +0100");
    let heart = step("Montre de Zoé", WATCH, first, first, "72.4").replace("StepCount", "HeartRate");
    let zoned =
        heart.replace("/>", ">\n  <MetadataEntry key=\"HKTimeZone\" value=\"Asia/Kolkata\"/>\n </Record>");
    let typed = step("Santé", "", first, last, "4000")
        .replace("/>", "><MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/></Record>");
    let beside = " <Workout workoutActivityType=\"HKWorkoutActivityTypeWalking\" duration=\"30\">\n  <WorkoutEvent type=\"x\"/>\n \
        </Workout>\n <ActivitySummary dateComponents=\"2023-02-20\"/>\n";
    let steps = step("Montre de Zoé", WATCH, first, last, "112") + &step("iPhone", "", first, last, "350");
    export(&(steps + &zoned + &typed + beside))
}

/// The archive that a document comes in.
pub(crate) fn archive(document: &[u8]) -> Vec<u8> {
    zipped(&[
        ("apple_health_export/export.xml", document),
        ("apple_health_export/export_cda.xml", b"<?xml version=\"1.0\"?><ClinicalDocument/>"),
        ("apple_health_export/workout-routes/route.gpx", b"<?xml version=\"1.0\"?><gpx/>"),
    ])
}

pub(crate) fn samples() -> Vec<Sample> {
    let document = document();
    vec![
        Sample::new("apple_zip", "export.zip", archive(document.as_bytes())),
        Sample::new("apple_xml", "export.xml", document),
    ]
}
