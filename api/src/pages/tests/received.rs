//! What has come: every cause in words, in both languages; nothing that was not expected is drawn.

use chrono::NaiveDate;

use crate::pages::model::*;
use crate::pages::{Lang, render_received};

fn page() -> ReceivedPage {
    let date = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
    let each = ReceivedMinutes {
        received: 600,
        received_not_worn: 0,
        not_worn: 101,
        not_synced: 102,
        battery: 103,
        link: 104,
        permission: 105,
        lost: 106,
        silent: 107,
        unknown: 112,
    };
    let one = |minutes: ReceivedMinutes| Some(minutes);
    let hours = vec![
        None,
        one(ReceivedMinutes { received: 60, ..ReceivedMinutes::default() }),
        one(ReceivedMinutes { not_worn: 60, ..ReceivedMinutes::default() }),
        one(ReceivedMinutes { not_synced: 60, ..ReceivedMinutes::default() }),
        one(ReceivedMinutes { battery: 60, ..ReceivedMinutes::default() }),
        one(ReceivedMinutes { unknown: 60, ..ReceivedMinutes::default() }),
    ];
    let day = ReceivedDay {
        date,
        minutes: each,
        hours,
        arrived: date.and_hms_opt(21, 5, 0),
        clock_elsewhere: true,
        total: Some(DifferingTotal { total: 13_952, minutes: Some(0), explained: false, zeros: true }),
    };
    ReceivedPage {
        frame: Frame::default(),
        participant: "P-7F3A".to_owned(),
        person: Href::new("/p/P-7F3A").unwrap(),
        as_of: None,
        sources: vec![ReceivedSource { kind: DeviceKind::Watch, name: "<fit>".to_owned(), days: vec![day] }],
        earlier: None,
        later: None,
        other_view: None,
    }
}

#[test]
fn every_cause_is_in_words_and_every_mark_in_the_legend() {
    for (lang, words) in [
        (
            Lang::Fr,
            [
                "Pas porté",
                "Pas encore synchronisé",
                "Batterie vide",
                "Liaison perdue",
                "Autorisation refusée",
                "Recueilli puis perdu",
                "comme le fait cette application",
                "Raison inconnue",
                "un autre fuseau",
                "on ne les croit pas",
            ],
        ),
        (
            Lang::En,
            [
                "Not worn",
                "Not synced yet",
                "Battery empty",
                "Link lost",
                "Permission withheld",
                "Collected and lost",
                "as this app does",
                "Reason unknown",
                "another zone",
                "not believed",
            ],
        ),
    ] {
        let html = render_received(&page(), lang).unwrap();
        for word in words {
            assert!(html.contains(word), "{word}");
        }
        assert!(!html.contains("<fit>"), "a device's name is escaped");
        // One cell for each hour of which something was expected, and a swatch for each mark.
        for mark in ["mark-solid", "mark-outline", "mark-hatch", "mark-partial", "mark-dotted"] {
            assert_eq!(html.matches(mark).count(), 2, "{mark}");
        }
    }
}

#[test]
fn without_remarks_there_is_no_column_of_them() {
    let mut page = page();
    page.sources[0].days[0].clock_elsewhere = false;
    page.sources[0].days[0].total = None;
    assert!(!render_received(&page, Lang::En).unwrap().contains("Remarks"));
    page.sources.clear();
    assert!(render_received(&page, Lang::En).unwrap().contains("no device was known"));
}
