//! The programs that stand beside this one, and the processes that they are.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::command::CommandError;

/// Where the other programs are.
pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) wearables: PathBuf,
}

impl Programs {
    /// Beside this program, where `cargo build --release` puts them; and dbus-daemon on the path.
    pub(super) fn find() -> Result<Self, CommandError> {
        let this = std::env::current_exe()?;
        let beside = |name: &str| {
            let path = this.with_file_name(name);
            if path.is_file() { Ok(path) } else { Err(CommandError::ProgramAbsent { path }) }
        };
        let found = Self { gateway: beside("foulee-gateway")?, wearables: beside("foulee-sim")? };
        let bus =
            Command::new("dbus-daemon").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        match bus {
            Ok(_) => Ok(found),
            Err(_) => Err(CommandError::BusAbsent),
        }
    }
}

/// A process, ended when this is dropped.
pub(super) struct Program {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it, apart from the terminal's signals: who started it ends it. Its input stays open until then.
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        folder: &Path,
    ) -> Result<Self, CommandError> {
        let log = folder.join(format!("{name}.log"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(File::create(&log)?).process_group(0);
        Ok(Self { name, child: command.spawn()?, log })
    }

    /// That it ended by itself, with the last that it said.
    pub(super) fn ended(&mut self) -> Result<(), CommandError> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let said = said.lines().last().unwrap_or_default().to_owned();
        Err(CommandError::ProgramEnded { name: self.name, status, said })
    }

    /// Ends it by the end of its input, which it waits for.
    pub(super) fn close(mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
