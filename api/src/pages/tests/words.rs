//! What the pages say: adherence never bare, unknown never 0, every status and outcome in both languages.

use super::fixtures::{
    ERRORS, bounded, date, empty, estimable, failure, index, insufficient, long_day, people, phone_only,
    stopped, today, unknown_day,
};
use crate::pages::model::*;
use crate::pages::{Lang, PagesError, render, render_error, render_index, render_today};

/// What a reader reads: tags out, entities back, every space an ordinary one.
fn words(html: &str) -> String {
    let text: String = html.split('<').map(|p| p.split_once('>').map_or(p, |(_, text)| text)).collect();
    let text = text.replace("&#39;", "'").replace("&#38;", "&").replace("&amp;", "&");
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

fn said(page: &PersonPage, lang: Lang) -> String {
    words(&render(page, lang).unwrap())
}

#[test]
fn the_notice_and_the_language_are_on_every_page() {
    for (lang, notice, stamp) in [
        (Lang::Fr, "Logiciel de recherche, pas un dispositif médical", "Personnes simulées"),
        (Lang::En, "Research software, not a medical device", "Simulated people"),
    ] {
        let mut pages: Vec<String> = people().iter().map(|(_, page)| render(page, lang).unwrap()).collect();
        pages.push(render_index(&index(), lang).unwrap());
        pages.extend(ERRORS.map(|kind| render_error(&failure(kind), lang).unwrap()));
        for html in pages {
            assert!(html.contains(notice));
            assert!(html.contains(&format!("<html lang=\"{}\">", lang.code())));
        }
        assert!(said(&estimable(), lang).contains(stamp));
        assert!(!said(&empty(), lang).contains(stamp));
    }
}

#[test]
fn an_estimate_comes_with_its_interval_bounds_and_completeness() {
    let fr = said(&estimable(), Lang::Fr);
    for sentence in [
        "sur environ 62 % des jours prescrits",
        "entre 48 % et 77 % (intervalle à 90 %)",
        "Si aucun des jours inconnus n’était atteint : 40 % ; s’ils l’étaient tous : 85 %.",
        "71 % des minutes des jours prescrits sont connues.",
        "65 % des jours prescrits ont été mesurés",
        "20 jours prescrits : 8 atteints, 3 en dessous, 9 pas assez connus.",
        "environ 56 % (entre 44 % et 71 %)",
        "d’après 4 jours sur 6",
        "Votre quota : 5 400 pas par jour, 5 jours par semaine.",
        "Semaine du lundi 9 mars 2026",
        "samedi 14 mars 2026 à 21 h 40, reçue le dimanche 15 mars 2026 à 6 h 02",
    ] {
        assert!(fr.contains(sentence), "{sentence}");
    }
    let en = said(&estimable(), Lang::En);
    for sentence in [
        "about 62%",
        "between 48% and 77% (90% interval)",
        "from 4 of 6 days",
        "5,400 steps",
        "Week of Monday 9 March 2026",
    ] {
        assert!(en.contains(sentence), "{sentence}");
    }
}

#[test]
fn too_few_days_give_an_interval_a_reason_and_no_estimate() {
    let fr = said(&insufficient(), Lang::Fr);
    assert!(fr.contains("entre 21 % et 93 % des jours (intervalle à 90 %)"));
    assert!(
        fr.contains("Merci pour les jours") && fr.contains("trop peu nombreux") && fr.contains("aiderait")
    );
    assert!(!fr.contains("61 %") && !fr.contains("56 %"), "an estimate or its sensitivity is shown");
    let en = said(&insufficient(), Lang::En);
    assert!(en.contains("between 21% and 93%") && en.contains("too few") && !en.contains("61%"));
}

#[test]
fn no_valid_day_gives_bounds_a_reason_and_nothing_more() {
    for (page, lang, why, help) in [
        (bounded(), Lang::Fr, "Aucun jour n’a été mesuré assez longtemps", "porter le capteur"),
        (bounded(), Lang::En, "No day was measured long enough", "wearing the sensor"),
        (phone_only(), Lang::Fr, "Ce n’est pas de votre fait", "garder le téléphone"),
        (phone_only(), Lang::En, "not of your doing", "keeping the phone"),
    ] {
        let text = said(&page, lang);
        assert!(text.contains(why) && text.contains(help), "{why}");
        let bounds =
            if lang == Lang::Fr { "30 % ; s’ils l’étaient tous : 100 %" } else { "30%; if all" };
        assert!(text.contains(bounds), "{bounds}");
        assert!(!text.contains("90 %") && !text.contains("90%"), "an interval is shown");
    }
}

#[test]
fn a_bare_number_is_refused() {
    let mut page = estimable();
    page.adherence.as_mut().unwrap().interval = None;
    assert!(matches!(render(&page, Lang::Fr), Err(PagesError::BareNumber { .. })));
    let mut page = estimable();
    page.adherence.as_mut().unwrap().bounds = Interval { lo: 0.8, hi: 0.2 };
    assert!(matches!(render(&page, Lang::Fr), Err(PagesError::Reversed { .. })));
    page.adherence.as_mut().unwrap().bounds = Interval { lo: 0.8, hi: 1.2 };
    assert!(matches!(render(&page, Lang::Fr), Err(PagesError::Share { .. })));
    let mut page = estimable();
    page.this_week.as_mut().unwrap().done = CountRange { lo: 3, hi: 2 };
    assert!(matches!(render(&page, Lang::Fr), Err(PagesError::Reversed { .. })));
}

/// The cells of the table row that begins with `head`.
fn row<'a>(html: &'a str, head: &str) -> Vec<&'a str> {
    let (_, rest) = html.split_once(&format!("<th scope=\"row\">{head}</th>")).unwrap();
    let cells = rest.split("</tr>").next().unwrap();
    cells.split("<td>").skip(1).map(|cell| cell.split('<').next().unwrap()).collect()
}

#[test]
fn unknown_is_never_printed_as_zero() {
    for (lang, thursday, unknown, none) in [
        (Lang::Fr, "jeu. 12 mars", "inconnu", "aucune mesure"),
        (Lang::En, "Thu 12 Mar", "unknown", "no reading"),
    ] {
        let html = render(&estimable(), lang).unwrap();
        let cells = row(&html, thursday);
        assert_eq!((cells[0], cells[3]), (unknown, none));
        let night = if lang == Lang::Fr { "3\u{a0}h" } else { "03:00" };
        assert_eq!(&row(&html, night)[..2], [unknown, unknown]);

        let html = render(&unknown_day(), lang).unwrap();
        assert!(!html.contains("steps-plot-title"), "a day without a reading is drawn");
        let blank = DayRow {
            date: date(2026, 3, 15),
            steps: None,
            wear_minutes: Some(0),
            mvpa_minutes: None,
            peak30_cadence: None,
            resting_heart_rate_bpm: None,
            outcome: Some(DayOutcome::Censored),
            valid: false,
            href: None,
        };
        let page = PersonPage { days: vec![blank], ..empty() };
        let html = render(&page, lang).unwrap();
        let head = if lang == Lang::Fr { "dim. 15 mars" } else { "Sun 15 Mar" };
        let cells = row(&html, head);
        assert!(cells.iter().all(|cell| !cell.contains('0')), "{cells:?}");
    }
}

#[test]
fn a_known_zero_is_zero_and_a_lower_bound_says_so() {
    let mut page = estimable();
    for cell in &mut page.day.as_mut().unwrap().minutes {
        *cell = MinuteCell { state: MinuteState::Still, steps: Some(0), heart_rate_bpm: None };
    }
    let html = render(&page, Lang::En).unwrap();
    assert_eq!(&row(&html, "03:00")[..2], ["0", "unknown"]);
    assert!(words(&html).contains("Total: 0 steps."));
    assert_eq!(row(&html, "Wed 11 Mar")[0], "≥\u{a0}2,310");
}

#[test]
fn a_day_of_25_hours_shows_each_of_its_hours_and_what_is_to_come() {
    let fr = said(&long_day(), Lang::Fr);
    assert!(fr.contains("Changement d’heure : cette journée compte 25 h."));
    assert!(fr.contains("2 h (deuxième fois)"));
    assert!(fr.contains("La journée n’est pas finie : 6 h à venir."));
    let html = render(&long_day(), Lang::En).unwrap();
    assert_eq!(row(&html, "02:00 (second time)").len(), 3);
    assert!(!html.contains("<th scope=\"row\">19:00</th>"), "an hour to come is in the table");
}

#[test]
fn every_outcome_has_its_word() {
    for (lang, day_words, week_words) in [
        (
            Lang::Fr,
            ["atteint", "en dessous", "connu en partie", "jour libre", "à venir"],
            [
                "Le quota de la semaine est atteint",
                "Chaque jour de mouvement compte",
                "ne compte pas contre vous",
                "en cours",
            ],
        ),
        (
            Lang::En,
            ["attained", "below", "partly known", "free day", "to come"],
            ["quota is reached", "Every day of movement counts", "does not count against you", "under way"],
        ),
    ] {
        let text = said(&estimable(), lang);
        for word in day_words {
            assert!(text.contains(word), "{word}");
        }
        let outcomes =
            [WeekOutcome::Attained, WeekOutcome::Missed, WeekOutcome::Undetermined, WeekOutcome::InProgress];
        for (outcome, sentence) in outcomes.into_iter().zip(week_words) {
            let mut page = estimable();
            page.this_week.as_mut().unwrap().outcome = outcome;
            assert!(said(&page, lang).contains(sentence), "{sentence}");
        }
    }
}

#[test]
fn every_quota_kind_has_its_unit() {
    for (kind, fr, en) in [
        (QuotaKind::Steps, "2 pas", "2 steps"),
        (QuotaKind::WalkMinutes, "2 minutes de marche", "2 minutes of walking"),
        (QuotaKind::Relaxation, "2 minutes de relaxation", "2 minutes of relaxation"),
        (QuotaKind::Stretching, "2 minutes d’étirements", "2 minutes of stretching"),
        (QuotaKind::Strengthening, "2 minutes de renforcement", "2 minutes of strengthening"),
        (QuotaKind::Workshop, "2 ateliers", "2 workshops"),
    ] {
        let mut page = estimable();
        page.this_week.as_mut().unwrap().quota = Some(Quota { kind, target: 2, per_week: 1 });
        assert!(said(&page, Lang::Fr).contains(&format!("Votre quota : {fr} par jour, 1 jour par semaine.")));
        assert!(said(&page, Lang::En).contains(&format!("Your quota: {en} a day, 1 day a week.")));
    }
    let mut page = estimable();
    page.this_week.as_mut().unwrap().quota = None;
    assert!(said(&page, Lang::Fr).contains("Aucun quota cette semaine"));
}

#[test]
fn the_list_says_what_may_be_said_of_each() {
    let fr = words(&render_index(&index(), Lang::Fr).unwrap());
    for sentence in [
        "Quota atteint sur environ 62 % des jours prescrits, sans doute entre 48 % et 77 % (intervalle à 90 %)",
        "Trop peu de jours mesurés assez longtemps pour une estimation ; sans doute entre 21 % et 93 %",
        "pas d’estimation ; entre 30 % et 100 % des jours prescrits, quels qu’aient été les jours inconnus",
        "pas de programme",
        "Complétude (minutes connues)",
        "71 %",
        "inconnu",
    ] {
        assert!(fr.contains(sentence), "{sentence}");
    }
    // Completeness is of minutes: that of the days measured long enough is another share.
    assert!(!fr.contains("65 %"));
    let en = words(&render_index(&index(), Lang::En).unwrap());
    for sentence in [
        "Quota reached on about 62% of the prescribed days, likely between 48% and 77% (90% interval)",
        "Too few days measured long enough for an estimate; likely between 21% and 93% (90% interval)",
        "no estimate; between 30% and 100% of the prescribed days",
        "no programme",
    ] {
        assert!(en.contains(sentence), "{sentence}");
    }
}

#[test]
fn the_list_shows_no_bare_number() {
    let mut page = index();
    page.rows[0].adherence.as_mut().unwrap().interval = None;
    assert!(matches!(render_index(&page, Lang::En), Err(PagesError::BareNumber { .. })));
    let mut page = index();
    page.rows[0].adherence.as_mut().unwrap().days = DayCounts::default();
    assert!(words(&render_index(&page, Lang::En).unwrap()).contains("No prescribed day in these weeks"));
}

#[test]
fn an_empty_list_says_so() {
    let en = words(&render_index(&IndexPage::default(), Lang::En).unwrap());
    assert!(en.contains("No participant so far"));
}

#[test]
fn a_stop_withholds_target_progress_and_praise_and_says_what_to_do() {
    for (stop, fr, en) in [
        (Stopped::Urgent, "Appelez le 15 ou le 112", "Call 15 or 112"),
        (Stopped::Review, "Contactez votre médecin", "Contact your doctor"),
    ] {
        let mut page = estimable();
        page.frame = stopped(stop);
        page.withheld = true;
        let week = page.this_week.as_mut().unwrap();
        week.quota = None;
        week.days.iter_mut().for_each(|day| day.quota = None);
        for (lang, text, praise) in [(Lang::Fr, fr, "Bravo"), (Lang::En, en, "Well done")] {
            let said = said(&page, lang);
            assert!(said.contains(text), "{stop:?} {lang:?}");
            assert!(!said.contains(praise) && !said.contains("90\u{a0}%") && !said.contains("90%"), "{said}");
        }
    }
    let urgent = today().into_iter().find(|(name, _)| *name == "today_urgent").unwrap().1;
    let told = words(&render_today(&urgent, Lang::Fr).unwrap());
    assert!(told.contains("L’objectif n’est pas montré") && !told.contains("Un jour libre"), "{told}");
}
