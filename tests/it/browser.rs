//! The pages of the real `foulee demo` in a real Chromium: on a phone and a desk, in French and English, with axe-core, the
//! keyboard, no scripts but that of the live page, and no sideways scrolling.
//!
//! It needs `chromium`, `chromedriver` and `FOULEE_TEST_AXE`, the path of `axe.min.js` (npm package `axe-core`). Where one
//! is absent it says so and passes, unless `FOULEE_TEST_REQUIRE_BROWSER=1`. `FOULEE_TEST_SCREENSHOTS` names a folder for
//! pictures of every page.

#[path = "browser/day.rs"]
mod day;
#[path = "browser/demo.rs"]
mod demo;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/looks.rs"]
mod looks;

use demo::Demo;
use driver::{Driver, Window, program};
use looks::Looks;

/// Tab and Enter, as WebDriver writes them.
const TAB: char = '\u{E004}';
const ENTER: char = '\u{E007}';

/// A screen, in CSS pixels.
const SCREENS: [(&str, u32, u32, bool); 2] = [("phone", 390, 844, true), ("desk", 1280, 900, false)];

/// A language, the words for known days, and the heading of the list.
const LANGUAGES: [(&str, &str, &str, &str); 2] = [
    ("fr", "d’après \\d+ jours? sur \\d+", "Participants", "Jeton d’accès"),
    ("en", "from \\d+ of \\d+ days", "Participants", "Access token"),
];

/// The browser and axe, or what is missing.
fn tools() -> Option<(Driver, Looks)> {
    let chromium = program(&["chromium", "chromium-browser", "google-chrome"]);
    let chromedriver = program(&["chromedriver"]);
    let axe = std::env::var_os("FOULEE_TEST_AXE").map(|path| {
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("FOULEE_TEST_AXE {}: {error}", path.display()))
    });
    let missing: Vec<&str> = [
        ("chromium", chromium.is_none()),
        ("chromedriver", chromedriver.is_none()),
        ("FOULEE_TEST_AXE", axe.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, absent)| absent.then_some(name))
    .collect();
    if let (Some(chromium), Some(chromedriver), Some(axe)) = (chromium, chromedriver, axe) {
        return Some((Driver::start(&chromedriver, chromium), Looks::new(axe)));
    }
    let missing = missing.join(", ");
    assert!(
        std::env::var_os("FOULEE_TEST_REQUIRE_BROWSER").is_none_or(|value| value != "1"),
        "FOULEE_TEST_REQUIRE_BROWSER=1 and {missing} missing"
    );
    println!("left out: browser tests ({missing} missing)");
    None
}

#[test]
fn pages_are_accessible_on_every_screen() {
    let Some((driver, mut looks)) = tools() else { return };
    let demo = Demo::start();
    let mut wrong = Vec::new();
    for (screen, width, height, phone) in SCREENS {
        for (lang, known, heading, label) in LANGUAGES {
            let window = driver.window(width, height, phone, lang);
            let name = |page: &str| format!("{page}-{lang}-{screen}");
            window.open(&format!("{}/?lang={lang}", demo.base()));
            let address = window.address();
            assert!(address.contains("/enter"), "without a token the list asks for one: {address}");
            wrong.extend(looks.faults(&window, &name("enter"), lang, &[label]));
            wrong.extend(refused(&mut looks, &window, &name("refused"), lang, demo.base()));
            window.open(&format!("{}/enrol?lang={lang}", demo.base()));
            wrong.extend(looks.faults(&window, &name("enrol"), lang, &["QR code"]));

            window.open(&demo.link);
            let person = window.address().split('?').next().unwrap_or_default().to_owned();
            assert!(person.contains("/p/"), "the demonstration's link leads to a person: {person}");
            window.open(&format!("{person}?lang={lang}"));
            let size = (window.run("return window.innerWidth"), window.run("return window.innerHeight"));
            assert_eq!(size, (width.into(), height.into()), "the page's own size");
            wrong.extend(looks.faults(&window, &name("person"), lang, &[known, "%"]));
            wrong.extend(skip_link(&window, &name("person")));
            window.run("document.querySelectorAll('details').forEach(one => { one.open = true; })");
            wrong.extend(looks.faults(&window, &name("person-open"), lang, &[known]));
            window.prefer("dark");
            wrong.extend(looks.faults(&window, &name("person-dark"), lang, &[known]));
            window.prefer("light");

            let arrived = if lang == "fr" { "Ce qui est arrivé" } else { "What has come" };
            window.open(&format!("{person}/received?lang={lang}"));
            wrong.extend(looks.faults(&window, &name("received"), lang, &[arrived]));
            window.run("document.querySelectorAll('details').forEach(one => { one.open = true; })");
            wrong.extend(looks.faults(&window, &name("received-open"), lang, &[arrived]));
            window.prefer("dark");
            wrong.extend(looks.faults(&window, &name("received-dark"), lang, &[arrived]));
            window.prefer("light");

            window.open(&format!("{}/?lang={lang}", demo.base()));
            wrong.extend(looks.faults(&window, &name("index"), lang, &[heading]));
            wrong.extend(skip_link(&window, &name("index")));
            let nowhere = format!("{}/p/01900000-0000-7000-8000-00000000dead?lang={lang}", demo.base());
            window.open(&nowhere);
            // The console names the 404 itself; it is expected here alone.
            let said = window.console_errors();
            if said.iter().any(|line| !line.contains("404")) {
                wrong.push(format!("{}: the console says {said:?}", name("nowhere")));
            }
            wrong.extend(looks.faults(&window, &name("nowhere"), lang, &[]));
        }
    }
    println!("{} pages, {} axe rules passed", looks.pages, looks.rules_passed);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_live_page_changes_without_being_loaded_again() {
    let Some((driver, mut looks)) = tools() else { return };
    let demo = Demo::start();
    let mut wrong = Vec::new();
    for (lang, connected, beats, unknown, paused) in [
        ("fr", "Connecté", "battements par minute", "inconnue", "En pause"),
        ("en", "Connected", "beats per minute", "not known", "Paused"),
    ] {
        let window = driver.window(390, 844, true, lang);
        window.open(&demo.link);
        window.open(&format!("{}/live?lang={lang}", demo.person()));
        window.run("window.isStill = 'the same page'");
        wait_for(&window, "connection", connected);
        let first = window.run("return document.getElementById('rate').textContent");
        if lang == "fr" {
            assert!(first.as_str().is_some_and(|text| text.contains(unknown)), "{first}");
        }
        for bpm in [61, 148] {
            let begun = std::time::Instant::now();
            demo.beat(bpm);
            wait_for(&window, "rate", &format!("{bpm} {beats}"));
            println!("{lang}: {bpm} is shown {:?} after it was sent", begun.elapsed());
        }
        window.run("document.getElementById('pause').click()");
        wait_for(&window, "connection", paused);
        demo.beat(99);
        std::thread::sleep(std::time::Duration::from_millis(500));
        wait_for(&window, "rate", &format!("148 {beats}"));
        window.run("document.getElementById('pause').click()");
        wait_for(&window, "rate", &format!("99 {beats}"));
        // A rate grows old by itself, and is then no rate of now.
        window.run("const now = Date.now; Date.now = () => now() + 180000");
        wait_for(&window, "rate", unknown);
        assert_eq!(window.run("return window.isStill"), "the same page");
        assert_eq!(window.console_errors(), Vec::<String>::new());

        for (screen, width, height, phone) in SCREENS {
            let window = driver.window(width, height, phone, lang);
            let name = |page: &str| format!("{page}-{lang}-{screen}");
            window.open(&demo.link);
            demo.beat(72);
            window.open(&format!("{}/live?lang={lang}", demo.person()));
            wait_for(&window, "connection", connected);
            wrong.extend(looks.faults(&window, &name("live"), lang, &[&format!("72 {beats}")]));
            wrong.extend(skip_link(&window, &name("live")));
            window.prefer("dark");
            wrong.extend(looks.faults(&window, &name("live-dark"), lang, &[beats]));
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_person_says_how_they_are_on_a_phone_and_a_sign_stops_everything() {
    let Some((driver, mut looks)) = tools() else { return };
    let demo = Demo::start();
    let wrong = day::faults(|lang| driver.window(390, 844, true, lang), &mut looks, &demo);
    println!("{} pages, {} axe rules passed", looks.pages, looks.rules_passed);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// Until an element of the page says something.
#[track_caller]
fn wait_for(window: &Window<'_>, id: &str, words: &str) {
    let mut said = serde_json::Value::Null;
    for _ in 0..200 {
        said = window.run(&format!("return document.getElementById('{id}').textContent"));
        if said.as_str().is_some_and(|said| said.contains(words)) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("#{id} says {said} and not {words:?}");
}

/// A token that is none is typed in with the keyboard: the page says so, and is as accessible as the others.
fn refused(looks: &mut Looks, window: &Window<'_>, name: &str, lang: &str, base: &str) -> Vec<String> {
    window.open(&format!("{base}/enter?lang={lang}"));
    window.run("document.getElementById('token').focus()");
    for key in ['x', ENTER] {
        window.press(key);
    }
    let loaded =
        "return document.readyState === 'complete' && document.querySelector('[role=alert]') !== null";
    for _ in 0..100 {
        if window.run(loaded) == true {
            let said = window.console_errors();
            let mut wrong = looks.faults(window, name, lang, &[]);
            if said.iter().any(|line| !line.contains("401")) {
                wrong.push(format!("{name}: the console says {said:?}"));
            }
            return wrong;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    vec![format!("{name}: a token that is none is refused in words")]
}

/// The first stop of the keyboard leads past the head of the page.
fn skip_link(window: &Window<'_>, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{name}: {what}"));
        }
    };
    window.press(TAB);
    let focused = window.run(
        "const e = document.activeElement, r = e.getBoundingClientRect(); \
         return [e.className, r.left >= 0 && r.top >= 0 && r.right <= window.innerWidth, \
         getComputedStyle(e).outlineStyle]",
    );
    must(focused[0] == "skip", &format!("the first stop is the skip link, not {focused}"));
    must(focused[1] == true, "the skip link is seen once it has the focus");
    must(focused[2] != "none", "the focus is seen");
    window.press(ENTER);
    must(window.run("return document.activeElement.id") == "main", "it leads to the content");
    window.press(TAB);
    must(
        window.run("return document.getElementById('main').contains(document.activeElement)") == true,
        "the next stop lies in the content",
    );
    wrong
}
