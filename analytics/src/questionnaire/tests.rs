//! Rules on questionnaires made by hand. The built-in instruments have worked examples of their own, where they are.

use proptest::prelude::*;

use super::*;
use crate::AnalyticsError;

fn grounds(status: Status) -> Grounds {
    Grounds { status, source: "a source".into() }
}

fn item(code: &str, least: i32, most: i32) -> Item {
    Item {
        code: code.into(),
        coding: Coding::Range { least, most, decimals: false },
        reversed: false,
        one_from: None,
        optional: false,
    }
}

fn scale(rule: Rule, items: &[Item], range: Option<(f64, f64)>) -> Scale {
    Scale {
        id: "all".into(),
        items: items.iter().map(|item| item.code.clone()).collect(),
        rule,
        grounds: grounds(Status::Published),
        missing: None,
        range,
        higher: None,
        bands: None,
    }
}

fn spec(items: Vec<Item>, scales: Vec<Scale>) -> QuestionnaireSpec {
    QuestionnaireSpec { id: "made-up".into(), version: 1, twice: Twice::Refused, items, scales }
}

/// Items `a`, `b`, … of 0 to 4.
fn fours(n: u8) -> Vec<Item> {
    (0..n).map(|index| item(&char::from(b'a' + index).to_string(), 0, 4)).collect()
}

fn form(answers: &[(&str, Answer)]) -> Answers {
    let items = answers.iter().map(|&(code, answer)| (code.to_owned(), answer)).collect();
    Answers { submitted: true, items }
}

fn values(answers: &[(&str, f64)]) -> Answers {
    let items = answers.iter().map(|&(code, value)| (code.to_owned(), Answer::Value(value))).collect();
    Answers { submitted: true, items }
}

fn only(spec: QuestionnaireSpec, answers: &Answers, enabled: Enabled) -> ScaleScore {
    score(&spec.check().unwrap(), answers, enabled).scales.remove(0)
}

#[test]
fn a_rule_that_is_not_published_is_off_until_it_is_turned_on() {
    for (status, by) in [
        (Status::Recalled, Enabled { recalled: true, ours: false }),
        (Status::Ours, Enabled { recalled: false, ours: true }),
    ] {
        let items = fours(2);
        let mut whole = scale(Rule::Sum, &items, Some((0.0, 8.0)));
        whole.grounds = grounds(status);
        let spec = spec(items, vec![whole]);
        let answers = values(&[("a", 1.0), ("b", 2.0)]);
        let off = only(spec.clone(), &answers, Enabled::default());
        assert_eq!((off.score, off.no_score, off.status), (None, Some(NoScore::RuleOff), status));
        assert_eq!((off.n_answered, off.n_items), (2, 2), "what was answered is told all the same");
        let on = only(spec, &answers, by);
        assert_eq!((on.score, on.no_score, on.status), (Some(3.0), None, status));
    }
}

#[test]
fn a_missing_rule_that_is_off_asks_for_every_item() {
    let items = fours(5);
    let mut whole = scale(Rule::Sum, &items, Some((0.0, 20.0)));
    whole.missing =
        Some(Missing { rule: MissingRule::Prorate { least_percent: 80 }, grounds: grounds(Status::Ours) });
    let spec = spec(items, vec![whole]);
    // 4 of 5 answered: (1 + 2 + 3 + 4) x 5 / 4 = 12.5. 3 of 5 are 60 %.
    let four = values(&[("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)]);
    let off = only(spec.clone(), &four, Enabled::default());
    assert_eq!((off.score, off.no_score), (None, Some(NoScore::TooFewAnswered)));
    assert_eq!((off.missing, off.missing_status), ("complete", None));
    let on = only(spec.clone(), &four, Enabled::ALL);
    assert_eq!((on.score, on.prorated, on.n_answered), (Some(12.5), true, 4));
    assert_eq!((on.missing, on.missing_status), ("prorate", Some(Status::Ours)));
    let three = values(&[("a", 1.0), ("b", 2.0), ("c", 3.0)]);
    assert_eq!(only(spec.clone(), &three, Enabled::ALL).no_score, Some(NoScore::TooFewAnswered));
    let all = values(&[("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0), ("e", 4.0)]);
    let whole = only(spec, &all, Enabled::ALL);
    assert_eq!((whole.score, whole.prorated), (Some(14.0), false));
}

#[test]
fn a_blank_is_zero_only_on_a_form_that_was_handed_in() {
    let items: Vec<Item> = ["a", "b", "c"].map(|code| item(code, 0, 1)).into();
    let mut ticks = scale(Rule::Count, &items, Some((0.0, 3.0)));
    ticks.missing = Some(Missing { rule: MissingRule::BlankIsZero, grounds: grounds(Status::Published) });
    let spec = spec(items, vec![ticks]);
    let submitted = |answers: &[(&str, Answer)]| only(spec.clone(), &form(answers), Enabled::default());
    let ticked = submitted(&[("b", Answer::Value(1.0))]);
    assert_eq!((ticked.score, ticked.n_answered, ticked.prorated), (Some(1.0), 1, false));
    assert_eq!(submitted(&[]).score, Some(0.0));
    assert_eq!(submitted(&[("a", Answer::Missing)]).score, Some(0.0));
    let unsent = Answers { submitted: false, ..form(&[("b", Answer::Value(1.0))]) };
    assert_eq!(only(spec.clone(), &unsent, Enabled::default()).no_score, Some(NoScore::NotSubmitted));
    // Neither a declined nor an unasked item is a blank, nor one whose answer was refused.
    for unknown in [Answer::Declined, Answer::NotAsked, Answer::Value(2.0)] {
        let found = submitted(&[("a", unknown), ("b", Answer::Value(1.0))]);
        assert_eq!((found.score, found.no_score), (None, Some(NoScore::TooFewAnswered)), "{unknown:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_is_refused_by_name_and_the_others_count() {
    let mut items = fours(3);
    items[1].coding = Coding::Codes(vec![1, 5, 9]);
    let first = scale(Rule::Sum, &items[..1], Some((0.0, 4.0)));
    let rest = Scale { id: "rest".into(), ..scale(Rule::Sum, &items[1..], Some((1.0, 13.0))) };
    let checked = spec(items, vec![first, rest]).check().unwrap();
    let answers = values(&[("c", 4.5), ("zz", 1.0), ("a", 3.0), ("b", 4.0)]);
    let found = score(&checked, &answers, Enabled::default());
    let told: Vec<String> = found.refused.iter().map(|one| format!("{}: {}", one.item, one.why)).collect();
    assert_eq!(told, ["b: 4 is none of its codes", "c: 4.5 is outside 0 to 4", "zz: no such item"]);
    assert_eq!(found.scales[0].score, Some(3.0));
    assert_eq!(found.scales[1].no_score, Some(NoScore::TooFewAnswered));
    assert_eq!((found.n_answered, found.unanswered), (1, vec!["b".to_owned(), "c".to_owned()]));
    for (value, why) in [(2.5, "2.5 is no whole number"), (f64::NAN, "NaN is outside 0 to 4")] {
        let found = score(&checked, &values(&[("a", value)]), Enabled::default());
        assert_eq!(found.refused[0].why.to_string(), why);
    }
}

#[test]
fn two_answers_to_one_item_are_refused_or_the_higher_counts() {
    let items = fours(1);
    let mut spec = spec(items.clone(), vec![scale(Rule::Sum, &items, Some((0.0, 4.0)))]);
    let twice = values(&[("a", 3.0), ("a", 1.0)]);
    let refused = score(&spec.clone().check().unwrap(), &twice, Enabled::default());
    assert_eq!((refused.scales[0].score, &refused.refused[0].why), (None, &Refusal::Twice));
    let same = values(&[("a", 3.0), ("a", 3.0)]);
    assert_eq!(only(spec.clone(), &same, Enabled::default()).score, Some(3.0));
    spec.twice = Twice::Higher;
    assert_eq!(only(spec, &twice, Enabled::default()).score, Some(3.0));
}

#[test]
fn bands_begin_where_they_say() {
    let items = fours(2);
    let mut whole = scale(Rule::Sum, &items, Some((0.0, 8.0)));
    let bands = [("low", 0.0), ("some", 3.0), ("high", 6.0)];
    let list = bands.map(|(name, from)| Band { name: name.into(), from }).into();
    whole.bands = Some(Bands { grounds: grounds(Status::Recalled), list });
    let spec = spec(items, vec![whole]);
    for (a, b, band) in [(0.0, 0.0, "low"), (1.0, 1.0, "low"), (1.0, 2.0, "some"), (4.0, 4.0, "high")] {
        let answers = values(&[("a", a), ("b", b)]);
        assert_eq!(only(spec.clone(), &answers, Enabled::ALL).band.as_deref(), Some(band));
        let off = only(spec.clone(), &answers, Enabled::default());
        assert_eq!((off.score, off.band), (Some(a + b), None), "the score stands, the band is off");
    }
}

#[test]
fn an_optional_item_is_not_asked_after() {
    let mut items = fours(2);
    items[1].optional = true;
    let checked = spec(items, Vec::new()).check().unwrap();
    let found = score(&checked, &values(&[]), Enabled::default());
    assert_eq!((found.unanswered, found.scales), (vec!["a".to_owned()], Vec::new()));
}

/// The field that a changed questionnaire is refused by.
fn field(change: impl FnOnce(&mut QuestionnaireSpec)) -> String {
    let items = fours(3);
    let mut sound = spec(items.clone(), vec![scale(Rule::Sum, &items, Some((0.0, 12.0)))]);
    assert!(sound.clone().check().is_ok());
    change(&mut sound);
    match sound.check() {
        Err(AnalyticsError::QuestionnaireInvalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_scored_is_refused_by_field() {
    assert_eq!(field(|spec| spec.id = "Made up".into()), "id");
    assert_eq!(field(|spec| spec.id.clear()), "id");
    assert_eq!(field(|spec| spec.version = 0), "version");
    assert_eq!(field(|spec| spec.items.clear()), "items");
    assert_eq!(field(|spec| spec.items[1].code = "a".into()), "items[1].code");
    assert_eq!(field(|spec| spec.items[2].code = "a-b".into()), "items[2].code");
    let range = |least, most| Coding::Range { least, most, decimals: false };
    assert_eq!(field(|spec| spec.items[0].coding = range(4, 4)), "items[0].range");
    assert_eq!(field(|spec| spec.items[0].coding = range(0, i32::MAX)), "items[0].range");
    assert_eq!(field(|spec| spec.items[0].coding = Coding::Codes(vec![])), "items[0].choices");
    assert_eq!(field(|spec| spec.items[0].coding = Coding::Codes(vec![1, 1])), "items[0].choices");
    assert_eq!(
        field(|spec| {
            spec.items[0].coding = Coding::Codes(vec![0, 4]);
            spec.items[0].reversed = true;
        }),
        "items[0].reversed"
    );
    assert_eq!(field(|spec| spec.items[0].one_from = Some(0)), "items[0].one_from");
    assert_eq!(field(|spec| spec.items[0].one_from = Some(5)), "items[0].one_from");
    assert_eq!(field(|spec| spec.scales[0].id.clear()), "scales[0].id");
    assert_eq!(field(|spec| spec.scales.push(spec.scales[0].clone())), "scales[1].id");
    assert_eq!(field(|spec| spec.scales[0].items.clear()), "scales[0].items");
    assert_eq!(field(|spec| spec.scales[0].items[1] = "x".into()), "scales[0].items[1]");
    assert_eq!(field(|spec| spec.scales[0].items[1] = "a".into()), "scales[0].items[1]");
    assert_eq!(field(|spec| spec.scales[0].grounds.source = " ".into()), "scales[0].source");
    assert_eq!(field(|spec| spec.scales[0].range = Some((0.0, 11.0))), "scales[0].range");
    assert_eq!(field(|spec| spec.scales[0].range = None), "scales[0].range");
    assert_eq!(field(|spec| spec.scales[0].rule = Rule::Mean { times: f64::NAN }), "scales[0].rule.times");
    assert_eq!(field(|spec| spec.scales[0].rule = Rule::Ipaq), "scales[0].items");
    assert_eq!(field(|spec| spec.scales[0].rule = Rule::Profile), "scales[0].range");
    assert_eq!(field(|spec| spec.scales[0].rule = Rule::StartGroups { distress: vec![] }), "scales[0].items");
    let bands = |from: &[f64]| {
        let list =
            from.iter().enumerate().map(|(index, from)| Band { name: format!("b{index}"), from: *from });
        Some(Bands { grounds: grounds(Status::Published), list: list.collect() })
    };
    for bad in [&[][..], &[1.0], &[0.0, 0.0], &[0.0, 13.0], &[0.0, f64::NAN]] {
        assert_eq!(field(|spec| spec.scales[0].bands = bands(bad)), "scales[0].bands.list", "{bad:?}");
    }
    let missing = |rule| Some(Missing { rule, grounds: grounds(Status::Ours) });
    for bad in [
        MissingRule::Prorate { least_percent: 0 },
        MissingRule::Prorate { least_percent: 101 },
        MissingRule::Drop { most_missing: 1 },
        MissingRule::BlankIsZero,
    ] {
        assert_eq!(field(|spec| spec.scales[0].missing = missing(bad)), "scales[0].missing.rule", "{bad:?}");
    }
    assert_eq!(
        field(|spec| {
            spec.items[0].coding = range(1, 4);
            spec.scales[0].range = Some((1.0, 12.0));
            spec.scales[0].missing = missing(MissingRule::Prorate { least_percent: 50 });
        }),
        "scales[0].missing.rule",
        "items that count differently cannot stand for each other"
    );
}

#[test]
fn ipaq_by_the_guidelines() {
    let codes = ["vd", "vm", "md", "mm", "wd", "wm"];
    let items: Vec<Item> =
        codes.iter().enumerate().map(|(i, code)| item(code, 0, if i % 2 == 0 { 7 } else { 1_440 })).collect();
    let checked = spec(items.clone(), vec![scale(Rule::Ipaq, &items, Some((0.0, 19_278.0)))]);
    let checked = checked.check().unwrap();
    let run = |given: [f64; 6]| {
        let items = codes.iter().zip(given).filter(|(_, value)| !value.is_nan());
        let items = items.map(|(code, value)| ((*code).to_owned(), Answer::Value(value))).collect();
        let found = score(&checked, &Answers { submitted: true, items }, Enabled::default());
        let found = found.scales.into_iter().next().unwrap();
        (found.score, found.band, found.no_score)
    };
    let known = |total: f64, band: &str| (Some(total), Some(band.to_owned()), None);
    let none = |why| (None, None, Some(why));
    const NO: f64 = f64::NAN;
    for (given, expected) in [
        // Nothing at all; nobody need say how long nothing lasts.
        ([0.0, NO, 0.0, NO, 0.0, NO], known(0.0, "low")),
        // The guidelines' own case for truncation: 6 days of 10 min walking and one of 12 h of moderate activity are
        // 6 x 10 x 3.3 + 720 x 4 = 3 078 on 7 days, high, if believed; with 180 min they are 198 + 720 = 918.
        ([0.0, NO, 1.0, 720.0, 6.0, 10.0], known(918.0, "moderate")),
        // 3 days of 20 min vigorous: 8 x 60 = 480; moderate by the first criterion. With 19 min it is not.
        ([3.0, 20.0, 0.0, NO, 0.0, NO], known(480.0, "moderate")),
        ([3.0, 19.0, 0.0, NO, 0.0, NO], known(456.0, "low")),
        // 5 days of half an hour of walking: 3.3 x 150 = 495, by the second; 2 moderate days and 3 of walking as well:
        // 4 x 60 + 3.3 x 90 = 537.
        ([0.0, NO, 0.0, NO, 5.0, 30.0], known(495.0, "moderate")),
        ([0.0, NO, 2.0, 30.0, 3.0, 30.0], known(537.0, "moderate")),
        ([0.0, NO, 2.0, 29.0, 3.0, 30.0], known(529.0, "low")),
        // 5 days of anything and 600 MET-min, by the third: 8 x 2 x 25 + 3.3 x 3 x 21 = 400 + 207.9.
        ([2.0, 25.0, 0.0, NO, 3.0, 21.0], known(607.9, "moderate")),
        // 3 vigorous days and 1 500 in all: 8 x 3 x 40 = 960, and 4 x 5 x 27 = 540.
        ([3.0, 40.0, 5.0, 27.0, 0.0, NO], known(1_500.0, "high")),
        ([2.0, 60.0, 5.0, 27.0, 0.0, NO], known(1_500.0, "moderate")),
        // 7 days and 3 000: 4 x 7 x 107 = 2 996, moderate; 108 min are 3 024.
        ([0.0, NO, 7.0, 107.0, 0.0, NO], known(2_996.0, "moderate")),
        ([0.0, NO, 7.0, 108.0, 0.0, NO], known(3_024.0, "high")),
        // Less than 10 min is nothing, and its days are none: 6 of vigorous do not add to the days.
        ([6.0, 9.0, 0.0, NO, 1.0, 10.0], known(33.0, "low")),
        // The most: 180 x 7 x (8 + 4 + 3.3); 320 min of each a day are 960 and still believed.
        ([7.0, 320.0, 7.0, 320.0, 7.0, 320.0], known(19_278.0, "high")),
        ([7.0, 320.0, 7.0, 320.0, 7.0, 321.0], none(NoScore::Implausible)),
        // Days or minutes not known: taken out. Minutes without days do not count.
        ([NO, 30.0, 0.0, NO, 0.0, NO], none(NoScore::TooFewAnswered)),
        ([3.0, NO, 0.0, NO, 0.0, NO], none(NoScore::TooFewAnswered)),
        ([0.0, 1_440.0, 0.0, NO, 1.0, 10.0], known(33.0, "low")),
    ] {
        assert_eq!(run(given), expected, "{given:?}");
    }
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => (-2_i32..8).prop_map(|value| Answer::Value(value.into())),
        1 => Just(Answer::Value(f64::NAN)),
        1 => Just(Answer::Declined),
        1 => Just(Answer::NotAsked),
        2 => Just(Answer::Missing),
    ]
}

proptest! {
    #[test]
    fn a_score_stays_in_its_range_whatever_was_answered(
        given in prop::collection::vec(("[a-f]", any_answer()), 0..12),
        submitted: bool,
        reversed: [bool; 5],
        least_percent in 1_u8..=100,
        turn in 0_usize..12,
    ) {
        let mut items = fours(5);
        for (item, reversed) in items.iter_mut().zip(reversed) {
            item.reversed = reversed;
        }
        let mut spec = spec(items.clone(), Vec::new());
        for (index, (rule, most)) in [
            (Rule::Sum, 20.0),
            (Rule::Mean { times: 2.0 }, 8.0),
            (Rule::Count, 5.0),
            (Rule::PercentOfMaximum, 100.0),
        ]
        .into_iter()
        .enumerate()
        {
            let missing = MissingRule::Prorate { least_percent };
            let missing = Some(Missing { rule: missing, grounds: grounds(Status::Ours) });
            let scale = scale(rule, &items, Some((0.0, most)));
            spec.scales.push(Scale { id: format!("s{index}"), missing, ..scale });
        }
        let checked = spec.check().unwrap();
        let mut answers = Answers { submitted, items: given };
        let found = score(&checked, &answers, Enabled::ALL);
        for (scale, scored) in checked.scales().iter().zip(&found.scales) {
            let (least, most) = scale.range.unwrap();
            prop_assert_ne!(scored.score.is_some(), scored.no_score.is_some());
            if let Some(score) = scored.score {
                prop_assert!(score >= least && score <= most, "{scored:?}");
                prop_assert!(scored.n_answered * 100 >= usize::from(least_percent) * scored.n_items);
                prop_assert_eq!(scored.prorated, scored.n_answered < scored.n_items);
            }
        }
        // The order of answers does not matter.
        let turn = turn.min(answers.items.len());
        answers.items.rotate_left(turn);
        prop_assert_eq!(format!("{:?}", score(&checked, &answers, Enabled::ALL)), format!("{found:?}"));
    }
}
