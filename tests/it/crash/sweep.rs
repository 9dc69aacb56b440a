//! A kill at every single write of an import, one after the other: what chance may miss.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foulee_contract::ParticipantId;

use super::chance::Chance;
use super::days::{Said, Setup, said};
use super::import::{STUDY, TIME_ZONE, command, finish, write_minutes};
use super::program::{Process, ask, complaints, copy};
use super::syncs::strace;

/// More writes than an import of a few days makes.
const MOST: usize = 500;

/// What the sweep came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) kills: usize,
    /// The writes, from 1, at which a kill left the store other than a clean import does.
    pub(crate) digests: Vec<usize>,
    /// The same for what is said of the days.
    pub(crate) measures: Vec<usize>,
    /// And of the weeks of a programme.
    pub(crate) weeks: Vec<usize>,
}

/// Adds two days to a week of somebody with a programme, killed at the first write of any thread, then at the second,
/// and so on until none is left; each time the same import is done again to its end. `None` without strace.
pub(crate) fn every_write(root: &Path, chance: &mut Chance) -> Option<Figures> {
    let strace = strace()?;
    let setup = Setup {
        study: STUDY,
        time_zone: TIME_ZONE,
        people: vec![(ParticipantId::from_parts(1_767_571_200_000, [1; 10]), "1".to_owned())],
        programme: Some("2026-01-05"),
    };
    let base = root.join("base");
    setup.apply(&base);
    let (before, added) = (root.join("before.csv"), vec![root.join("added.csv")]);
    write_minutes(&before, &["1".to_owned()], (2026, 1, 5), 5, chance);
    write_minutes(&added[0], &["1".to_owned()], (2026, 1, 10), 2, chance);
    finish(&[before], &base);
    said(&base, &setup);
    let clean = end(&copy(&base, "clean"), &setup, &added);
    let mut figures = Figures::default();
    for write in 1..=MOST {
        let folder = copy(&base, "killed");
        if killed_at(&strace, write, &added, &folder) {
            figures.kills += 1;
            let (digest, is) = end(&folder, &setup, &added);
            figures.digests.extend((digest != clean.0).then_some(write));
            figures.measures.extend((is.measures != clean.1.measures).then_some(write));
            figures.weeks.extend((is.weeks != clean.1.weeks).then_some(write));
        } else {
            return Some(figures);
        }
    }
    panic!("an import of two days made more than {MOST} writes")
}

/// Whether there was such a write to be killed at.
fn killed_at(strace: &Path, write: usize, files: &[PathBuf], folder: &Path) -> bool {
    let plain = command(files, folder);
    let mut traced = Command::new(strace);
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e"]);
    traced.arg(format!("inject=pwrite64:signal=SIGKILL:when={write}"));
    traced.arg(plain.get_program()).args(plain.get_args());
    let done = Process::start(&mut traced, &complaints(folder)).wait();
    let said = fs::read_to_string(complaints(folder)).unwrap_or_default();
    assert!(said.is_empty(), "killed at write {write} it said: {said}");
    !done
}

/// Imports to the end; the digest and what is said then.
fn end(folder: &Path, setup: &Setup, files: &[PathBuf]) -> (String, Said) {
    finish(files, folder);
    (ask(folder, &["store", "digest"]), said(folder, setup))
}
