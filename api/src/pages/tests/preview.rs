//! Writes every fixture as a file to look at: `FOULEE_PREVIEW=/tmp/pages cargo test --release -p foulee-api preview`.

use std::fs;
use std::path::PathBuf;

use super::fixtures::{failure, index, people};
use crate::pages::model::ErrorKind;
use crate::pages::{Lang, STYLESHEET, render, render_error, render_index, stylesheet_href};

#[test]
fn preview_files_are_written() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("FOULEE_PREVIEW").map_or(scratch.path().to_owned(), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("foulee.css"), STYLESHEET).unwrap();
    for lang in Lang::ALL {
        let mut pages: Vec<(&str, String)> =
            people().into_iter().map(|(name, page)| (name, render(&page, lang).unwrap())).collect();
        pages.push(("index", render_index(&index(), lang).unwrap()));
        pages.push(("error", render_error(&failure(ErrorKind::NotFound), lang).unwrap()));
        for (name, html) in pages {
            // A file has no server behind it: its stylesheet lies beside it.
            let html = html.replace(&stylesheet_href(), "foulee.css");
            fs::write(folder.join(format!("{name}.{}.html", lang.code())), html).unwrap();
        }
    }
}
