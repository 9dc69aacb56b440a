//! The service under load: started as its users start it, watched through the operating system.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use foulee_api::lock::ADDRESS_FILE;

/// A running `foulee serve`.
pub(crate) struct Server {
    child: Child,
    /// Where it answers.
    pub(crate) base: String,
}

impl Server {
    /// Starts it on a data folder.
    #[expect(clippy::zombie_processes, reason = "waited for when the value is dropped")]
    pub(crate) fn start(folder: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_foulee"))
            .args(["serve", "--listen", "127.0.0.1:0", "--quiet", "--data-dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("foulee starts");
        let pid = child.id();
        let started = Instant::now();
        loop {
            let text = std::fs::read_to_string(folder.join(ADDRESS_FILE)).unwrap_or_default();
            let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if json["pid"] == pid {
                let base = format!("http://{}", json["address"].as_str().expect("an address"));
                return Self { child, base };
            }
            assert!(started.elapsed() < Duration::from_secs(30), "foulee serve does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// CPU seconds used and most memory held so far, MB.
    pub(crate) fn usage(&self) -> (f64, f64) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<f64> = after.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
        // utime and stime, in ticks of 1/100 s.
        let cpu_seconds = (fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0)) / 100.0;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        let kb: f64 = line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0.0);
        (cpu_seconds, kb / 1_000.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data folder that goes with the value.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("foulee-bench-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the bench");
    folder
}

/// The `share` quantile of sorted times, ms.
pub(crate) fn quantile_ms(sorted: &[Duration], share: f64) -> f64 {
    let at = ((sorted.len() as f64 - 1.0) * share).round() as usize;
    sorted.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}
