//! Every scale of every built-in instrument, worked by hand from its published rule: complete, with one item missing,
//! and with too many.

use foulee_analytics::questionnaire::{
    Answer, Answers, Enabled, NoScore, Questionnaire, ScoredForm, Status, score,
};
use proptest::prelude::*;

use super::{built_in, built_ins, questionnaire_of};

const PUBLISHED: Enabled = Enabled { recalled: false, ours: false };
const RECALLED: Enabled = Enabled { recalled: true, ours: false };
const OURS: Enabled = Enabled { recalled: false, ours: true };

/// An item that was left blank.
const NO: f64 = f64::NAN;

fn instrument(id: &str) -> Questionnaire {
    questionnaire_of(&built_in(id, 1).unwrap().unwrap()).unwrap()
}

/// A form that was handed in, its items in the form's order.
fn form(questionnaire: &Questionnaire, given: &[f64]) -> Answers {
    assert_eq!(given.len(), questionnaire.items().len());
    let answer = |value: f64| if value.is_nan() { Answer::Missing } else { Answer::Value(value) };
    let items = questionnaire.items().iter().zip(given);
    Answers {
        submitted: true,
        items: items.map(|(item, value)| (item.code.clone(), answer(*value))).collect(),
    }
}

fn scored(id: &str, given: &[f64], enabled: Enabled) -> ScoredForm {
    let questionnaire = instrument(id);
    let answers = form(&questionnaire, given);
    let found = score(&questionnaire, &answers, enabled);
    assert_eq!(found.refused, [], "{id}");
    found
}

/// The scores of each scale, in the definition's order, to a thousandth.
fn scores(id: &str, given: &[f64], enabled: Enabled) -> Vec<Option<f64>> {
    let rounded = |score: f64| (score * 1_000.0).round() / 1_000.0;
    scored(id, given, enabled).scales.iter().map(|scale| scale.score.map(rounded)).collect()
}

fn band(id: &str, given: &[f64], enabled: Enabled) -> Option<String> {
    scored(id, given, enabled).scales[0].band.clone()
}

/// The same answers but for some, by number from 1, that were left blank.
fn without(given: &[f64], blank: &[usize]) -> Vec<f64> {
    let kept = |(index, value): (usize, &f64)| if blank.contains(&(index + 1)) { NO } else { *value };
    given.iter().enumerate().map(kept).collect()
}

/// The same answers but for one, by number from 1.
fn with(given: &[f64], number: usize, answer: f64) -> Vec<f64> {
    let mut given = given.to_vec();
    given[number - 1] = answer;
    given
}

#[test]
fn fabq() {
    let given = [3.0, 4.0, 2.0, 6.0, 1.0, 5.0, 0.0, 3.0, 6.0, 2.0, 4.0, 1.0, 3.0, 2.0, 5.0, 0.0];
    // PA: 4 + 2 + 6 + 1 = 13. Work (6, 7, 9, 10, 11, 12, 15): 5 + 0 + 6 + 2 + 4 + 1 + 5 = 23.
    assert_eq!(scores("fabq", &given, PUBLISHED), [Some(13.0), Some(23.0)]);
    assert_eq!(scores("fabq", &[0.0; 16], PUBLISHED), [Some(0.0), Some(0.0)]);
    assert_eq!(scores("fabq", &[6.0; 16], PUBLISHED), [Some(24.0), Some(42.0)]);
    // Items 1, 8, 13, 14, 16 are in neither scale.
    let unscored = without(&given, &[1, 8, 13, 14, 16]);
    assert_eq!(scores("fabq", &unscored, PUBLISHED), [Some(13.0), Some(23.0)]);
    // Item 9 missing: nothing by what is published; by ours (5 + 0 + 2 + 4 + 1 + 5) x 7 / 6 = 17 x 7 / 6 = 19.833.
    let one = without(&given, &[9]);
    assert_eq!(scores("fabq", &one, PUBLISHED), [Some(13.0), None]);
    assert_eq!(scores("fabq", &one, OURS), [Some(13.0), Some(19.833)]);
    let work = &scored("fabq", &one, OURS).scales[1];
    assert_eq!((work.n_answered, work.n_items, work.prorated), (6, 7, true));
    assert_eq!((work.rule, work.missing, work.missing_status), ("sum", "prorate", Some(Status::Ours)));
    // Three of four are 75 %, five of seven 71 %: too few.
    assert_eq!(scores("fabq", &without(&given, &[3]), OURS), [None, Some(23.0)]);
    assert_eq!(scores("fabq", &without(&given, &[9, 15]), OURS), [Some(13.0), None]);
}

#[test]
fn bbq() {
    let given = [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 1.0, 4.0, 2.0, 3.0, 3.0, 2.0, 1.0, 5.0];
    // 1, 2, 3, 6, 8, 10, 12, 13, 14 reversed: 5 + 4 + 3 + 1 + 2 + 3 + 4 + 5 + 1 = 28. From memory, so off.
    assert_eq!(scores("bbq", &given, PUBLISHED), [None]);
    assert_eq!(scored("bbq", &given, OURS).scales[0].no_score, Some(NoScore::RuleOff));
    assert_eq!(scores("bbq", &given, RECALLED), [Some(28.0)]);
    assert_eq!(scores("bbq", &[1.0; 14], RECALLED), [Some(45.0)]);
    assert_eq!(scores("bbq", &[5.0; 14], RECALLED), [Some(9.0)]);
    // Item 8 (2 points) missing: 26 x 9 / 8 = 29.25. Items 4, 5, 7, 9, 11 do not count.
    assert_eq!(scores("bbq", &without(&given, &[8]), RECALLED), [None]);
    assert_eq!(scores("bbq", &without(&given, &[8]), Enabled::ALL), [Some(29.25)]);
    assert_eq!(scores("bbq", &without(&given, &[4, 5, 7, 9, 11]), RECALLED), [Some(28.0)]);
    // Seven of nine are 78 %.
    assert_eq!(scores("bbq", &without(&given, &[8, 14]), Enabled::ALL), [None]);
}

#[test]
fn rmdq() {
    let mut given = [0.0; 24];
    for number in [1, 5, 9, 13, 17, 21, 24] {
        given[number - 1] = 1.0;
    }
    // Seven ticks of 24; disability from 8.
    assert_eq!(scores("rmdq", &given, PUBLISHED), [Some(7.0)]);
    assert_eq!(band("rmdq", &given, PUBLISHED).as_deref(), Some("below"));
    let eight = with(&given, 2, 1.0);
    assert_eq!(scores("rmdq", &eight, PUBLISHED), [Some(8.0)]);
    assert_eq!(band("rmdq", &eight, PUBLISHED).as_deref(), Some("disabled"));
    assert_eq!(scores("rmdq", &[1.0; 24], PUBLISHED), [Some(24.0)]);
    // A statement that is not ticked is a no, one or all of them: on a form that was handed in.
    assert_eq!(scores("rmdq", &without(&given, &[2]), PUBLISHED), [Some(7.0)]);
    assert_eq!(scores("rmdq", &without(&given, &[1]), PUBLISHED), [Some(6.0)]);
    assert_eq!(scores("rmdq", &[NO; 24], PUBLISHED), [Some(0.0)]);
    let questionnaire = instrument("rmdq");
    let unsent = Answers { submitted: false, ..form(&questionnaire, &without(&given, &[2])) };
    let found = score(&questionnaire, &unsent, PUBLISHED);
    assert_eq!((found.scales[0].score, found.scales[0].no_score), (None, Some(NoScore::NotSubmitted)));
    // One declined is no blank: one is too many.
    let mut declined = form(&questionnaire, &given);
    declined.items[3].1 = Answer::Declined;
    let found = score(&questionnaire, &declined, PUBLISHED);
    assert_eq!((found.scales[0].score, found.scales[0].no_score), (None, Some(NoScore::TooFewAnswered)));
}

#[test]
fn odi() {
    let given = [1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 3.0, 4.0];
    // 25 of 50.
    assert_eq!(scores("odi-2-1a", &given, PUBLISHED), [Some(50.0)]);
    assert_eq!(scores("odi-2-1a", &[5.0; 10], PUBLISHED), [Some(100.0)]);
    // The rule's own example: 16 of 50 are 32 %, 16 of 45 are 35.6 %.
    let example = [4.0, 4.0, 4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(scores("odi-2-1a", &example, PUBLISHED), [Some(32.0)]);
    assert_eq!(scores("odi-2-1a", &without(&example, &[8]), PUBLISHED), [Some(35.556)]);
    // Without the eighth, 23 of 45; it is optional, so nothing is asked after.
    let one = scored("odi-2-1a", &without(&given, &[8]), PUBLISHED);
    assert_eq!(scores("odi-2-1a", &without(&given, &[8]), PUBLISHED), [Some(51.111)]);
    assert_eq!((one.scales[0].prorated, one.scales[0].missing, one.unanswered), (true, "drop", vec![]));
    assert_eq!(scores("odi-2-1a", &without(&given, &[1, 8]), Enabled::ALL), [None]);
    // 14 of 50 are 28 %, 15 are 30 %.
    let fourteen = with(&with(&example, 1, 2.0), 5, 0.0);
    assert_eq!(band("odi-2-1a", &fourteen, PUBLISHED).as_deref(), Some("below"));
    assert_eq!(band("odi-2-1a", &with(&fourteen, 5, 1.0), PUBLISHED).as_deref(), Some("disabled"));
    // Two ticks: the higher. 3 and 1 in the first section are 3: 27 of 50.
    let questionnaire = instrument("odi-2-1a");
    let mut twice = form(&questionnaire, &given);
    twice.items.push(("q1".into(), Answer::Value(3.0)));
    assert_eq!(score(&questionnaire, &twice, PUBLISHED).scales[0].score, Some(54.0));
}

#[test]
fn numeric_rating_scale() {
    assert_eq!(scores("nrs", &[7.0], PUBLISHED), [Some(7.0)]);
    assert_eq!(scores("nrs", &[NO], Enabled::ALL), [None]);
    let week = [2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 0.0];
    // 21 / 7 = 3, from where pain persists.
    assert_eq!(scores("nrs-7d", &week, PUBLISHED), [Some(3.0)]);
    assert_eq!(band("nrs-7d", &week, PUBLISHED).as_deref(), Some("persisting"));
    assert_eq!(band("nrs-7d", &with(&week, 1, 1.0), PUBLISHED).as_deref(), Some("below"));
    // The fifth day missing: 15 / 6 = 2.5, by ours only. Four days: (2 + 3 + 4 + 5) / 4 = 3.5. Three are too few.
    assert_eq!(scores("nrs-7d", &without(&week, &[5]), PUBLISHED), [None]);
    assert_eq!(scores("nrs-7d", &without(&week, &[5]), OURS), [Some(2.5)]);
    assert_eq!(scores("nrs-7d", &without(&week, &[5, 6, 7]), OURS), [Some(3.5)]);
    assert_eq!(scores("nrs-7d", &without(&week, &[4, 5, 6, 7]), OURS), [None]);
}

#[test]
fn start_back() {
    for (given, total, distress, group) in [
        // Three of the first four, and moderately bothered, which counts nothing: 3 in all.
        ([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0], 3.0, 0.0, "low"),
        // The first four, and very much bothered: 5 in all, 1 of distress.
        ([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 3.0], 5.0, 1.0, "medium"),
        // One of the first four and three of distress: 4 in all.
        ([1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0], 4.0, 3.0, "medium"),
        // Four of distress, with or without the ninth.
        ([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0], 4.0, 4.0, "high"),
        ([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 4.0], 4.0, 4.0, "high"),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0], 9.0, 5.0, "high"),
        ([0.0; 9], 0.0, 0.0, "low"),
    ] {
        assert_eq!(scores("start-back-9", &given, PUBLISHED), [Some(total), Some(distress)], "{given:?}");
        assert_eq!(band("start-back-9", &given, PUBLISHED).as_deref(), Some(group), "{given:?}");
        // No rule for missing items is published: one of the first four takes the total, one of distress both.
        assert_eq!(scores("start-back-9", &without(&given, &[2]), Enabled::ALL), [None, Some(distress)]);
        assert_eq!(scores("start-back-9", &without(&given, &[7]), Enabled::ALL), [None, None]);
        assert_eq!(band("start-back-9", &without(&given, &[2]), Enabled::ALL), None);
    }
}

#[test]
fn ompsq_short_form() {
    let given = [6.0, 7.0, 2.0, 5.0, 6.0, 4.0, 8.0, 3.0, 9.0, 1.0];
    // Items 3, 4, 8 count 10 less the answer: 6 + 7 + 8 + 5 + 6 + 4 + 8 + 7 + 9 + 1 = 61.
    assert_eq!(scores("ompsq-sf-10", &given, PUBLISHED), [Some(61.0)]);
    let least = [1.0, 0.0, 10.0, 10.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0];
    let most = [10.0, 10.0, 0.0, 0.0, 10.0, 10.0, 10.0, 0.0, 10.0, 10.0];
    assert_eq!(scores("ompsq-sf-10", &least, PUBLISHED), [Some(1.0)]);
    assert_eq!(scores("ompsq-sf-10", &most, PUBLISHED), [Some(100.0)]);
    // 61 less 9 and less 2 is 50; one more less is 49.
    let fifty = with(&with(&given, 9, 0.0), 2, 5.0);
    assert_eq!(scores("ompsq-sf-10", &fifty, PUBLISHED), [Some(50.0)]);
    assert_eq!(band("ompsq-sf-10", &fifty, PUBLISHED).as_deref(), Some("at_risk"));
    assert_eq!(band("ompsq-sf-10", &with(&fifty, 3, 3.0), PUBLISHED).as_deref(), Some("below"));
    assert_eq!(scores("ompsq-sf-10", &without(&given, &[9]), Enabled::ALL), [None]);
    assert_eq!(scores("ompsq-sf-10", &without(&given, &[2, 9]), Enabled::ALL), [None]);
    // The first item begins at 1.
    let questionnaire = instrument("ompsq-sf-10");
    let found = score(&questionnaire, &form(&questionnaire, &with(&given, 1, 0.0)), PUBLISHED);
    assert_eq!(found.refused[0].why.to_string(), "0 is outside 1 to 10");
    assert_eq!(found.scales[0].score, None);
}

#[test]
fn eq_5d() {
    let found = scored("eq-5d-5l", &[2.0, 1.0, 2.0, 3.0, 1.0, 70.0], PUBLISHED);
    assert_eq!(found.scales[0].profile.as_deref(), Some("21231"));
    assert_eq!((found.scales[0].score, found.scales[0].no_score), (None, Some(NoScore::ProfileOnly)));
    assert_eq!(found.scales[1].score, Some(70.0));
    // One dimension missing: no profile, the scale stands; and the other way round.
    let one = scored("eq-5d-5l", &[2.0, NO, 2.0, 3.0, 1.0, 70.0], Enabled::ALL);
    assert_eq!((one.scales[0].profile.as_deref(), one.scales[1].score), (None, Some(70.0)));
    assert_eq!(one.scales[0].no_score, Some(NoScore::TooFewAnswered));
    let vas = scored("eq-5d-5l", &[1.0, 1.0, 1.0, 1.0, 5.0, NO], Enabled::ALL);
    assert_eq!((vas.scales[0].profile.as_deref(), vas.scales[1].score), (Some("11115"), None));
    let none = scored("eq-5d-5l", &[NO; 6], Enabled::ALL);
    assert_eq!((none.scales[0].profile.as_deref(), none.scales[1].score), (None, None));
}

#[test]
fn tampa() {
    // Thirteen items of 2 and four reversed to 3: 26 + 12 = 38, above 37. With the first at 1: 37.
    let given = [2.0; 17];
    assert_eq!(scores("tsk-17", &given, PUBLISHED), [Some(38.0)]);
    assert_eq!(band("tsk-17", &given, PUBLISHED).as_deref(), Some("high"));
    assert_eq!(band("tsk-17", &with(&given, 1, 1.0), PUBLISHED).as_deref(), Some("below"));
    // 4, 8, 12, 16 at 4 and all else at 1: 17. The other way round: 68.
    let end = |other: f64, reversed: f64| -> Vec<f64> {
        (1..=17).map(|number| if number % 4 == 0 { reversed } else { other }).collect()
    };
    assert_eq!(scores("tsk-17", &end(1.0, 4.0), PUBLISHED), [Some(17.0)]);
    assert_eq!(scores("tsk-17", &end(4.0, 1.0), PUBLISHED), [Some(68.0)]);
    assert_eq!(scores("tsk-17", &without(&given, &[5]), Enabled::ALL), [None]);
    assert_eq!(scores("tsk-17", &without(&given, &[5, 6]), Enabled::ALL), [None]);
}

#[test]
fn pain_catastrophizing() {
    let given = [0.0, 1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 0.0, 3.0];
    // Rumination (8 to 11): 3 + 4 + 2 + 1 = 10. Magnification (6, 7, 13): 1 + 2 + 3 = 6. Helplessness (1 to 5, 12):
    // 0 + 1 + 2 + 3 + 4 + 0 = 10. In all 26.
    assert_eq!(scores("pcs-13", &given, PUBLISHED), [Some(26.0), Some(10.0), Some(6.0), Some(10.0)]);
    let most = [Some(52.0), Some(16.0), Some(12.0), Some(24.0)];
    assert_eq!(scores("pcs-13", &[4.0; 13], PUBLISHED), most);
    // The cut-off is from memory: the score stands without it. 26 + 4 = 30.
    let thirty = with(&given, 12, 4.0);
    assert_eq!(band("pcs-13", &thirty, PUBLISHED), None);
    assert_eq!(band("pcs-13", &thirty, RECALLED).as_deref(), Some("high"));
    assert_eq!(band("pcs-13", &with(&thirty, 2, 0.0), RECALLED).as_deref(), Some("below"));
    assert_eq!(scores("pcs-13", &without(&given, &[7]), Enabled::ALL), [None, Some(10.0), None, Some(10.0)]);
    assert_eq!(scores("pcs-13", &without(&given, &[1, 7, 8]), Enabled::ALL), [None; 4]);
}

#[test]
fn exercise_adherence() {
    let given = [0.0, 3.0, 4.0, 1.0, 2.0, 4.0];
    // 1, 4, 6 reversed: 4 + 3 + 4 + 3 + 2 + 0 = 16. Which are reversed is not confirmed, so off.
    assert_eq!(scores("ears", &given, PUBLISHED), [None]);
    assert_eq!(scored("ears", &given, PUBLISHED).scales[0].no_score, Some(NoScore::RuleOff));
    assert_eq!(scores("ears", &given, RECALLED), [Some(16.0)]);
    assert_eq!(scores("ears", &[0.0, 4.0, 4.0, 0.0, 4.0, 0.0], RECALLED), [Some(24.0)]);
    assert_eq!(scores("ears", &[4.0, 0.0, 0.0, 4.0, 0.0, 4.0], RECALLED), [Some(0.0)]);
    assert_eq!(scores("ears", &without(&given, &[2]), Enabled::ALL), [None]);
    assert_eq!(scores("ears", &without(&given, &[2, 3]), Enabled::ALL), [None]);
}

/// The rule's every branch is worked in analytics; this is the definition's order and coding of items.
#[test]
fn ipaq_short_form() {
    // 8 x 2 x 30 = 480; 4 x 3 x 45 = 540; 3.3 x 7 x 40 = 924: 1 944 on 12 days, fewer than 3 of them vigorous.
    let given = [2.0, 30.0, 3.0, 45.0, 7.0, 40.0, 300.0];
    assert_eq!(scores("ipaq-sf", &given, PUBLISHED), [Some(1_944.0)]);
    assert_eq!(band("ipaq-sf", &given, PUBLISHED).as_deref(), Some("moderate"));
    // A third vigorous day: 2 184, at least 1 500.
    assert_eq!(scores("ipaq-sf", &with(&given, 1, 3.0), PUBLISHED), [Some(2_184.0)]);
    assert_eq!(band("ipaq-sf", &with(&given, 1, 3.0), PUBLISHED).as_deref(), Some("high"));
    // Sitting is no part of it; nobody says how long nothing lasts.
    assert_eq!(scores("ipaq-sf", &without(&given, &[7]), PUBLISHED), [Some(1_944.0)]);
    let no_vigour = with(&without(&given, &[2]), 1, 0.0);
    assert_eq!(scores("ipaq-sf", &no_vigour, PUBLISHED), [Some(1_464.0)]);
    assert_eq!(scored("ipaq-sf", &no_vigour, PUBLISHED).unanswered, [] as [String; 0]);
    // Minutes or days of what was done are needed: one missing is too many.
    for number in 1..=6 {
        let one = scored("ipaq-sf", &without(&given, &[number]), Enabled::ALL);
        assert_eq!(one.scales[0].no_score, Some(NoScore::TooFewAnswered), "{number}");
        assert_eq!(one.scales[0].n_answered, 5);
    }
    assert_eq!(scores("ipaq-sf", &[NO; 7], Enabled::ALL), [None]);
}

#[test]
fn every_scale_is_off_or_says_that_it_is_published() {
    let off: Vec<String> = built_ins()
        .unwrap()
        .iter()
        .map(|doc| questionnaire_of(doc).unwrap())
        .flat_map(|questionnaire| {
            let found = score(&questionnaire, &Answers::default(), PUBLISHED);
            let off = found.scales.into_iter().filter(|scale| scale.no_score == Some(NoScore::RuleOff));
            off.map(|scale| format!("{}/{}", questionnaire.id(), scale.scale)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(off, ["bbq/beliefs", "ears/adherence"]);
}

proptest! {
    #[test]
    fn scores_stay_in_range_whatever_was_answered(
        cells in prop::collection::vec((0_u8..10, -3_i32..13, any::<u8>()), 38),
        submitted: bool,
    ) {
        for doc in built_ins().unwrap() {
            let questionnaire = questionnaire_of(&doc).unwrap();
            let items = questionnaire.items().iter().zip(&cells).map(|(item, &(kind, near, far))| {
                let (least, most) = (item.coding.least().unwrap(), item.coding.most().unwrap());
                let answer = match kind {
                    0 => Answer::Missing,
                    1 => Answer::Declined,
                    2 => Answer::NotAsked,
                    3 => Answer::Value(f64::from(near) + 0.5),
                    4 | 5 => Answer::Value(f64::from(near)),
                    _ => Answer::Value(f64::from(least + (most - least) * i32::from(far) / 255)),
                };
                (item.code.clone(), answer)
            });
            let answers = Answers { submitted, items: items.collect() };
            let found = score(&questionnaire, &answers, Enabled::ALL);
            for (scale, one) in questionnaire.scales().iter().zip(&found.scales) {
                prop_assert!(one.n_answered <= one.n_items);
                match (one.score, scale.range) {
                    (Some(score), Some((least, most))) => {
                        prop_assert!(score >= least && score <= most, "{}: {one:?}", doc.id);
                        prop_assert!(one.no_score.is_none());
                        prop_assert!(one.band.is_some() || scale.bands.is_none());
                    }
                    (Some(_), None) => prop_assert!(false, "{}: a score without a range", doc.id),
                    (None, _) => prop_assert!(one.no_score.is_some() && one.band.is_none()),
                }
                if let Some(profile) = &one.profile {
                    prop_assert!(profile.len() == 5 && profile.bytes().all(|digit| (b'1'..=b'5').contains(&digit)));
                }
            }
        }
    }
}
