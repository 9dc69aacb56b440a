//! A real influxd 1.6.7 in a folder of its own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::influxql;
use super::ports::free_port;

mod config;

pub use config::{Credentials, InfluxdOptions};

/// How long it may take to answer /ping after a start: a large write-ahead log is read first.
const UP_WITHIN: Duration = Duration::from_secs(30);
/// How long a graceful stop may take.
const DOWN_WITHIN: Duration = Duration::from_secs(30);
/// A frozen server must fail a test, not hang it.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Ticks a second in /proc/PID/stat: the same on every Linux that Rust supports.
const TICKS_A_SECOND: f64 = 100.0;
/// How often a start looks for other ports when another process took its own.
const PORT_TRIES: u32 = 5;

/// A server that is killed when this is dropped; its folder stays.
#[derive(Debug)]
pub struct Influxd {
    folder: PathBuf,
    options: InfluxdOptions,
    port: u16,
    rpc_port: u16,
    child: Option<Child>,
    agent: ureq::Agent,
}

impl Influxd {
    /// Whether there is an influxd of version 1, in PATH or /usr/bin.
    #[must_use]
    pub fn available() -> bool {
        program().is_some()
    }

    /// Starts a server in a folder, which is made if need be, and waits until /ping answers. What an earlier server
    /// left in the folder is served again.
    ///
    /// # Errors
    /// There is no influxd 1.x, it ended, or it did not answer within 30 s; its log is quoted.
    pub fn start(folder: &Path, options: InfluxdOptions) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(ANSWER_WITHIN)).build().into();
        let folder = folder.canonicalize()?;
        let mut server = Self { folder, options, port: 0, rpc_port: 0, child: None, agent };
        for last in (0..PORT_TRIES).rev() {
            (server.port, server.rpc_port) = (free_port()?, free_port()?);
            match server.spawn() {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && last > 0 => {}
                other => {
                    other?;
                    break;
                }
            }
        }
        server.make_admin()?;
        Ok(server)
    }

    /// The port that HTTP is on; it stays the same for good.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// As `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it was started in: config, data, log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process, if it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// SIGKILL, also to a frozen one; returns when it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, which 1.x takes as a graceful stop; returns when it is gone.
    ///
    /// # Errors
    /// It did not end within 30 s (it is killed then), or did not end well.
    pub fn stop(&mut self) -> io::Result<()> {
        self.thaw()?;
        self.signal(Signal::TERM)?;
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        let started = Instant::now();
        while started.elapsed() < DOWN_WITHIN {
            if let Some(status) = child.try_wait()? {
                self.child = None;
                return status.success().then_some(()).ok_or_else(|| io::Error::other(status.to_string()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        Err(io::Error::new(io::ErrorKind::TimedOut, "influxd did not stop within 30 s of SIGTERM"))
    }

    /// Starts it again on the same folder and port; kills it first if it runs.
    ///
    /// # Errors
    /// As for [`Influxd::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        self.spawn()
    }

    /// SIGSTOP: connections are still taken by the kernel, and nothing answers; returns when every thread stands.
    ///
    /// # Errors
    /// It does not run.
    pub fn freeze(&self) -> io::Result<()> {
        self.signal(Signal::STOP)?;
        let pid = self.pid().ok_or_else(not_running)?;
        let started = Instant::now();
        while !every_thread_stands(pid)? {
            if started.elapsed() > DOWN_WITHIN {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "influxd did not stand within 30 s of SIGSTOP",
                ));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// SIGCONT: what waited is answered.
    ///
    /// # Errors
    /// It does not run.
    pub fn thaw(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Runs InfluxQL. A statement that failed stands in the answer, as `results[i].error`.
    ///
    /// # Errors
    /// No answer, or one that is not 200.
    pub fn query(&self, q: &str, db: &str) -> io::Result<Value> {
        let request = self.agent.post(format!("http://{}/query", self.address()));
        let request = match &self.options.admin {
            Some(admin) => request.header("Authorization", admin.basic()),
            None => request,
        };
        let mut answer = request.send_form([("q", q), ("db", db)]).map_err(ureq::Error::into_io)?;
        let text = answer.body_mut().with_config().limit(1 << 30).read_to_string();
        let text = text.map_err(ureq::Error::into_io)?;
        if answer.status() != 200 {
            return Err(io::Error::other(format!("{}: {text}", answer.status())));
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes line protocol with timestamps in nanoseconds.
    ///
    /// # Errors
    /// No answer, or one that is not 204.
    pub fn write_lines(&self, db: &str, body: &str) -> io::Result<()> {
        let request = self.agent.post(format!("http://{}/write", self.address())).query("db", db);
        let request = match &self.options.admin {
            Some(admin) => request.header("Authorization", admin.basic()),
            None => request,
        };
        let mut answer = request.send(body).map_err(ureq::Error::into_io)?;
        if answer.status() == 204 {
            return Ok(());
        }
        let text = answer.body_mut().read_to_string().map_err(ureq::Error::into_io)?;
        Err(io::Error::other(format!("{}: {text}", answer.status())))
    }

    /// How many points of a database have a field `value`, in all measurements, from 1970 to 2262.
    ///
    /// # Errors
    /// No answer, or a statement that failed.
    pub fn count_points(&self, db: &str) -> io::Result<u64> {
        let range = "time >= '1970-01-01T00:00:00Z' AND time <= '2262-04-11T00:00:00Z'";
        let answer = self.query(&format!("SELECT count(\"value\") FROM /.*/ WHERE {range}"), db)?;
        let result = &answer["results"][0];
        if let Some(error) = result["error"].as_str() {
            return Err(io::Error::other(error.to_owned()));
        }
        let series = result["series"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(series.iter().filter_map(|one| one["values"][0][1].as_u64()).sum())
    }

    /// Bytes of all files below its folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn disk_bytes(&self) -> io::Result<u64> {
        bytes_below(&self.folder)
    }

    /// Processor time, its own and the kernel's for it, since the last start.
    ///
    /// # Errors
    /// It does not run.
    pub fn cpu_seconds(&self) -> io::Result<f64> {
        let pid = self.pid().ok_or_else(not_running)?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let ticks: Vec<f64> =
            after_name(&stat).skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
        match ticks[..] {
            [user, system] => Ok((user + system) / TICKS_A_SECOND),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "/proc/PID/stat has an unknown shape")),
        }
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = self.child.as_ref().map(Pid::from_child).ok_or_else(not_running)?;
        Ok(kill_process(pid, signal)?)
    }

    fn spawn(&mut self) -> io::Result<()> {
        let program = program().ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "there is no influxd 1.x in PATH or /usr/bin")
        })?;
        let config = self.folder.join("influxd.toml");
        fs::write(&config, self.options.config(&self.folder, self.port, self.rpc_port))?;
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let log_before = log.metadata()?.len();
        let mut command = Command::new(program);
        command.arg("-config").arg(&config).stdin(Stdio::null());
        // A setting of the environment would win over the config.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("INFLUXDB_"))
        {
            command.env_remove(name);
        }
        let child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        self.child = Some(child);
        self.wait_until_up(log_before).inspect_err(|_| self.kill())
    }

    fn wait_until_up(&mut self, log_before: u64) -> io::Result<()> {
        let started = Instant::now();
        while started.elapsed() < UP_WITHIN {
            if let Some(child) = self.child.as_mut()
                && let Some(status) = child.try_wait()?
            {
                let log = fs::read(self.log_file())?;
                let log = log.get(usize::try_from(log_before).unwrap_or(0)..).unwrap_or_default();
                let log = String::from_utf8_lossy(log).into_owned();
                let taken = log.contains("address already in use");
                let kind = if taken { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
                return Err(io::Error::new(kind, format!("influxd ended at its start ({status}): {log}")));
            }
            let ping = self.agent.get(format!("http://{}/ping", self.address()));
            let ping = ping.config().timeout_global(Some(Duration::from_secs(1))).build().call();
            if ping.is_ok_and(|answer| answer.status() == 204) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = self.log_file();
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer in 30 s; see {}", log.display())))
    }

    /// With authentication, the first user is made by whoever comes first.
    fn make_admin(&self) -> io::Result<()> {
        let Some(admin) = &self.options.admin else { return Ok(()) };
        let (user, password) = (influxql::name(&admin.user), influxql::string(&admin.password));
        let made = format!("CREATE USER {user} WITH PASSWORD {password} WITH ALL PRIVILEGES");
        self.query(&made, "").map(drop)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("influxd.log")
    }
}

impl Drop for Influxd {
    fn drop(&mut self) {
        self.kill();
    }
}

fn not_running() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "influxd does not run")
}

/// The words of a /proc/PID/stat after the name, which is in brackets and may hold spaces: the state is the first, utime
/// and stime are the 12th and 13th.
fn after_name(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace()
}

fn every_thread_stands(pid: u32) -> io::Result<bool> {
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = fs::read_to_string(thread?.path().join("stat"));
        // A thread that ended meanwhile stands, too.
        if stat.is_ok_and(|stat| {
            !after_name(&stat).next().is_some_and(|state| ["T", "t", "Z", "X"].contains(&state))
        }) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn bytes_below(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        // A running server removes files at any time.
        let Ok(entry) = entry else { continue };
        let Ok(about) = entry.metadata() else { continue };
        let below = || bytes_below(&entry.path()).or_else(gone_is_empty);
        bytes += if about.is_dir() { below()? } else { about.len() };
    }
    Ok(bytes)
}

fn gone_is_empty(error: io::Error) -> io::Result<u64> {
    if error.kind() == io::ErrorKind::NotFound { Ok(0) } else { Err(error) }
}

/// The first influxd whose version is 1.
fn program() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
        folders.map(|folder| folder.join("influxd")).find(|program| is_version_1(program))
    };
    FOUND.get_or_init(find).as_deref()
}

fn is_version_1(program: &Path) -> bool {
    let output = Command::new(program).arg("version").stdin(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("InfluxDB v1."))
}
