//! Questionnaire documents: read, and mapped to what analytics scores.

use foulee_analytics::AnalyticsError;
use foulee_analytics::questionnaire::{
    Band, Bands, Coding, Grounds, Higher, Item, Missing, MissingRule, Questionnaire, QuestionnaireSpec, Rule,
    Scale, Status, Twice,
};
use foulee_contract::{
    BandsDoc, CONTRACT_VERSION, HigherDoc, ItemDoc, MissingRuleDoc, QuestionnaireDoc, RuleDoc, ScaleDoc,
    StatusDoc, TextDoc, TwiceDoc, WordingDoc,
};

use crate::ApiError;
use crate::programme::DocFormat;

/// A document from the text of a file.
///
/// # Errors
/// Names the line and field of a document that cannot be read or scored.
pub fn parse_doc(text: &str, format: DocFormat) -> Result<QuestionnaireDoc, ApiError> {
    let unreadable = |error: String| invalid("document", error);
    let doc: QuestionnaireDoc = if format == DocFormat::Json {
        serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?
    } else {
        toml::from_str(text).map_err(|error| unreadable(error.to_string()))?
    };
    questionnaire_of(&doc)?;
    Ok(doc)
}

/// What analytics scores.
///
/// # Errors
/// Names the field of a document that cannot be scored, or whose wording is not what it says.
pub fn questionnaire_of(doc: &QuestionnaireDoc) -> Result<Questionnaire, ApiError> {
    if doc.contract != CONTRACT_VERSION {
        return Err(invalid("contract", format!("this program speaks contract {CONTRACT_VERSION}")));
    }
    for (field, text) in [("licence", &doc.licence), ("title.fr", &doc.title.fr), ("title.en", &doc.title.en)]
    {
        if text.trim().is_empty() {
            return Err(invalid(field, "it is empty".to_owned()));
        }
    }
    let items: Result<Vec<Item>, ApiError> =
        doc.items.iter().enumerate().map(|(index, item)| item_of(index, item, doc.wording)).collect();
    let spec = QuestionnaireSpec {
        id: doc.id.clone(),
        version: doc.version,
        twice: match doc.twice {
            TwiceDoc::Refused => Twice::Refused,
            TwiceDoc::Higher => Twice::Higher,
        },
        items: items?,
        scales: doc.scales.iter().map(scale_of).collect(),
    };
    spec.check().map_err(|error| match error {
        AnalyticsError::QuestionnaireInvalid { field, fault } => invalid(field, fault.to_string()),
        other => ApiError::Analytics(other),
    })
}

fn invalid(field: impl Into<String>, fix: String) -> ApiError {
    ApiError::QuestionnaireInvalid { field: field.into(), fix }
}

fn item_of(index: usize, item: &ItemDoc, wording: WordingDoc) -> Result<Item, ApiError> {
    let at = |field: &str| format!("items[{index}].{field}");
    worded(&at("text"), item.text.as_ref(), wording)?;
    let coding = match (item.range, &item.choices) {
        (Some([least, most]), None) => Coding::Range { least, most, decimals: item.decimals },
        (None, Some(choices)) => {
            for (place, choice) in choices.iter().enumerate() {
                let field = format!("{}[{place}].text", at("choices"));
                worded(&field, choice.text.as_ref(), wording)?;
            }
            if item.decimals {
                return Err(invalid(
                    at("decimals"),
                    "only an item with a range can have decimals".to_owned(),
                ));
            }
            Coding::Codes(choices.iter().map(|choice| choice.code).collect())
        }
        _ => return Err(invalid(at("range"), "give either range or choices".to_owned())),
    };
    Ok(Item {
        code: item.code.clone(),
        coding,
        reversed: item.reversed,
        one_from: item.one_from,
        optional: item.optional,
    })
}

/// Numbers alone where the words are somebody else's; both languages where they are ours.
fn worded(field: &str, text: Option<&TextDoc>, wording: WordingDoc) -> Result<(), ApiError> {
    match (wording, text) {
        (WordingDoc::NumericOnly, None) => Ok(()),
        (WordingDoc::NumericOnly, Some(_)) => {
            Err(invalid(field, "a document with wording = \"numeric_only\" holds no words".to_owned()))
        }
        (WordingDoc::Ours, Some(text)) if !text.fr.trim().is_empty() && !text.en.trim().is_empty() => Ok(()),
        (WordingDoc::Ours, _) => Err(invalid(field, "words in French and English".to_owned())),
    }
}

fn scale_of(scale: &ScaleDoc) -> Scale {
    Scale {
        id: scale.id.clone(),
        items: scale.items.clone(),
        rule: match &scale.rule {
            RuleDoc::Sum {} => Rule::Sum,
            RuleDoc::Mean { times } => Rule::Mean { times: *times },
            RuleDoc::Count {} => Rule::Count,
            RuleDoc::PercentOfMaximum {} => Rule::PercentOfMaximum,
            RuleDoc::StartGroups { distress } => Rule::StartGroups { distress: distress.clone() },
            RuleDoc::Profile {} => Rule::Profile,
            RuleDoc::Ipaq {} => Rule::Ipaq,
        },
        grounds: grounds_of(scale.status, &scale.source),
        missing: scale.missing.as_ref().map(|missing| Missing {
            rule: match missing.rule {
                MissingRuleDoc::Prorate { least_percent } => MissingRule::Prorate { least_percent },
                MissingRuleDoc::Drop { most_missing } => MissingRule::Drop { most_missing },
                MissingRuleDoc::BlankIsZero {} => MissingRule::BlankIsZero,
            },
            grounds: grounds_of(missing.status, &missing.source),
        }),
        range: scale.range.map(|[least, most]| (least, most)),
        higher: scale.higher.map(|higher| match higher {
            HigherDoc::Better => Higher::Better,
            HigherDoc::Worse => Higher::Worse,
        }),
        bands: scale.bands.as_ref().map(bands_of),
    }
}

fn bands_of(bands: &BandsDoc) -> Bands {
    let list = bands.list.iter().map(|band| Band { name: band.name.clone(), from: band.from });
    Bands { grounds: grounds_of(bands.status, &bands.source), list: list.collect() }
}

fn grounds_of(status: StatusDoc, source: &str) -> Grounds {
    let status = match status {
        StatusDoc::Published => Status::Published,
        StatusDoc::Recalled => Status::Recalled,
        StatusDoc::Ours => Status::Ours,
    };
    Grounds { status, source: source.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questionnaire::{built_in, built_ins};

    /// The field and fix by which a changed document is refused.
    fn refused(id: &str, change: impl FnOnce(&mut QuestionnaireDoc)) -> (String, String) {
        let mut doc = built_in(id, 1).unwrap().unwrap();
        change(&mut doc);
        match questionnaire_of(&doc) {
            Err(ApiError::QuestionnaireInvalid { field, fix }) => (field, fix),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_definition_survives_its_own_document() {
        for doc in built_ins().unwrap() {
            let json = serde_json::to_string(&doc).unwrap();
            assert_eq!(parse_doc(&json, DocFormat::Json).unwrap(), doc);
            assert_eq!(parse_doc(&toml::to_string(&doc).unwrap(), DocFormat::Toml).unwrap(), doc);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let words = || Some(TextDoc { fr: "Mots".into(), en: "Words".into() });
        let (field, fix) = refused("fabq", |doc| doc.items[2].text = words());
        assert_eq!(field, "items[2].text");
        assert!(fix.contains("numeric_only"), "{fix}");
        assert_eq!(refused("baseline-38", |doc| doc.items[0].text = None).0, "items[0].text");
        let choice = |doc: &mut QuestionnaireDoc| doc.items[1].choices.as_mut().unwrap()[2].text = None;
        assert_eq!(refused("baseline-38", choice).0, "items[1].choices[2].text");
        assert_eq!(refused("fabq", |doc| doc.items[0].range = None).0, "items[0].range");
        assert_eq!(refused("baseline-38", |doc| doc.items[1].decimals = true).0, "items[1].decimals");
        assert_eq!(refused("fabq", |doc| doc.licence.clear()).0, "licence");
        assert_eq!(refused("fabq", |doc| doc.title.en.clear()).0, "title.en");
        assert_eq!(refused("fabq", |doc| doc.contract = 2).0, "contract");
        assert_eq!(refused("fabq", |doc| doc.version = 0).0, "version");
        let (field, fix) = refused("fabq", |doc| doc.scales[1].range = Some([0.0, 48.0]));
        assert_eq!(
            (field.as_str(), fix.as_str()),
            ("scales[1].range", "by its items and its rule it is 0 to 42")
        );
        assert_eq!(refused("tsk-17", |doc| doc.items[3].range = Some([4, 1])).0, "items[3].range");
        assert_eq!(refused("rmdq", |doc| doc.scales[0].source.clear()).0, "scales[0].source");
    }

    #[test]
    fn what_cannot_be_read_is_named_by_line_and_field() {
        let text = include_str!("../../questionnaires/fabq.toml");
        let line = |bad: &str| 1 + bad.lines().position(|line| line.contains("tiems")).unwrap();
        let bad = text.replacen("range = [0, 24]", "tiems = [0, 24]", 1);
        let error = parse_doc(&bad, DocFormat::Toml).unwrap_err().to_string();
        assert!(error.contains(&format!("line {}", line(&bad))) && error.contains("tiems"), "{error}");
        // A misspelt parameter of a rule is not taken for the rule without it.
        let bad = text.replacen("{ kind = \"sum\" }", "{ kind = \"sum\", tiems = 2 }", 1);
        let error = parse_doc(&bad, DocFormat::Toml).unwrap_err().to_string();
        assert!(error.contains(&format!("line {}", line(&bad))) && error.contains("tiems"), "{error}");
        let error = parse_doc("{\"contract\":1,\n\"id\":3}", DocFormat::Json).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        let error = parse_doc("contract = 1", DocFormat::Toml).unwrap_err().to_string();
        assert!(error.contains("id"), "{error}");
    }

    /// The first block of a language on the page for researchers.
    fn block<'a>(page: &'a str, language: &str) -> &'a str {
        let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0
    }

    #[test]
    fn the_page_names_every_instrument_and_its_examples_are_read() {
        let page = include_str!("../../../docs/questionnaires.md");
        let known: Vec<Questionnaire> =
            built_ins().unwrap().iter().map(|doc| questionnaire_of(doc).unwrap()).collect();
        for questionnaire in &known {
            let line = page.lines().find(|line| line.starts_with(&format!("| `{}` |", questionnaire.id())));
            for scale in questionnaire.scales() {
                assert!(line.unwrap().contains(&format!("`{}`", scale.id)), "{}", questionnaire.id());
            }
        }
        assert_eq!(parse_doc(block(page, "toml"), DocFormat::Toml).unwrap().id, "stairs");
        let table = crate::questionnaire::table::read(block(page, "csv").as_bytes(), &known).unwrap();
        assert_eq!((table.rows.len(), table.faults), (2, vec![]));
    }
}
