//! The definitions that come with the program: files in `api/questionnaires`.

use foulee_contract::QuestionnaireDoc;

use super::parse_doc;
use crate::ApiError;
use crate::programme::DocFormat;

/// One file each, in the order in which they are listed. A test holds them against the folder.
const FILES: [&str; 14] = [
    include_str!("../../questionnaires/baseline-38.toml"),
    include_str!("../../questionnaires/bbq.toml"),
    include_str!("../../questionnaires/ears.toml"),
    include_str!("../../questionnaires/eq-5d-5l.toml"),
    include_str!("../../questionnaires/fabq.toml"),
    include_str!("../../questionnaires/ipaq-sf.toml"),
    include_str!("../../questionnaires/nrs-7d.toml"),
    include_str!("../../questionnaires/nrs.toml"),
    include_str!("../../questionnaires/odi-2-1a.toml"),
    include_str!("../../questionnaires/ompsq-sf-10.toml"),
    include_str!("../../questionnaires/pcs-13.toml"),
    include_str!("../../questionnaires/rmdq.toml"),
    include_str!("../../questionnaires/start-back-9.toml"),
    include_str!("../../questionnaires/tsk-17.toml"),
];

/// Every definition that is built in.
///
/// # Errors
/// When one of the program's own files cannot be read, which a test rules out.
pub fn built_ins() -> Result<Vec<QuestionnaireDoc>, ApiError> {
    FILES.iter().map(|text| parse_doc(text, DocFormat::Toml)).collect()
}

/// What is built in under a name and version.
///
/// # Errors
/// As [`built_ins`].
pub fn built_in(id: &str, version: u32) -> Result<Option<QuestionnaireDoc>, ApiError> {
    Ok(built_ins()?.into_iter().find(|doc| doc.id == id && doc.version == version))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use foulee_contract::{DomainDoc, WordingDoc};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in_under_its_own_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("questionnaires");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let mut ids: Vec<String> = built_ins().unwrap().into_iter().map(|doc| doc.id).collect();
        ids.sort();
        assert_eq!(names, ids);
        assert_eq!(built_in("fabq", 1).unwrap().unwrap().id, "fabq");
        assert_eq!((built_in("fabq", 2).unwrap(), built_in("fab", 1).unwrap()), (None, None));
    }

    /// A value's word on the wire.
    fn word(value: impl serde::Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }

    /// What is scored, by which rule, and on whose word: a change here is a new version of a definition.
    #[test]
    fn the_definitions_are_these() {
        let mut list = String::new();
        for doc in built_ins().unwrap() {
            writeln!(list, "{} {} {}: {} items", doc.id, doc.version, word(doc.wording), doc.items.len())
                .unwrap();
            for scale in &doc.scales {
                let kind = |value: serde_json::Value| value["kind"].as_str().unwrap().to_owned();
                let rule = kind(serde_json::to_value(&scale.rule).unwrap());
                write!(list, "  {}: {rule} of {}, {}", scale.id, scale.items.len(), word(scale.status))
                    .unwrap();
                if let Some([least, most]) = scale.range {
                    write!(list, ", {least} to {most}").unwrap();
                }
                if let Some(missing) = &scale.missing {
                    let rule = kind(serde_json::to_value(missing.rule).unwrap());
                    write!(list, "; {rule}, {}", word(missing.status)).unwrap();
                }
                if let Some(bands) = &scale.bands {
                    let cut: Vec<String> = bands.list[1..]
                        .iter()
                        .map(|band| format!("{} from {}", band.name, band.from))
                        .collect();
                    write!(list, "; {}, {}", cut.join(", "), word(bands.status)).unwrap();
                }
                list.push('\n');
            }
        }
        insta::assert_snapshot!("definitions", list);
    }

    #[test]
    fn no_definition_of_somebody_elses_instrument_holds_wording() {
        let mut numeric = 0;
        for doc in built_ins().unwrap() {
            let worded = doc.items.iter().any(|item| {
                let choices = item.choices.iter().flatten();
                item.text.is_some() || choices.into_iter().any(|choice| choice.text.is_some())
            });
            match doc.wording {
                WordingDoc::NumericOnly => {
                    assert!(!worded, "{}", doc.id);
                    // A code long enough to be a question is one.
                    assert!(doc.items.iter().all(|item| item.code.len() <= 10), "{}", doc.id);
                    numeric += 1;
                }
                WordingDoc::Ours => assert_eq!(doc.id, "baseline-38"),
            }
        }
        assert_eq!(numeric, 13);
    }

    #[test]
    fn the_baseline_has_38_questions_in_five_domains_and_names_nobody() {
        let doc = built_in("baseline-38", 1).unwrap().unwrap();
        let of = |domain| doc.items.iter().filter(|item| item.domain == Some(domain)).count();
        let counts = [
            DomainDoc::Demographic,
            DomainDoc::Clinical,
            DomainDoc::SocioProfessional,
            DomainDoc::Imaging,
            DomainDoc::Treatments,
        ]
        .map(of);
        assert_eq!((doc.items.len(), counts), (38, [7, 14, 9, 3, 5]));
        // Answers are numbers, none long enough for a date or a telephone number.
        for item in &doc.items {
            let most = item.range.map_or(0, |[_, most]| most);
            assert!(most <= 9_999, "{}", item.code);
        }
    }
}
