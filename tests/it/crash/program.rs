//! The programs under test as processes: started, asked, killed.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use foulee_api::lock::{ADDRESS_FILE, Holder};
use foulee_contract::ParticipantId;
use rustix::process::{Pid, Signal, kill_process};

/// The `foulee` beside this test in the target folder, which `cargo test` does not build by itself.
pub(crate) fn foulee() -> PathBuf {
    const BUILD: &str = "build it first, with the profile of this test: cargo build --release -p foulee-api";
    let test = std::env::current_exe().expect("this test's own path");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/crash-...");
    let path = profile.join(format!("foulee{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "there is no {}; {BUILD}", path.display());
    if let Some(newer) = newer_source(&path) {
        panic!("{} is older than {}; {BUILD}", path.display(), newer.display());
    }
    path
}

/// A source of a program that is younger than it, by cargo's own list of them.
fn newer_source(program: &Path) -> Option<PathBuf> {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let built: SystemTime = changed(program)?;
    let list = fs::read_to_string(program.with_extension("d")).ok()?;
    let sources = list.split_once(": ")?.1.split_whitespace().map(PathBuf::from);
    sources.into_iter().find(|source| changed(source).is_some_and(|at| at > built))
}

/// What is run and killed.
#[derive(Clone, Debug)]
pub(crate) enum Program {
    /// `foulee serve`, with a token that may write.
    Foulee { token: String },
    /// The control, with its options as it takes them, and whom it admits.
    Control { synchronous: &'static str, acknowledge: &'static str, people: Vec<ParticipantId> },
}

/// A process that is killed at the latest when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts it with nothing of this process's environment; what it complains of is added to `complaints`.
    pub(crate) fn start(command: &mut Command, complaints: &Path) -> Self {
        let log =
            OpenOptions::new().create(true).append(true).open(complaints).expect("a file for complaints");
        let child = command.env_clear().stdin(Stdio::null()).stderr(log).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// SIGKILL. Whether it was still running.
    pub(crate) fn kill(mut self) -> bool {
        let running = self.0.try_wait().expect("a child").is_none();
        self.0.kill().expect("a child can be killed");
        self.0.wait().expect("a child ends");
        running
    }

    /// SIGINT, as Ctrl-C sends it. Whether it was still running.
    pub(crate) fn interrupt(mut self) -> bool {
        let running = self.0.try_wait().expect("a child").is_none();
        let id = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).expect("an id");
        // What was started in the background, as by nohup, ignores Ctrl-C, and so does all that it starts.
        let signal = if ignores_interrupts(self.0.id()) { Signal::TERM } else { Signal::INT };
        let _ = kill_process(id, signal);
        // Whatever ended it, it ends.
        running && !self.0.wait().expect("a child ends").success()
    }

    pub(crate) fn wait(mut self) -> bool {
        self.0.wait().expect("a child ends").success()
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child").is_some()
    }
}

/// Whether SIGINT, the second signal, is among those that a process ignores.
fn ignores_interrupts(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 0b10 != 0)
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program that takes readings over HTTP.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    folder: PathBuf,
    program: Program,
}

/// Where readings are posted to.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Server {
    pub(crate) fn start(program: &Program, folder: &Path) -> Self {
        let command = Self::command(program, folder);
        Self::start_as(command, program, folder)
    }

    /// Starts it by another command that runs it.
    pub(crate) fn start_as(mut command: Command, program: &Program, folder: &Path) -> Self {
        let announced = File::create(announcement(folder)).expect("a file for the address");
        let process = Process::start(command.stdout(announced), &complaints(folder));
        Self { process, folder: folder.to_owned(), program: program.clone() }
    }

    pub(crate) fn command(program: &Program, folder: &Path) -> Command {
        match program {
            Program::Foulee { .. } => {
                let mut command = Command::new(foulee());
                command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder);
                command
            }
            Program::Control { synchronous, acknowledge, people } => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_crash-control"));
                command.arg(folder).args([synchronous, acknowledge]);
                command.args(people.iter().map(ToString::to_string));
                command
            }
        }
    }

    /// Waits until it listens.
    pub(crate) fn door(&mut self) -> Door {
        loop {
            if let Some(door) = self.announced() {
                return door;
            }
            if self.process.has_ended() {
                let said = fs::read_to_string(complaints(&self.folder)).unwrap_or_default();
                panic!("{:?} ended by itself: {said}", self.program);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn announced(&self) -> Option<Door> {
        match &self.program {
            Program::Foulee { token } => {
                let holder = fs::read(self.folder.join(ADDRESS_FILE)).ok()?;
                let holder: Holder = serde_json::from_slice(&holder).ok()?;
                // One who was killed has left their own.
                (holder.pid == self.process.0.id()).then(|| Door {
                    url: format!("http://{}/v1/readings", holder.address),
                    token: token.clone(),
                })
            }
            Program::Control { .. } => {
                let mut line = String::new();
                BufReader::new(File::open(announcement(&self.folder)).ok()?).read_line(&mut line).ok()?;
                let address = line.strip_suffix('\n')?;
                Some(Door { url: format!("http://{address}/v1/readings"), token: "any".to_owned() })
            }
        }
    }

    /// SIGKILL. A program that ended by itself is a failure of its own.
    pub(crate) fn kill(self) {
        let said = complaints(&self.folder);
        assert!(self.process.kill(), "it ended by itself: {}", fs::read_to_string(said).unwrap_or_default());
    }
}

fn announcement(folder: &Path) -> PathBuf {
    folder.with_extension("address")
}

pub(crate) fn complaints(folder: &Path) -> PathBuf {
    folder.with_extension("stderr")
}

/// Runs a command of `foulee` over a data folder to its end; what it prints.
pub(crate) fn ask(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(foulee());
    command.args(args).arg("--data-dir").arg(folder).env_clear();
    let output = command.output().expect("foulee runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "foulee {args:?}: {said}");
    String::from_utf8(output.stdout).expect("foulee prints text")
}

/// A copy of a data folder as the dead left it, so that looking at it changes nothing of what the next one finds. The
/// `-shm` files are left out: they are made anew by the first who opens.
pub(crate) fn copy(folder: &Path, name: &str) -> PathBuf {
    let copy = folder.with_extension(name);
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy).expect("a folder");
    for entry in fs::read_dir(folder).expect("the data folder").flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), copy.join(name)).expect("a copy");
        }
    }
    copy
}
