//! The catalogues: every word a reader sees, in each language, under one key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::Value;

use super::error::PagesError;
use super::lang::Lang;

/// One text of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A text, perhaps with `{named}` places.
    Plain(String),
    /// Two forms chosen by a count.
    Plural { one: String, other: String },
}

/// All texts of one language.
pub(crate) type Catalogue = BTreeMap<String, Entry>;

static FR: LazyLock<Result<Catalogue, PagesError>> =
    LazyLock::new(|| parse(Lang::Fr, include_str!("../../web/catalogue/fr.toml")));
static EN: LazyLock<Result<Catalogue, PagesError>> =
    LazyLock::new(|| parse(Lang::En, include_str!("../../web/catalogue/en.toml")));

/// Reads one catalogue file: flat keys, each a string or `{ one = "…", other = "…" }`.
pub(crate) fn parse(lang: Lang, source: &str) -> Result<Catalogue, PagesError> {
    let table: toml::Table =
        source.parse().map_err(|source| PagesError::Catalogue { lang, source: Box::new(source) })?;
    table.into_iter().map(|(key, value)| entry(lang, value).map(|entry| (key, entry))).collect()
}

fn entry(lang: Lang, value: Value) -> Result<Entry, PagesError> {
    match value {
        Value::String(text) => Ok(Entry::Plain(text)),
        Value::Table(mut forms) => match (forms.remove("one"), forms.remove("other"), forms.is_empty()) {
            (Some(Value::String(one)), Some(Value::String(other)), true) => Ok(Entry::Plural { one, other }),
            _ => Err(PagesError::CatalogueEntry { lang }),
        },
        _ => Err(PagesError::CatalogueEntry { lang }),
    }
}

/// The texts of one language, ready to be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    lang: Lang,
    catalogue: &'static Catalogue,
}

impl Text {
    /// The texts of `lang`.
    pub(crate) fn of(lang: Lang) -> Result<Text, PagesError> {
        let parsed = match lang {
            Lang::Fr => &*FR,
            Lang::En => &*EN,
        };
        match parsed {
            Ok(catalogue) => Ok(Text { lang, catalogue }),
            Err(PagesError::Catalogue { source, .. }) => {
                Err(PagesError::Catalogue { lang, source: source.clone() })
            }
            Err(_) => Err(PagesError::CatalogueEntry { lang }),
        }
    }

    /// The language of these texts.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// A text without places to fill.
    pub(crate) fn get(&self, key: &str) -> &'static str {
        match self.catalogue.get(key) {
            Some(Entry::Plain(text)) => text,
            Some(Entry::Plural { other, .. }) => other,
            None => missing(key),
        }
    }

    /// A text with its `{named}` places filled.
    pub(crate) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        filled(self.get(key), values)
    }

    /// A text in the form that `count` asks for. The caller fills the number, so that it can say "at least".
    pub(crate) fn count(&self, key: &str, count: u64, values: &[(&str, &str)]) -> String {
        let singular = match self.lang {
            Lang::Fr => count < 2,
            Lang::En => count == 1,
        };
        match self.catalogue.get(key) {
            Some(Entry::Plural { one, .. }) if singular => filled(one, values),
            _ => self.fill(key, values),
        }
    }
}

/// Fills every `{name}` that `values` knows; a value is never read again, so it cannot inject a place.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(missing(name)),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A key or a place that nobody filled: a failed test, and at worst an empty word for a reader.
fn missing(name: &str) -> &'static str {
    if cfg!(test) {
        panic!("no text for {name}");
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::{Text, filled, parse};
    use crate::pages::Lang;

    #[test]
    fn a_filled_value_is_not_filled_again() {
        assert_eq!(filled("a {x} b {y}", &[("x", "{y}"), ("y", "2")]), "a {y} b 2");
    }

    #[test]
    fn zero_is_singular_in_french_and_plural_in_english() {
        let day = |lang, n: u64| {
            Text::of(lang).unwrap().count("known_days", n, &[("known", &n.to_string()), ("of", "7")])
        };
        assert!(day(Lang::Fr, 0).contains("0 jour sur 7"));
        assert!(day(Lang::Fr, 5).contains("5 jours sur 7"));
        assert!(day(Lang::En, 0).contains("0 of 7 days"));
    }

    #[test]
    fn an_entry_of_another_shape_is_refused() {
        assert!(parse(Lang::Fr, "a = 1").is_err());
        assert!(parse(Lang::Fr, "a = { one = \"x\" }").is_err());
    }
}
