//! A participant's day on a phone: check-in, flare, session, a warning sign, and how the stop is lifted.

use serde_json::{Value, json};

use crate::demo::Demo;
use crate::driver::Window;
use crate::looks::Looks;

/// What the page says in a language.
struct Words {
    lang: &'static str,
    planned: &'static str,
    said: &'static str,
    flare: &'static str,
    help: &'static str,
    withheld: &'static str,
    valid: &'static str,
    lifted: &'static str,
}

const WORDS: [Words; 2] = [
    Words {
        lang: "fr",
        planned: "mobilité du bassin",
        said: "4 sur 10",
        flare: "Une poussée est en cours",
        help: "Appelez le 15 ou le 112",
        withheld: "L’objectif n’est pas montré",
        valid: "Valable jusqu’au",
        lifted: "Aucun arrêt de sécurité",
    },
    Words {
        lang: "en",
        planned: "pelvic mobility",
        said: "4 of 10",
        flare: "A flare is under way",
        help: "Call 15 or 112",
        withheld: "The target is not shown",
        valid: "Valid until",
        lifted: "No safety stop",
    },
];

/// Clicks something and waits until the page that follows says `words`.
#[track_caller]
fn click(window: &Window<'_>, element: &str, words: &str) {
    window.run("window.isLeft = false; window.isOld = true;");
    let found =
        format!("const e = document.querySelector({}); if (e) e.click(); return e !== null", json!(element));
    assert_eq!(window.run(&found), true, "{element} is on the page");
    let said = format!(
        "return document.readyState === 'complete' && !window.isOld && document.body.innerText.includes({})",
        json!(words)
    );
    for _ in 0..200 {
        if window.run(&said) == true {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!(
        "after {element} the page says {} and not {words:?}",
        window.run("return document.body.innerText")
    );
}

/// Prescribes exercises from today on.
fn prescribe(demo: &Demo) {
    let start = chrono::Utc::now().date_naive();
    let asked = json!({"programme": "home-exercises", "start": start, "start_steps": 6_000,
        "contingency": "time_contingent"});
    let id = demo.participant();
    let request = ureq::post(format!("{}/v1/participants/{id}/prescriptions", demo.base()));
    let answer = request.header("Authorization", format!("Bearer {}", demo.token())).send_json(asked);
    assert!(answer.expect("an answer").status().is_success());
}

/// Everything that is wrong on the way, in both languages.
pub(crate) fn faults<'a>(
    window_of: impl Fn(&str) -> Window<'a>,
    looks: &mut Looks,
    demo: &Demo,
) -> Vec<String> {
    prescribe(demo);
    let mut wrong = Vec::new();
    for words in WORDS {
        let lang = words.lang;
        let name = |page: &str| format!("{page}-{lang}-phone");
        let window = window_of(lang);
        window.open(&demo.link);
        window.open(&format!("{}/day?lang={lang}", demo.person()));
        wrong.extend(looks.faults(&window, &name("day"), lang, &[words.planned]));
        click(&window, "button[name=value][value='4']", words.said);
        click(&window, "button[value=right]", words.said);
        click(&window, "button[value=start]", words.flare);
        click(&window, "input[value=stretching] ~ p button", words.flare);
        wrong.extend(looks.faults(&window, &name("day-said"), lang, &[words.said, words.flare]));
        click(&window, "button[value=end]", words.said);
        window.run("document.querySelectorAll('details').forEach(one => { one.open = true; })");
        wrong.extend(looks.faults(&window, &name("day-open"), lang, &[words.planned]));
        window.prefer("dark");
        wrong.extend(looks.faults(&window, &name("day-dark"), lang, &[words.planned]));
        window.prefer("light");

        window.run("document.getElementById('sign-saddle_numbness').click()");
        click(
            &window,
            "#sign-saddle_numbness ~ p button, form:has(#sign-saddle_numbness) button",
            words.help,
        );
        wrong.extend(looks.faults(&window, &name("day-stopped"), lang, &[words.help, words.withheld]));
        let shown = window.run(&format!("return document.body.innerText.includes({})", json!(words.planned)));
        if shown != Value::Bool(false) {
            wrong.push(format!("{}: what was planned is still shown", name("day-stopped")));
        }
        for (page, path) in
            [("person-stopped", ""), ("received-stopped", "/received"), ("live-stopped", "/live")]
        {
            window.open(&format!("{}{path}?lang={lang}", demo.person()));
            wrong.extend(looks.faults(&window, &name(page), lang, &[words.help]));
        }
        window.open(&format!("{}/safety?lang={lang}", demo.person()));
        click(&window, "#lift ~ form button", words.valid);
        wrong.extend(looks.faults(&window, &name("safety-sheet"), lang, &[words.valid]));
        click(&window, "#professional ~ form button", words.lifted);
        wrong.extend(looks.faults(&window, &name("safety-lifted"), lang, &[words.lifted]));
        window.open(&format!("{}/clear?lang={lang}", demo.base()));
        wrong.extend(looks.faults(&window, &name("clear"), lang, &[]));
        window.open(&format!("{}/day?lang={lang}", demo.person()));
        wrong.extend(looks.faults(&window, &name("day-again"), lang, &[words.planned]));
    }
    wrong
}
