//! What is asked of a page that a browser shows.

use std::path::PathBuf;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::driver::Window;

/// Looks at pages, with axe-core at hand.
pub(crate) struct Looks {
    axe: String,
    screenshots: Option<PathBuf>,
    pub(crate) rules_passed: usize,
    pub(crate) pages: usize,
}

impl Looks {
    /// With the text of `axe.min.js`.
    pub(crate) fn new(axe: String) -> Self {
        let screenshots = std::env::var_os("FOULEE_TEST_SCREENSHOTS").map(PathBuf::from);
        if let Some(folder) = &screenshots {
            std::fs::create_dir_all(folder).expect("the folder of screenshots");
        }
        Self { axe, screenshots, rules_passed: 0, pages: 0 }
    }

    /// Everything that is wrong with the page in the window.
    /// Each of `words` is a regular expression that the page's text matches.
    pub(crate) fn faults(
        &mut self,
        window: &Window<'_>,
        name: &str,
        lang: &str,
        words: &[&str],
    ) -> Vec<String> {
        self.pages += 1;
        let mut wrong: Vec<String> = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                wrong.push(format!("{name}: {what}"));
            }
        };
        let said = window.console_errors();
        must(said.is_empty(), format!("the console says {said:?}"));
        for word in words {
            let found =
                window.run(&format!("return new RegExp({}).test(document.body.innerText)", json!(word)));
            must(found == true, format!("{word:?} is on the page"));
        }
        must(window.run("return document.documentElement.lang") == lang, "its language".to_owned());
        let wide = window.run(
            "const most = window.innerWidth; return [document.documentElement.scrollWidth <= most, \
             [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > most + 1 \
             && !e.closest('.scroll') && !e.closest('.skip')).map(e => e.outerHTML.slice(0, 120))]",
        );
        must(
            wide[0] == true && wide[1] == Value::Array(Vec::new()),
            format!("nothing is wider than the screen: {}", wide[1]),
        );
        let cut = window.run(
            "return window.innerWidth < 1000 ? [] : [...document.querySelectorAll('.scroll')]\
             .filter(e => e.scrollWidth > e.clientWidth).map(e => e.getAttribute('aria-labelledby'))",
        );
        must(cut == Value::Array(Vec::new()), format!("on a desk every table fits: {cut}"));
        let broken = window.run(
            "const found = []; const ids = new Set(); for (const e of document.querySelectorAll('[id]')) { \
             if (ids.has(e.id)) found.push('twice: ' + e.id); ids.add(e.id); } \
             for (const e of document.querySelectorAll('a[href^=\"#\"]')) \
             if (!document.getElementById(e.getAttribute('href').slice(1))) found.push(e.outerHTML); return found",
        );
        must(broken == Value::Array(Vec::new()), format!("ids and links within the page: {broken}"));
        let result = window.run_async(&format!(
            "{}; const done = arguments[arguments.length - 1]; axe.run(document, {{ resultTypes: ['violations'] }})\
             .then(r => done({{ passed: r.passes.length, violations: r.violations.map(v => [v.id, v.impact, \
             v.nodes.map(n => n.html.slice(0, 200) + ' ' + n.failureSummary)]) }}), e => done({{ failed: String(e) }}))",
            self.axe
        ));
        let violations = result["violations"].as_array();
        must(violations.is_some_and(Vec::is_empty), format!("axe: {result}"));
        if let Some(folder) = &self.screenshots {
            let picture = base64::engine::general_purpose::STANDARD.decode(window.picture()).expect("base64");
            std::fs::write(folder.join(format!("{name}.png")), picture).expect("a screenshot");
        }
        self.rules_passed += result["passed"].as_u64().map_or(0, |passed| passed as usize);
        wrong
    }
}
