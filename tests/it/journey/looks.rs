//! `foulee doctor FILE`: what a file holds, before anything is written and before there is anybody.

use crate::foulee::Folder;
use crate::people;

const STEPS: &str =
    "time,steps\n2026-04-10T10:00:00+02:00,30\n2026-04-10T10:01:00+02:00,40\n2026-04-10T10:02:00+02:00,-5\n";

#[test]
fn a_file_is_looked_at_for_nobody_and_for_somebody_and_nothing_is_written() {
    let folder = Folder::new();
    let file = folder.write("steps.csv", STEPS);
    let file = file.to_str().expect("a path");
    let empty = folder.say("store digest").ok();

    let told = folder.say(&format!("doctor {file}"));
    println!("{}", told.stdout);
    assert_eq!(told.code, 3, "one reading would be refused: {}", told.stderr);
    for words in
        ["2 readings (2 new), 1 refused", "steps epoch of watch", "2026-04-10 08:00Z", "nothing was written"]
    {
        assert!(told.stdout.contains(words), "{words}");
    }
    assert!(!told.stdout.contains("participant"), "it is nobody's: {}", told.stdout);
    assert_eq!(folder.say("store digest").ok(), empty);

    let id = people::id(1);
    people::add(&folder, &id, "one", "looks", "Europe/Paris");
    folder.say(&format!("import --participant {id} {file}"));
    let known = folder.say(&format!("doctor {file} --participant {id} --json")).stdout;
    let known: serde_json::Value = serde_json::from_str(&known).expect("JSON");
    assert_eq!((&known["new"], &known["duplicate"]), (&0.into(), &2.into()));

    // A file of many people needs no study to be looked at.
    let many = folder.write("many.csv", "Id,ActivityDay,StepTotal\n1,4/12/2016,100\n2,4/12/2016,200\n");
    let told = folder.say(&format!("doctor {} --time-zone UTC", many.to_str().expect("a path"))).ok();
    assert!(told.contains("2 readings (2 new)"), "{told}");
}
