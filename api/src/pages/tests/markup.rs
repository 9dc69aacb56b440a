//! The HTML itself: balanced, escaped, nothing that the policy forbids, nothing that assistive technology trips over.

use std::collections::BTreeSet;

use super::fixtures::{ERRORS, estimable, failure, index, live, people, safety, today};
use crate::pages::model::{Href, PersonPage};
use crate::pages::{
    CodeTold, LIVE_SCRIPT, Lang, STYLESHEET, render, render_clear, render_enrol, render_enter, render_error,
    render_index, render_live, render_safety, render_today,
};

/// Elements that HTML closes by itself.
const VOID: [&str; 3] = ["meta", "link", "input"];

fn pages() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for lang in Lang::ALL {
        let name = |name: &str| format!("{name}.{}", lang.code());
        out.extend(people().iter().map(|(n, page)| (name(n), render(page, lang).unwrap())));
        out.extend(live().iter().map(|(n, page)| (name(n), render_live(page, lang).unwrap())));
        out.extend(today().iter().map(|(n, page)| (name(n), render_today(page, lang).unwrap())));
        out.extend(safety().iter().map(|(n, page)| (name(n), render_safety(page, lang).unwrap())));
        for told in [CodeTold::NotYet, CodeTold::Refused, CodeTold::Cleared] {
            out.push((name("clear"), render_clear(told, lang).unwrap()));
        }
        out.push((name("enter"), render_enter(true, lang).unwrap()));
        out.push((name("enrol"), render_enrol(lang).unwrap()));
        out.push((name("index"), render_index(&index(), lang).unwrap()));
        out.extend(ERRORS.map(|kind| (name("error"), render_error(&failure(kind), lang).unwrap())));
    }
    out
}

/// The tags of a page, in order, without their brackets.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap())
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split('"').next().unwrap())
}

#[test]
fn every_tag_is_closed_in_its_turn() {
    for (name, html) in pages() {
        let mut open = Vec::new();
        for tag in tags(&html) {
            let element = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
            match tag {
                _ if tag.starts_with('!') || VOID.contains(&element) || tag.ends_with('/') => {}
                _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(element), "{name}"),
                _ => open.push(element),
            }
            assert_eq!(tag.matches('"').count() % 2, 0, "{name}: {tag}");
        }
        assert_eq!(open, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn ids_are_single_and_what_is_referred_to_exists() {
    for (name, html) in pages() {
        let ids: Vec<&str> = tags(&html).filter_map(|tag| attribute(tag, "id")).collect();
        let set: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), set.len(), "{name} repeats an id");
        for tag in tags(&html) {
            for attr in ["aria-labelledby", "aria-describedby"] {
                for id in attribute(tag, attr).into_iter().flat_map(str::split_whitespace) {
                    assert!(set.contains(id), "{name}: nothing is called {id}");
                }
            }
            if let Some(fill) = attribute(tag, "fill") {
                let id = fill.trim_start_matches("url(#").trim_end_matches(')');
                assert!(set.contains(id), "{name}: no pattern {id}");
            }
        }
    }
}

#[test]
fn headings_go_down_one_by_one() {
    for (name, html) in pages() {
        let levels: Vec<u32> =
            tags(&html).filter_map(|tag| tag.strip_prefix('h')?.split(' ').next()?.parse().ok()).collect();
        assert_eq!(levels.first(), Some(&1), "{name}");
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
    }
}

#[test]
fn every_plot_has_a_name_and_words_and_every_table_a_caption() {
    for (name, html) in pages() {
        for svg in html.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()) {
            if svg.contains("aria-hidden=\"true\"") {
                continue;
            }
            assert!(
                svg.contains("role=\"img\"") && svg.contains("<title") && svg.contains("<desc"),
                "{name}"
            );
            assert!(
                !svg.contains("></title>") && !svg.contains("></desc>"),
                "{name} has an empty description"
            );
        }
        let count = |what: &str| html.matches(what).count();
        assert_eq!(count("<table"), count("<caption"), "{name}");
        let cells = tags(&html).filter(|tag| *tag == "th" || tag.starts_with("th "));
        assert!(cells.into_iter().all(|tag| tag.contains("scope=")), "{name}");
    }
}

#[test]
fn the_policy_is_kept() {
    for (name, html) in pages() {
        // The live page alone has a script, in a file of ours and named by its content.
        let script = format!("<script src=\"{}\" defer></script>", LIVE_SCRIPT.href());
        let scripts = usize::from(name.starts_with("live"));
        assert_eq!(html.matches("<script").count(), scripts, "{name}");
        assert_eq!(html.matches(&script).count(), scripts, "{name}");
        for forbidden in ["<style", " style=", "javascript:", "http:", "https:", "//", " onclick"] {
            assert!(!html.contains(forbidden), "{name} has {forbidden}");
        }
        assert!(html.contains(&STYLESHEET.href()), "{name}");
    }
    for forbidden in ["@import", "http:", "https:", "url("] {
        assert!(!STYLESHEET.text.contains(forbidden), "the stylesheet has {forbidden}");
    }
    for forbidden in ["http:", "https:", "eval", "innerHTML", "document.write", "localStorage", "cookie"] {
        assert!(!LIVE_SCRIPT.text.contains(forbidden), "the script has {forbidden}");
    }
    assert!(STYLESHEET.hash().len() == 16 && LIVE_SCRIPT.hash() != STYLESHEET.hash());
}

#[test]
fn every_class_is_drawn() {
    for (name, html) in pages() {
        for class in tags(&html).filter_map(|tag| attribute(tag, "class")).flat_map(str::split_whitespace) {
            assert!(STYLESHEET.text.contains(&format!(".{class}")), "{name}: nothing draws {class}");
        }
    }
}

#[test]
fn hostile_strings_stay_text() {
    let hostile = "\"><script>alert('x')</script>{participant}{{ t }}&";
    let page = PersonPage {
        participant: hostile.into(),
        study: Some(hostile.into()),
        programme: Some(hostile.into()),
        home_zone: hostile.into(),
        ..estimable()
    };
    let mut list = index();
    list.rows[0].participant = hostile.into();
    list.rows[0].href = Href::new("/p?a=\"><script>").unwrap();
    let mut error = failure(ERRORS[0]);
    error.request_id = Some(hostile.into());
    let mut newest = live().remove(0).1;
    newest.participant = hostile.into();
    newest.home_zone = hostile.into();
    for lang in Lang::ALL {
        // What comes after it is the page's own script.
        let newest = render_live(&newest, lang).unwrap().replace("<script src=", "");
        let pages = [
            newest,
            render(&page, lang).unwrap(),
            render_index(&list, lang).unwrap(),
            render_error(&error, lang).unwrap(),
        ];
        for html in pages {
            assert!(!html.contains("<script"));
            assert!(html.contains("&#60;script&#62;") || html.contains("&lt;script&gt;"));
            assert!(html.contains("{participant}"), "a value was read as a place to fill");
        }
    }
}

#[test]
fn a_link_never_leaves_the_service() {
    for bad in ["javascript:alert(1)", "https://x.org", "//x.org", "/\\x.org", "x", "", "/a\nb"] {
        assert!(Href::new(bad).is_err(), "{bad}");
    }
    assert!(["/participants/1", "?lang=en", "#day"].iter().all(|good| Href::new(*good).is_ok()));
}

/// Relative luminance and contrast as WCAG 2.2 defines them.
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |hex: &str| {
        let channel = |i: usize| {
            let value = f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn colours_stand_out_in_both_schemes() {
    let schemes: Vec<&str> = STYLESHEET.text.split(":root {").skip(1).take(2).collect();
    for scheme in schemes {
        let colour = |name: &str| {
            let (_, rest) = scheme.split_once(&format!("--{name}: ")).unwrap();
            rest.split(';').next().unwrap()
        };
        for (ink, ground) in [
            ("ink", "page"),
            ("ink", "card"),
            ("soft", "page"),
            ("soft", "card"),
            ("accent", "page"),
            ("accent", "card"),
            ("stamp-ink", "stamp-page"),
        ] {
            let ratio = contrast(colour(ink), colour(ground));
            assert!(ratio >= 4.5, "{ink} on {ground}: {ratio:.2}");
        }
        for (mark, ground) in [("line", "card"), ("accent", "card"), ("ink", "card")] {
            let ratio = contrast(colour(mark), colour(ground));
            assert!(ratio >= 3.0, "{mark} on {ground}: {ratio:.2}");
        }
    }
}
