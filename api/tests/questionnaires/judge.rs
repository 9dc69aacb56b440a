//! Any bytes, read as a questionnaire or as a table of answers: nothing panics, and what is accepted can be relied on.

use foulee_analytics::questionnaire::{Answer, Answers, Enabled, Questionnaire, score};
use foulee_api::ApiError;
use foulee_api::programme::DocFormat;
use foulee_api::questionnaire::{parse_doc, questionnaire_of, table};

/// Reads bytes as a document, and says whether it was accepted.
///
/// # Panics
/// When the reader does; when a refusal names no field; when an accepted document is lost on its way through its own
/// text, or gives a score outside the range that it states.
pub(crate) fn judge_document(bytes: &[u8], format: DocFormat) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let doc = match parse_doc(&text, format) {
        Ok(doc) => doc,
        Err(ApiError::QuestionnaireInvalid { field, fix }) => {
            assert!(!field.is_empty() && !fix.is_empty(), "refused without a reason");
            return false;
        }
        Err(other) => panic!("another refusal: {other}"),
    };
    let json = serde_json::to_string(&doc).expect("an accepted document can be written");
    assert_eq!(parse_doc(&json, DocFormat::Json).expect("and read"), doc);
    let questionnaire = questionnaire_of(&doc).expect("it was checked when it was read");
    for pick in 0..4 {
        judge_scores(&questionnaire, pick);
    }
    true
}

/// The least answers, the greatest, some of each, and none.
fn judge_scores(questionnaire: &Questionnaire, pick: usize) {
    let items = questionnaire.items().iter().enumerate().map(|(index, item)| {
        let ends = [item.coding.least(), item.coding.most()];
        let end = if pick < 2 { ends[pick] } else { ends[index % 2] };
        let answer = match end {
            Some(value) if pick < 3 && !(pick == 2 && index % 5 == 4) => Answer::Value(value.into()),
            _ => Answer::Missing,
        };
        (item.code.clone(), answer)
    });
    let answers = Answers { submitted: true, items: items.collect() };
    let found = score(questionnaire, &answers, Enabled::ALL);
    assert!(found.refused.is_empty(), "{:?}", found.refused);
    for (scale, one) in questionnaire.scales().iter().zip(&found.scales) {
        assert_ne!(one.score.is_some(), one.no_score.is_some());
        if let (Some(score), Some((least, most))) = (one.score, scale.range) {
            // A mean of many large codes is rounded.
            let slack = 1e-9 * (most - least).abs();
            assert!(score >= least - slack && score <= most + slack, "{one:?}");
        }
    }
}

/// Reads bytes as a table of answers, and says how many rows were kept and refused.
///
/// # Panics
/// When the reader does; when a kept row holds an answer that its questionnaire does not admit.
pub(crate) fn judge_table(bytes: &[u8], known: &[Questionnaire]) -> (usize, usize) {
    let Ok(found) = table::read(bytes, known) else { return (0, 0) };
    for row in &found.rows {
        let questionnaire = known.iter().find(|one| one.id() == row.questionnaire).expect("a known one");
        let form = score(questionnaire, &row.answers, Enabled::ALL);
        assert!(form.refused.is_empty(), "{:?}", form.refused);
    }
    let lines: std::collections::BTreeSet<u64> = found.faults.iter().map(|fault| fault.line).collect();
    assert!(found.rows.iter().all(|row| !lines.contains(&row.line)), "a row was kept and refused");
    assert!(found.faults.iter().all(|fault| !fault.to_string().is_empty()));
    (found.rows.len(), lines.len())
}
