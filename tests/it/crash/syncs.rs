//! What kill -9 cannot show: whether a commit waited for the disk. The calls are counted instead, by strace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use foulee_contract::Series;

use super::chance::Chance;
use super::ledger::Ledger;
use super::post::{agent, post};
use super::program::{Program, Server};
use super::traffic::Traffic;

/// Batches posted one after the other: each has a commit of its own.
pub(crate) const BATCHES: usize = 40;

/// strace, where it is and may trace.
pub(crate) fn strace() -> Option<PathBuf> {
    let strace = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("strace"))
        .find(|path| path.is_file())?;
    let traced = Command::new(&strace).args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success()).then_some(strace)
}

/// Calls of fsync and fdatasync while [`BATCHES`] batches are acknowledged; `None` where strace is missing or may not
/// trace.
pub(crate) fn syncs(program: &Program, folder: &Path, series: &[Series], chance: Chance) -> Option<usize> {
    let list = folder.with_extension("strace");
    let plain = Server::command(program, folder);
    let mut command = Command::new(strace()?);
    // With -D the tracer is the grandchild, so that what is killed is the program itself.
    command.args(["-D", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"]).arg(&list);
    command.arg(plain.get_program()).args(plain.get_args());
    let mut server = Server::start_as(command, program, folder);
    let door = server.door();
    let (ledger, agent) = (Mutex::new(Ledger::new(series)), agent());
    let mut traffic = Traffic::new(series, chance, (0, 1), 0);
    let calls = || {
        fs::read_to_string(&list).unwrap_or_default().lines().filter(|line| line.contains("sync(")).count()
    };
    let first = traffic.first_of_all();
    assert_eq!(post(&agent, &door, &traffic, first, &ledger), Some(true));
    let before = calls();
    for _ in 0..BATCHES {
        // All of it new: what changes nothing needs no commit.
        let sent = traffic.first_of_all();
        assert_eq!(post(&agent, &door, &traffic, sent, &ledger), Some(true));
    }
    let during = calls() - before;
    server.kill();
    Some(during)
}
