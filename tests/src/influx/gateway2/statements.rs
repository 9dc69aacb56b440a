//! Which statements of InfluxQL 2.x answers differently from 1.x.

/// What 2.x makes of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The same as 1.x.
    Reads,
    /// Deletes, and has no result.
    Deletes,
    /// Is not implemented, by this name.
    Unknown(String),
}

/// The statements of a query.
pub(super) fn split(query: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for (piece, is_quoted) in pieces(query) {
        if is_quoted {
            found.last_mut().into_iter().for_each(|last| last.push_str(piece));
            continue;
        }
        for (at, part) in piece.split(';').enumerate() {
            if at > 0 {
                found.push(String::new());
            }
            found.last_mut().into_iter().for_each(|last| last.push_str(part));
        }
    }
    found.retain(|statement| !statement.trim().is_empty());
    found
}

/// What 2.x makes of one statement.
pub(super) fn kind(statement: &str) -> Kind {
    let bare: String = pieces(statement)
        .into_iter()
        .map(|(piece, is_quoted)| if is_quoted { " \"\" " } else { piece })
        .collect();
    let words: Vec<String> = bare.split_whitespace().map(str::to_ascii_uppercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let unknown = |count: usize| Kind::Unknown(words[..count.min(words.len())].join(" "));
    match words[..] {
        ["DELETE", ..] | ["DROP", "MEASUREMENT", ..] => Kind::Deletes,
        ["SELECT", ..] => {
            let before = words.iter().take_while(|word| **word != "FROM");
            let into = before.filter(|word| **word == "INTO").count() > 0;
            if into { Kind::Unknown("SELECT INTO".to_owned()) } else { Kind::Reads }
        }
        ["SHOW", "SERIES", "CARDINALITY", ..] => unknown(3),
        ["SHOW", "STATS" | "DIAGNOSTICS" | "SHARDS", ..] => unknown(2),
        ["CREATE" | "DROP" | "ALTER", ..] => unknown(2),
        _ => Kind::Reads,
    }
}

/// Pieces of a text, and whether each is quoted.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let (mut from, mut quote, mut is_escaped) = (0, None, false);
    for (at, char) in text.char_indices() {
        match quote {
            None if char == '"' || char == '\'' => {
                found.push((&text[from..at], false));
                (from, quote) = (at, Some(char));
            }
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if char == '\\' => is_escaped = true,
            Some(open) if char == open => {
                found.push((&text[from..=at], true));
                (from, quote) = (at + char.len_utf8(), None);
            }
            _ => {}
        }
    }
    found.push((&text[from..], false));
    found
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind, split};

    #[test]
    fn quotes_hide_what_they_hold() {
        let query = "SELECT 'a;b\\';' FROM \"x;y\"; ; DELETE FROM m WHERE t='into';";
        let found = split(query);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(kind(&found[0]), Kind::Reads);
        assert_eq!(kind(&found[1]), Kind::Deletes);
    }

    #[test]
    fn what_2_does_not_implement_is_named() {
        for (statement, name) in [
            ("drop series from m", "DROP SERIES"),
            ("SHOW SERIES CARDINALITY", "SHOW SERIES CARDINALITY"),
            ("SELECT * INTO \"b\" FROM m", "SELECT INTO"),
            ("CREATE DATABASE \"x\"", "CREATE DATABASE"),
            ("DROP DATABASE x", "DROP DATABASE"),
        ] {
            assert_eq!(kind(statement), Kind::Unknown(name.to_owned()));
        }
        for statement in ["SELECT \"into\" FROM m", "SHOW SERIES EXACT CARDINALITY", "SHOW SERIES", "DROPS"] {
            assert_eq!(kind(statement), Kind::Reads);
        }
        assert_eq!(kind("DROP MEASUREMENT m"), Kind::Deletes);
    }
}
