//! `foulee serve`, `foulee-gateway spool drain` between them and a spool, and what it took.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use foulee_contract::ParticipantId;

use crate::foulee::{Folder, binary, command};
use crate::offline::{Offline, fill};
use crate::people;
use crate::served::Served;

/// A service that knows two people, and the gateway that was offline.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
    pub(crate) served: Served,
    pub(crate) offline: Offline,
}

/// How a drain went.
pub(crate) struct Drained {
    /// What it printed.
    pub(crate) said: String,
    pub(crate) took: Duration,
    /// Most memory that the gateway held, kB.
    pub(crate) peak_kb: u64,
    /// Processor time of gateway and service, s: unlike the time on the clock it does not depend on who else is busy.
    pub(crate) cpu_seconds: [f64; 2],
}

impl Scene {
    /// Offline for so many seconds.
    pub(crate) fn after(seconds: i64) -> Self {
        let folder = Folder::new();
        let ids = [1, 2].map(people::id);
        for id in &ids {
            people::add(&folder, id, &id[24..], "pilot", "Europe/Paris");
        }
        let token = folder.run(["token", "add", "--write-study", "pilot", "--label", "gateway"]).ok();
        folder.write("token", token);
        let ids = ids.map(|id| id.parse::<ParticipantId>().expect("an id"));
        let offline = fill(&folder.file("spool"), ids, seconds);
        let served = Served::start(&folder);
        let config = format!(
            "[uplink]\nurl = \"http://{}\"\ntoken_file = \"{}\"\n[spool]\nfolder = \"{}\"\nmax_bytes = {}\n",
            served.address,
            folder.file("token").display(),
            folder.file("spool").display(),
            64 << 20,
        );
        folder.write("gateway.toml", config);
        Self { folder, served, offline }
    }

    /// Sends all of it.
    pub(crate) fn drain(&self) -> Drained {
        let mut gateway = Command::new(binary().with_file_name("foulee-gateway"));
        gateway.env_clear().args(["spool", "drain", "--log", "text", "--config"]);
        gateway.arg(self.folder.file("gateway.toml"));
        let (out, log) = (self.folder.file("drain.out"), self.folder.file("drain.log"));
        gateway.stdin(Stdio::null()).stdout(fs::File::create(&out).expect("a file"));
        let before = cpu_seconds(&self.served.child);
        let begun = Instant::now();
        let child = gateway.stderr(fs::File::create(&log).expect("a file")).spawn();
        let mut child = child.expect("foulee-gateway runs: cargo build --release -p foulee-gateway");
        let (mut peak_kb, mut own_seconds) = (0, 0.0);
        let status = loop {
            peak_kb = peak_kb.max(peak_of(&child));
            own_seconds = cpu_seconds(&child).max(own_seconds);
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_secs(900), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = begun.elapsed();
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        assert!(status.success(), "{status}\n{}\n{}", read(&log), self.served.log());
        let cpu_seconds = [own_seconds, cpu_seconds(&self.served.child) - before];
        Drained { said: read(&out), took, peak_kb, cpu_seconds }
    }
}

/// Most memory that a process held so far, kB; 0 where this system does not tell.
fn peak_of(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

/// Processor time that a process used so far; 0 where this system does not tell.
fn cpu_seconds(child: &Child) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // utime and stime, in ticks of 1/100 s.
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// What the store says of itself beside the service.
pub(crate) fn store_says(folder: &Folder, what: &str) -> String {
    let mut command = command();
    command.args(["store", what, "--data-dir"]).arg(folder.data());
    crate::foulee::finish(&mut command).ok().trim().to_owned()
}
