//! The workspace's Rust files as texts.

use std::path::Path;

/// A Rust file.
pub(crate) struct Source {
    /// Its path below the folder that was asked for.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) lines: usize,
}

/// Every Rust file below a folder, what cargo built left out.
pub(crate) fn in_folder(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(at) = left.pop() {
        for entry in std::fs::read_dir(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display())) {
            let path = entry.expect("an entry").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                left.push(path);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push(Source { lines: text.lines().count(), name, text });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The names of the modules that a file is, stands in or declares.
pub(crate) fn module_words(source: &Source) -> Vec<String> {
    let path = source.name.trim_end_matches(".rs").split('/').map(str::to_owned);
    let declared = source.text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line =
            line.strip_prefix("pub").map_or(line, |rest| rest.trim_start_matches(|c| c != ' ').trim_start());
        let name = line.strip_prefix("mod ")?;
        Some(name.trim_end_matches([';', '{', ' ']).to_owned())
    });
    path.chain(declared).collect()
}
