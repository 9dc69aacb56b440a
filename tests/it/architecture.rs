//! The shape that ARCHITECTURE promises, kept: who may depend on whom, and the house rules that a text can break.

#[path = "architecture/locked.rs"]
mod locked;
#[path = "architecture/sources.rs"]
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use sources::{Source, in_folder, module_words};

/// One line of the arrows: a crate, what it rests on, and what it may rest on besides.
struct Arrow {
    from: &'static str,
    to: &'static [&'static str],
    at_most: &'static [&'static str],
}

/// The arrows between the workspace's crates. One to a crate that is not there yet holds from the day that it is.
const ARROWS: [Arrow; 12] = [
    Arrow { from: "foulee-contract", to: &[], at_most: &[] },
    Arrow { from: "foulee-gatt", to: &[], at_most: &[] },
    Arrow { from: "foulee-journal", to: &[], at_most: &[] },
    Arrow { from: "foulee-person", to: &[], at_most: &[] },
    Arrow { from: "foulee-gateway", to: &["foulee-gatt", "foulee-contract", "foulee-journal"], at_most: &[] },
    // Never analytics: what judges may not import what it judges.
    Arrow { from: "foulee-sim", to: &["foulee-person", "foulee-contract"], at_most: &["foulee-gatt"] },
    Arrow { from: "foulee-store", to: &["foulee-contract"], at_most: &[] },
    Arrow { from: "foulee-ingest", to: &["foulee-contract", "foulee-store"], at_most: &["foulee-journal"] },
    Arrow { from: "foulee-analytics", to: &[], at_most: &["foulee-contract"] },
    Arrow {
        from: "foulee-api",
        to: &["foulee-ingest", "foulee-store", "foulee-analytics", "foulee-contract", "foulee-person"],
        at_most: &[],
    },
    Arrow { from: "foulee-tests", to: &[], at_most: EVERYBODY },
    Arrow { from: "foulee-fuzz", to: &[], at_most: EVERYBODY },
];
const EVERYBODY: &[&str] = &[
    "foulee-analytics",
    "foulee-api",
    "foulee-contract",
    "foulee-gateway",
    "foulee-gatt",
    "foulee-ingest",
    "foulee-journal",
    "foulee-person",
    "foulee-sim",
    "foulee-store",
];

/// The folders in which crates may stand.
const FOLDERS: [&str; 6] = ["analytics", "api", "gateway", "ingest", "simulators", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace")
}

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps().other_options(["--offline".to_owned()]);
    command.exec().expect("cargo metadata")
}

/// Every Rust file of the workspace.
fn sources() -> Vec<Source> {
    in_folder(&root())
}

fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn the_arrows_hold() {
    let metadata = metadata();
    let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(arrow) = ARROWS.iter().find(|arrow| package.name == arrow.from) else {
            wrong.push(format!("{} has no line in the arrows", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|one| members.contains(one.name.as_str())) {
            let to = dependency.name.as_str();
            if !arrow.to.contains(&to) && !arrow.at_most.contains(&to) {
                wrong.push(format!("{} -> {to} ({:?}) is no arrow", package.name, dependency.kind));
            }
        }
        for to in arrow.to.iter().filter(|to| members.contains(**to)) {
            let mut normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
            if !normal.any(|one| one.name == *to) {
                wrong.push(format!("{} no longer rests on {to}: take the arrow out", package.name));
            }
        }
    }
    none("arrows", &wrong);
}

#[test]
fn leaves_stay_light() {
    let light: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("foulee-contract", &["chrono", "serde", "uuid"][..]),
        ("foulee-gatt", &["thiserror", "uuid"][..]),
        ("foulee-analytics", &["chrono", "chrono-tz", "foulee-contract", "thiserror"][..]),
        ("foulee-journal", &["chacha20poly1305", "crc", "thiserror", "zstd"][..]),
        ("foulee-person", &["chrono", "rand", "rand_chacha", "thiserror"][..]),
    ]);
    let metadata = metadata();
    let mut wrong = Vec::new();
    for (name, admitted) in light {
        let package = metadata.packages.iter().find(|package| package.name == name).expect("the crate");
        let normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
        wrong.extend(
            normal
                .filter(|one| !admitted.contains(&one.name.as_str()))
                .map(|one| format!("{name} -> {}", one.name)),
        );
    }
    none("dependencies that a leaf does not need", &wrong);
}

#[test]
fn crates_stand_in_the_fixed_folders_and_open_with_their_rules() {
    let metadata = metadata();
    let root = root();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let manifest = package.manifest_path.strip_prefix(&root).expect("within the workspace");
        let folder = manifest.components().next().map(|part| part.to_string()).unwrap_or_default();
        if !FOLDERS.contains(&folder.as_str()) {
            wrong.push(format!("{} stands in {folder}", package.name));
        }
        let text = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        if !text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{manifest} does not take the workspace's lints"));
        }
        wrong.extend(
            roots(package)
                .into_iter()
                .flat_map(|(name, text)| {
                    let unsafe_code =
                        !text.contains("#![forbid(unsafe_code)]") && !is_nothing_but_words(&text);
                    let opening = !text.starts_with("//!");
                    [
                        unsafe_code.then(|| format!("{name} does not forbid unsafe code")),
                        opening.then(|| format!("{name} does not open with what it is")),
                    ]
                })
                .flatten(),
        );
    }
    none("crate roots", &wrong);
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).expect("the workspace's manifest");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
}

/// The roots of a package's libraries and programs.
fn roots(package: &Package) -> Vec<(String, String)> {
    let targets = package.targets.iter().filter(|target| target.is_lib() || target.is_bin());
    targets
        .map(|target| {
            (target.src_path.to_string(), std::fs::read_to_string(&target.src_path).expect("a crate's root"))
        })
        .collect()
}

/// Whether a file holds comments alone.
fn is_nothing_but_words(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("//"))
}

#[test]
fn files_are_short() {
    let sources = sources();
    let long = sources.iter().filter(|source| source.lines > 800);
    none(
        "files over 800 lines",
        &long.map(|source| format!("{}: {}", source.name, source.lines)).collect::<Vec<_>>(),
    );
    let mut lines: Vec<usize> = sources.iter().map(|source| source.lines).collect();
    lines.sort_unstable();
    let (median, ninth) = (lines[lines.len() / 2], lines[lines.len() * 9 / 10]);
    println!("{} files, median {median} lines, nine in ten at most {ninth}", lines.len());
    assert!(lines.len() > 200, "the sources were found");
    assert!(median <= 150 && ninth <= 400, "median {median} (150), nine in ten at most {ninth} (400)");
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let bare = [format!("#{}allow(", "["), format!("#!{}allow(", "["), format!(", {}(", "allow")];
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, text) in source.text.lines().enumerate() {
            let attribute = text.trim_start().starts_with('#') && bare.iter().any(|bare| text.contains(bare));
            if attribute {
                wrong.push(format!("{}:{}: {}", source.name, line + 1, text.trim()));
            }
        }
    }
    none("use #[expect(lint, reason = \"…\")]", &wrong);
}

#[test]
fn the_client_of_influxdb_is_fenced() {
    let name = format!("influxdb2{}", "::");
    let naming: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.text.contains(&name))
        .map(|source| source.name.clone())
        .collect();
    assert_eq!(naming, ["ingest/store/src/influx/v2.rs"], "only one module speaks to the crate");
}

#[test]
fn no_module_is_a_drawer() {
    let mut wrong = Vec::new();
    for source in sources() {
        let named = module_words(&source).into_iter();
        let bad = ["util", "utils", "common", "helper", "helpers", "misc"];
        wrong.extend(
            named.filter(|word| bad.contains(&word.as_str())).map(|word| format!("{}: {word}", source.name)),
        );
    }
    none("modules named after nothing", &wrong);
}

#[test]
fn analytics_is_pure() {
    let forbidden = [
        "std::time",
        "std::fs",
        "std::net",
        "std::thread",
        "std::env",
        "std::process",
        "std::io",
        "Utc::now",
        "Local::now",
        "tokio",
        "axum",
        "rusqlite",
        "sqlx",
        "rand::",
        "getrandom",
        "tracing",
        "serde",
        "println!",
        "eprintln!",
        "static mut",
    ];
    let mut wrong = Vec::new();
    let pure: Vec<Source> = in_folder(&root().join("analytics/src"));
    assert!(pure.len() > 20, "the sources were found");
    for source in pure {
        for (line, text) in
            source.text.lines().enumerate().filter(|(_, text)| !text.trim_start().starts_with("//"))
        {
            if let Some(word) = forbidden.iter().find(|word| text.contains(**word)) {
                wrong.push(format!("{}:{}: {word}", source.name, line + 1));
            }
        }
    }
    none("analytics knows no clock, file, network, thread, chance or wire", &wrong);
}

#[test]
fn the_gateway_has_no_database_and_no_second_tls() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let gateway = locked::rests_on(&lock, "foulee-gateway");
    println!("the gateway rests on {} packages", gateway.len());
    assert!(gateway.contains("libdbus-sys") && gateway.len() > 100, "the tree was found");
    let heavy = [
        "rusqlite",
        "libsqlite3-sys",
        "sqlx",
        "sqlx-core",
        "axum",
        "openssl-sys",
        "native-tls",
        "aws-lc-sys",
    ];
    let found: Vec<String> =
        heavy.iter().filter(|name| gateway.contains(**name)).map(|name| (*name).to_owned()).collect();
    none("what a gateway does not need", &found);
    assert!(locked::rests_on(&lock, "foulee-api").contains("libsqlite3-sys"), "one would be seen");
}

#[test]
fn both_sqlite_crates_meet_on_one_library() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let versions = |name: &str| -> Vec<String> {
        let packages = lock.split("[[package]]");
        packages
            .filter(|package| package.contains(&format!("\nname = \"{name}\"\n")))
            .filter_map(|package| package.split("version = \"").nth(1)?.split('"').next().map(str::to_owned))
            .collect()
    };
    for name in ["libsqlite3-sys", "rusqlite", "sqlx", "sqlx-sqlite"] {
        assert_eq!(versions(name).len(), 1, "{name}: {:?}", versions(name));
    }
    let rest = |name: &str| {
        let packages = lock.split("[[package]]");
        let mut found = packages.filter(|package| package.contains(&format!("\nname = \"{name}\"\n")));
        found.next().expect("the package").contains("\"libsqlite3-sys\"")
    };
    assert!(rest("rusqlite") && rest("sqlx-sqlite"), "both rest on it");
    let library = versions("libsqlite3-sys").remove(0);
    assert!(library.starts_with("0.37."), "SQLite 3.51.3 or later comes with 0.37: {library}");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace's manifest");
    for pin in
        ["libsqlite3-sys = \">=0.37,<0.38\"", "rusqlite = { version = \"=", "sqlx = { version = \"0.9\""]
    {
        assert!(manifest.contains(pin), "the workspace pins {pin}");
    }
}
