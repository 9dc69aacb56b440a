//! The commands of `docs/csv.md`, run on its files: each prints what the page says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::foulee;

/// A fenced block: its language, what stands in backticks on the line before it, its text.
struct Block<'a> {
    language: &'a str,
    name: Option<&'a str>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let (mut found, mut name, mut open): (Vec<Block<'_>>, _, bool) = (Vec::new(), None, false);
    for line in page.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => {
                found.push(Block { language, name: name.take(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => found.last_mut().expect("a block").text += &format!("{line}\n"),
            (None, false) if line.is_empty() => {}
            (None, false) => name = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')),
        }
    }
    found
}

/// Runs a line as a shell does; what it prints, errors first.
fn shell(line: &str, folder: &Path) -> String {
    let binary = foulee::binary();
    let beside = binary.parent().expect("a folder").display();
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", line]).env_clear();
    command.env("PATH", format!("{beside}:/usr/bin:/bin")).env("FOULEE_DATA_DIR", folder.join("data"));
    let output = command.output().expect("a shell");
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// The text with each id that is made anew as `ID`.
fn without_ids(text: &str) -> String {
    let word = |word: &str| {
        let is_id = word.len() == 36 && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if is_id { "ID".to_owned() } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_commands_of_the_page_print_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/csv.md");
    let page = fs::read_to_string(page).expect("the page");
    let folder = tempfile::tempdir().expect("a folder");
    let (blocks, mut commands) = (blocks(&page), 0);
    for block in &blocks {
        if block.language == "csv" {
            fs::write(folder.path().join(block.name.expect("a name before it")), &block.text)
                .expect("a file");
        }
    }
    for block in blocks.iter().filter(|block| block.language == "console") {
        for part in block.text.split("$ ").filter(|part| !part.is_empty()) {
            let (line, expected) = part.split_once('\n').expect("a command, then what it prints");
            let printed = shell(line, folder.path());
            println!("$ {line}\n{printed}");
            assert_eq!(without_ids(&printed), without_ids(expected), "{line}");
            commands += 1;
        }
    }
    assert!(commands > 10, "the commands were found");
}
