//! Writes every fixture as a file to look at: `FOULEE_PREVIEW=/tmp/pages cargo test --release -p foulee-api preview`.

use std::fs;
use std::path::PathBuf;

use super::fixtures::{failure, index, live, people, safety, today};
use crate::pages::model::ErrorKind;
use crate::pages::{
    LIVE_SCRIPT, Lang, STYLESHEET, render, render_error, render_index, render_live, render_safety,
    render_today,
};

#[test]
fn preview_files_are_written() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("FOULEE_PREVIEW").map_or(scratch.path().to_owned(), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("foulee.css"), STYLESHEET.text).unwrap();
    fs::write(folder.join("live.js"), LIVE_SCRIPT.text).unwrap();
    for lang in Lang::ALL {
        let mut pages: Vec<(&str, String)> =
            people().into_iter().map(|(name, page)| (name, render(&page, lang).unwrap())).collect();
        pages.push(("index", render_index(&index(), lang).unwrap()));
        pages.push(("error", render_error(&failure(ErrorKind::NotFound), lang).unwrap()));
        pages.extend(live().into_iter().map(|(name, page)| (name, render_live(&page, lang).unwrap())));
        pages.extend(today().into_iter().map(|(name, page)| (name, render_today(&page, lang).unwrap())));
        pages.extend(safety().into_iter().map(|(name, page)| (name, render_safety(&page, lang).unwrap())));
        for (name, html) in pages {
            // A file has no server behind it: what it fetches lies beside it.
            let html = html.replace(&STYLESHEET.href(), "foulee.css").replace(&LIVE_SCRIPT.href(), "live.js");
            fs::write(folder.join(format!("{name}.{}.html", lang.code())), html).unwrap();
        }
    }
}
