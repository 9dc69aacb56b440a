use super::*;

/// Opens what its list says, and writes down what it is given.
#[derive(Default)]
struct Notes {
    opened: Vec<&'static str>,
    parts: Vec<String>,
    torn: u32,
}

impl Document for Notes {
    fn opens(&mut self, path: &str, _: bool) -> bool {
        self.opened.contains(&path)
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        self.parts.push(format!("{} {} {}", part.number, part.path, shown(&part)));
        Ok(())
    }

    fn torn(&mut self, _: u64, _: &'static str) {
        self.torn += 1;
    }
}

fn shown(part: &Part<'_>) -> String {
    part.json.map_or("a part of more than 1 MiB".to_owned(), |json| {
        String::from_utf8_lossy(&json[..json.len().min(80)]).into_owned()
    })
}

fn notes(opened: &[&'static str], text: impl AsRef<[u8]>) -> (Vec<String>, u32, Option<String>) {
    let mut notes = Notes { opened: opened.to_vec(), ..Notes::default() };
    let cut = match walk(text.as_ref(), &mut notes).unwrap() {
        Ending::Whole => None,
        Ending::Cut { why, .. } => Some(why),
    };
    (notes.parts, notes.torn, cut)
}

#[test]
fn what_is_opened_is_walked_and_the_rest_is_handed_over() {
    let text = "\u{feff}{\"a\": [1, \"x\\\"]\", {\"b\": [2]}], \"c\":{\"d\" :null}, \"e\":true}\n[3]";
    let (parts, _, cut) = notes(&["", "a"], text);
    assert_eq!(
        parts,
        ["1 a/* 1", "2 a/* \"x\\\"]\"", "3 a/* {\"b\": [2]}", "4 c {\"d\" :null}", "5 e true", "6 * 3"]
    );
    assert_eq!(cut, None);
}

#[test]
fn a_part_that_never_ends_or_is_broken_costs_no_other() {
    let long = format!("[1,\"{}\",{{\"a\" \"b\"}},2]", "x".repeat(3 * MOST_BYTES));
    let (parts, _, cut) = notes(&[""], long);
    assert_eq!(parts, ["1 * 1", "2 * a part of more than 1 MiB", "3 * {\"a\" \"b\"}", "4 * 2"]);
    assert_eq!(cut, None);
    // A quote that is missing: its line is lost, and not the file.
    let (parts, ..) = notes(&[""], "[{\"a\":\"b},\n{\"a\":1},\n{\"a\":2}}, 3]");
    assert_eq!(parts.last().map(String::as_str), Some("2 * 3"), "{parts:?}");
}

#[test]
fn an_end_that_is_missing_is_told() {
    for text in ["[1,{\"a\":", "[1,", "[1", "{\"a\":1", "{\"a\"", "{\"a", "[1,\"x"] {
        let (_, _, cut) = notes(&[""], text);
        assert!(cut.is_some_and(|why| why.contains("end of the document")), "{text}");
    }
    for text in ["[1}", "{1}", "{\"a\" 1}", "{\"a\":]}", "]"] {
        assert!(notes(&[""], text).2.is_some(), "{text}");
    }
    assert_eq!(notes(&[""], " \n").2, None);
}

#[test]
fn a_torn_line_costs_itself() {
    let text = "{\"a\":1}\n{\"a\":{\"b\":2\n{\"a\":3}\n{\"a\"\n{\"a\":4}\n";
    let (parts, torn, cut) = notes(&[""], text);
    assert_eq!(parts, ["1 a 1", "2 a 3", "3 a 4"]);
    assert_eq!((torn, cut), (2, None));
}

#[test]
fn nesting_without_end_needs_no_stack() {
    let deep = "[".repeat(1 << 20);
    let (parts, _, cut) = notes(&["", "*", "*/*", "*/*/*"], &deep);
    assert_eq!((parts.len(), cut.is_some()), (0, true));
    let whole = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    let mut notes = Notes { opened: vec![""], ..Notes::default() };
    walk(whole.as_bytes(), &mut notes).unwrap();
    let part = Part { path: "*", json: Some(whole.as_bytes()), number: 1 };
    assert!(part.read::<Text<'_>>().is_err() && part.read::<serde_json::Value>().is_err());
}

#[test]
fn a_scalar_is_read_whichever_way_it_was_written() {
    let read = |json: &str| {
        let part = Part { path: "", json: Some(json.as_bytes()), number: 1 };
        part.read::<Text<'_>>().map(|text| text.to_string())
    };
    assert_eq!(
        ["72", "\" 72 \"", "72.5", "-3", "null", "\"\\u0037\""].map(|json| read(json).unwrap()),
        ["72", "72", "72.50", "-3", "", "7"]
    );
    assert!(["[72]", "{}", "true", "7 2", "\"\u{0}\""].iter().all(|json| read(json).is_err()));
}
