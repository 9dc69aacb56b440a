//! The two languages of the pages, and which one a reader gets.

/// A language that the pages speak. French unless something else was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

impl Lang {
    /// Every language, for tests and for writing all versions of a page.
    pub const ALL: [Lang; 2] = [Lang::Fr, Lang::En];

    /// The BCP 47 code, as the `lang` attribute takes it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Lang::Fr => "fr",
            Lang::En => "en",
        }
    }

    /// The language that the other link on the page leads to.
    #[must_use]
    pub fn other(self) -> Lang {
        match self {
            Lang::Fr => Lang::En,
            Lang::En => Lang::Fr,
        }
    }

    /// The language of a request: `?lang=` first, then `Accept-Language` by its weights, then French.
    #[must_use]
    pub fn choose(query: Option<&str>, accept_language: Option<&str>) -> Lang {
        query.and_then(Lang::from_tag).or_else(|| accept_language.and_then(preferred)).unwrap_or_default()
    }

    /// `fr`, `fr-CA`, `EN-gb`: the primary subtag decides.
    fn from_tag(tag: &str) -> Option<Lang> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Lang::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }
}

/// The known language of greatest weight; the first named wins a tie, weight 0 means "not this one".
fn preferred(header: &str) -> Option<Lang> {
    let mut best: Option<(Lang, f32)> = None;
    for part in header.split(',') {
        let mut fields = part.split(';');
        let Some(lang) = fields.next().and_then(Lang::from_tag) else { continue };
        let weight = match fields.find_map(|field| field.trim().strip_prefix("q=")) {
            Some(q) => q.parse::<f32>().unwrap_or(0.0),
            None => 1.0,
        };
        if weight > 0.0 && best.is_none_or(|(_, so_far)| weight > so_far) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn the_query_wins_then_the_header_by_weight_then_french() {
        assert_eq!(Lang::choose(Some("en"), Some("fr")), Lang::En);
        assert_eq!(Lang::choose(None, Some("de, en-GB;q=0.8, fr;q=0.5")), Lang::En);
        assert_eq!(Lang::choose(None, Some("en;q=0, fr;q=0.1")), Lang::Fr);
        assert_eq!(Lang::choose(None, Some("fr-CA,en")), Lang::Fr);
        assert_eq!(Lang::choose(Some("xx"), None), Lang::Fr);
        assert_eq!(Lang::choose(None, None), Lang::Fr);
    }
}
