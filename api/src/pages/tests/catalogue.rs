//! The catalogues and the code agree, and no word lives outside the catalogues.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::pages::Lang;
use crate::pages::text::{Catalogue, Entry, parse};

fn catalogue(lang: Lang) -> Catalogue {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("web/catalogue/{}.toml", lang.code()));
    parse(lang, &fs::read_to_string(path).unwrap()).unwrap()
}

/// The sources of the pages without their tests, as (name, text).
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.extension().is_some_and(|ext| ext == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            out.push((entry.file_name().to_string_lossy().into_owned(), code));
        }
    }
    assert!(out.len() > 15, "the sources were not found");
    out
}

fn texts(entry: &Entry) -> Vec<&str> {
    match entry {
        Entry::Plain(text) => vec![text],
        Entry::Plural { one, other } => vec![one, other],
    }
}

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
}

/// String literals of Rust code, raw ones aside, with what stands before them on their line.
fn literals(code: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut at = 0;
        while let Some(open) = line[at..].find('"').map(|i| at + i) {
            let Some(close) = line[open + 1..].find('"').map(|i| open + 1 + i) else { break };
            out.push((&line[..open], &line[open + 1..close]));
            at = close + 1;
        }
    }
    out
}

/// Splits a source into its templates and the code around them.
fn templates(code: &str) -> (Vec<&str>, String) {
    let (mut inside, mut outside) = (Vec::new(), String::new());
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("r##\"") {
        let (template, tail) = after.split_once("\"##").unwrap();
        outside.push_str(before);
        inside.push(template);
        rest = tail;
    }
    outside.push_str(rest);
    (inside, outside)
}

#[test]
fn both_languages_have_the_same_keys_forms_and_places() {
    let (fr, en) = (catalogue(Lang::Fr), catalogue(Lang::En));
    assert_eq!(fr.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for (key, entry) in &fr {
        let other = &en[key];
        assert_eq!(texts(entry).len(), texts(other).len(), "{key} has plural forms in one language only");
        for text in texts(entry).into_iter().chain(texts(other)) {
            assert_eq!(places(text), places(texts(entry)[0]), "places of {key}");
        }
    }
}

#[test]
fn every_key_that_is_asked_for_exists() {
    let fr = catalogue(Lang::Fr);
    let mut asked = 0;
    for (file, code) in sources() {
        for call in [".get(\"", ".fill(\"", ".count(\""] {
            for rest in code.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(fr.contains_key(key), "{file} asks for {key}");
                asked += 1;
            }
        }
    }
    assert!(asked > 80, "only {asked} keys were seen");
}

#[test]
fn no_key_is_unused() {
    let code: String = sources().into_iter().map(|(_, code)| code).collect();
    let unused: Vec<String> =
        catalogue(Lang::Fr).into_keys().filter(|key| !code.contains(&format!("\"{key}\""))).collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn no_word_stands_outside_the_catalogues() {
    for (file, code) in sources() {
        let (inside, outside) = templates(&code);
        for template in inside {
            let without_expressions = template.split("{{").map(|p| p.split_once("}}").map_or(p, |(_, t)| t));
            let text: String = without_expressions.collect();
            let text: String = text.split("{%").map(|p| p.split_once("%}").map_or(p, |(_, t)| t)).collect();
            for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
                for value in text.split(attribute).skip(1) {
                    assert!(value.starts_with('"'), "{file}: words in {attribute}");
                }
            }
            let text: String = text.split('<').map(|p| p.split_once('>').map_or(p, |(_, t)| t)).collect();
            assert!(!text.contains(char::is_alphabetic), "{file}: words in a template: {text}");
        }
        for (before, literal) in literals(&outside) {
            let told_to_developers = [
                "#[error(",
                "reason =",
                "what:",
                "panic!",
                "percent(",
                "percents(",
                "CONTENT_SECURITY",
                "//",
            ]
            .iter()
            .any(|mark| before.contains(mark))
                || file == "assets.rs";
            let bytes = literal.as_bytes();
            let words = bytes
                .windows(3)
                .any(|w| w[1] == b' ' && w[0].is_ascii_alphabetic() && w[2].is_ascii_alphabetic());
            assert!(told_to_developers || (!words && literal.is_ascii()), "{file}: words in code: {literal}");
        }
    }
}

#[test]
fn french_spacing_is_kept() {
    for (key, entry) in catalogue(Lang::Fr) {
        for text in texts(&entry) {
            for sign in [" :", " ;", " ?", " !", " %", " »", "« ", "'"] {
                assert!(!text.contains(sign), "{key} has {sign:?}");
            }
            for (i, sign) in text.char_indices().filter(|(_, c)| ":;?!»%".contains(*c)) {
                let before = text[..i].chars().next_back();
                assert!(matches!(before, Some('\u{a0}' | '\u{202f}')), "{key}: {sign} needs its space");
            }
        }
    }
}

#[test]
fn no_text_blames() {
    for lang in Lang::ALL {
        for (key, entry) in catalogue(lang) {
            for text in texts(&entry).into_iter().map(str::to_lowercase) {
                for word in ["non-adhér", "non-adher", "non adher", "échec", "échou", "fail", "faute", "raté"]
                {
                    assert!(!text.contains(word), "{key} says {word}");
                }
            }
        }
    }
}
