//! The real `foulee`, over a data folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The binary that `cargo test --release` (or `cargo build --release -p foulee-api`) built beside this test.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.parent().and_then(Path::parent).expect("target/release/deps");
    let found = folder.join("foulee");
    assert!(found.is_file(), "{} is absent: cargo build --release -p foulee-api", found.display());
    found
}

/// The command, out of reach of whatever this machine has configured.
pub(crate) fn command() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FOULEE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// How long a command may take that takes seconds. One that hangs fails its test by name, and holds up nothing.
const LONGEST: Duration = Duration::from_secs(150);

/// Runs a command to its end.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Done {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("foulee runs");
    let id = child.id();
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match ended.recv_timeout(LONGEST) {
        Ok(output) => output.expect("it ends").into(),
        Err(_) => {
            let waits = what_it_waits_for(id);
            let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
            let said = ended.recv().map(|output| output.map(Done::from));
            panic!("{command:?} did not end within {LONGEST:?}\n{waits}\n{said:?}");
        }
    }
}

/// The threads of a process and where in the kernel each one is, as far as this system tells.
fn what_it_waits_for(id: u32) -> String {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let threads = tasks.map(|task| {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        ["comm", "wchan", "syscall"].map(|name| read(name).trim().to_owned()).join(" ")
    });
    threads.collect::<Vec<_>>().join("\n")
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Done {
    /// What it printed, given that it ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("JSON on stdout")
    }
}

/// A data folder, which goes with the value; beside it is room for a test's own files.
pub(crate) struct Folder {
    folder: TempDir,
    /// What its commands find in their environment.
    environment: Vec<(&'static str, String)>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self::with(Vec::new())
    }

    /// The same, its commands with an environment of their own.
    pub(crate) fn with(environment: Vec<(&'static str, String)>) -> Self {
        let folder = Self { folder: tempfile::tempdir().expect("a folder"), environment };
        fs::create_dir(folder.data()).expect("a folder");
        folder
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file of the test's own, beside the data folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the test's own.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, content).expect("a file");
        path
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = command();
        command.arg("--data-dir").arg(self.data());
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, args: I) -> Done {
        finish(self.command().args(args))
    }

    /// Runs a command, its words parted by spaces.
    #[track_caller]
    pub(crate) fn say(&self, line: &str) -> Done {
        self.run(line.split_whitespace())
    }
}
