//! Clock changes.

use foulee_contract::RejectCode;

use crate::memory::{lines, one_person, read, study};

#[test]
fn a_local_time_that_was_left_out_is_refused() {
    let text =
        "ActivityMinute,Steps\n3/27/2016 1:59:00 AM,1\n3/27/2016 2:00:00 AM,2\n3/27/2016 3:00:00 AM,3\n";
    let (summary, memory) = read("t.csv", text, &one_person("Europe/Paris"));
    let expected =
        ["steps epoch 2016-03-27T00:59:00Z +60s 1 @60", "steps epoch 2016-03-27T01:00:00Z +60s 3 @120"];
    assert_eq!(lines(&memory), expected);
    let rejection = &summary.files[0].rejections[0];
    assert_eq!((rejection.code, rejection.count), (RejectCode::TimeDoesNotExist, 1));
    assert_eq!(rejection.example, "line 3: 3/27/2016 2:00:00 AM,2");
}

#[test]
fn of_two_instants_the_earlier_is_meant_whatever_came_before() {
    let rows = ["2016-10-30 01:59,1", "2016-10-30 02:30,2", "2016-10-30 02:30,7", "2016-10-30 03:00,3"];
    let expected = [
        "steps epoch 2016-10-29T23:59:00Z +60s 1 @120",
        "steps epoch 2016-10-30T00:30:00Z +60s 2 @120",
        "steps epoch 2016-10-30T00:30:00Z +60s 7 @120",
        "steps epoch 2016-10-30T02:00:00Z +60s 3 @60",
    ];
    let backwards: Vec<&str> = rows.iter().rev().copied().collect();
    for rows in [rows.to_vec(), backwards] {
        let (_, memory) =
            read("t.csv", &format!("time,steps\n{}\n", rows.join("\n")), &one_person("Europe/Paris"));
        assert_eq!(lines(&memory), expected);
    }
}

#[test]
fn days_and_hours_have_their_true_bounds() {
    let text = "Id,ActivityDay,StepTotal\n7,3/27/2016,1\n7,10/30/2016,2\n";
    let (_, memory) = read("t.csv", text, &study("Europe/Paris"));
    let expected = [
        format!("steps total 2016-03-26T23:00:00Z +{}s 1 @60", 23 * 3600),
        format!("steps total 2016-10-29T22:00:00Z +{}s 2 @120", 25 * 3600),
    ];
    assert_eq!(lines(&memory), expected);
    let text = "Id,ActivityHour,StepTotal\n7,3/27/2016 1:00:00 AM,1\n7,3/27/2016 2:00:00 AM,0\n7,10/30/2016 2:00:00 AM,2\n";
    let (summary, memory) = read("t.csv", text, &study("Europe/Paris"));
    let expected =
        ["steps total 2016-03-27T00:00:00Z +3600s 1 @60", "steps total 2016-10-30T00:00:00Z +3600s 2 @120"];
    assert_eq!(lines(&memory), expected);
    assert_eq!(summary.rejected, 1);
}

#[test]
fn a_wide_hour_that_was_left_out_is_refused_minute_by_minute() {
    let names: Vec<String> = (0..60).map(|m| format!("Steps{m:02}")).collect();
    let hour = |h: u32| format!("7,3/27/2016 {h}:00,{}", vec!["1"; 60].join(","));
    let rows: Vec<String> = (0..24).map(hour).collect();
    let text = format!("Id,ActivityHour,{}\n{}\n", names.join(","), rows.join("\n"));
    let (summary, memory) = read("t.csv", &text, &study("Europe/Paris"));
    assert_eq!((summary.accepted, summary.rejected), (23 * 60, 60));
    assert_eq!(summary.files[0].rejections[0].code, RejectCode::TimeDoesNotExist);
    assert_eq!(memory.grids, 2, "one on either side of the change of offset");
}
