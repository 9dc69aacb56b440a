//! A service that is killed and started again at the same address, and the fleet that sends to it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::foulee::{Done, Folder, binary};

const PATIENCE: Duration = Duration::from_secs(60);

/// `foulee serve` over a folder of its own; killed at the latest when this is dropped.
pub(crate) struct Service {
    pub(crate) folder: Folder,
    child: Option<Child>,
    pub(crate) address: String,
    starts: u32,
}

impl Service {
    /// One over a folder, with an admin's token in the file `token` beside its data.
    pub(crate) fn over(folder: Folder) -> Self {
        let token = folder.say("token add --admin --label fleet").ok();
        folder.write("token", token);
        let mut service = Self { folder, child: None, address: "127.0.0.1:0".to_owned(), starts: 0 };
        service.start_again();
        service
    }

    pub(crate) fn start_again(&mut self) {
        self.starts += 1;
        let path = self.folder.file(&format!("serve-{}.log", self.starts));
        let log = File::create(&path).expect("a file");
        let mut command = self.folder.command();
        command.args(["serve", "--listen", &self.address]).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().expect("foulee serves");
        let (id, holder) = (child.id(), self.folder.data().join("foulee.address"));
        let begun = Instant::now();
        self.address = loop {
            let known = fs::read(&holder).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            if let Some(known) = known.filter(|known| known["pid"] == id) {
                break known["address"].as_str().expect("an address").to_owned();
            }
            let ended = child.try_wait().expect("a child");
            let log = || fs::read_to_string(&path).unwrap_or_default();
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "it does not listen: {ended:?}\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        self.child = Some(child);
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a child can be killed");
            child.wait().expect("a child ends");
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The real `foulee-sim fleet`, on its way.
    pub(crate) fn fleet(&self, url: &str, more: &[&str]) -> Running {
        let mut command = Command::new(simulator());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FOULEE_"))
        {
            command.env_remove(name);
        }
        command.args(["fleet", "--to", url, "--token-file"]).arg(self.folder.file("token")).args(more);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("foulee-sim runs");
        Running(std::thread::spawn(move || child.wait_with_output().expect("it ends").into()))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A fleet on its way. It ends by itself, since its patience does.
pub(crate) struct Running(JoinHandle<Done>);

impl Running {
    pub(crate) fn has_ended(&self) -> bool {
        self.0.is_finished()
    }

    pub(crate) fn finish(self) -> Done {
        self.0.join().expect("it ends")
    }
}

fn simulator() -> PathBuf {
    let path = binary().with_file_name("foulee-sim");
    assert!(path.is_file(), "{} is absent: cargo build --release -p foulee-sim", path.display());
    path
}
