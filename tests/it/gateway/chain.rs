//! dbus-daemon, foulee-sim ble, foulee serve and foulee-gateway, each a process of its own.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use foulee_gateway::config::SpoolConfig;
use foulee_gateway::spool::Spool;
use serde_json::Value;

use crate::foulee::{Folder, binary, finish};
use crate::verdict::{Device, Owed, Verdict, judge};

const PATIENCE: Duration = Duration::from_secs(180);

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=SOCKET</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow eavesdrop="false"/>
<allow send_type="method_call"/><allow send_type="signal"/></policy></busconfig>"#;

/// A program of the workspace, built beside this test.
fn sibling(name: &str) -> PathBuf {
    let path = binary().with_file_name(name);
    assert!(path.is_file(), "{} is absent: cargo build --release", path.display());
    path
}

/// What a process costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) now_kb: u64,
    pub(crate) peak_kb: u64,
    pub(crate) cpu_s: f64,
}

pub(crate) struct Chain {
    folder: Folder,
    plan: PathBuf,
    bus: Child,
    bluetooth: Option<Child>,
    service: Option<Child>,
    gateway: Option<Child>,
    address: String,
    devices: Vec<Device>,
    logs: u32,
    /// What makes the gateway's clock wrong.
    faketime: Option<PathBuf>,
    /// What a gateway that was killed had sealed: from then on it is owed.
    owed: Owed,
}

impl Chain {
    /// All but the gateway. `None`, with a word of it, where there is no `dbus-daemon`.
    pub(crate) fn start(plan: &str) -> Option<Self> {
        if Command::new("dbus-daemon").arg("--version").stdout(Stdio::null()).status().is_err() {
            assert!(
                std::env::var("FOULEE_TEST_REQUIRE_DBUS").is_err(),
                "dbus-daemon is absent and FOULEE_TEST_REQUIRE_DBUS is set"
            );
            println!("LEFT OUT: no dbus-daemon (Debian: apt-get install dbus)");
            return None;
        }
        let folder = Folder::new();
        let socket = folder.file("bus");
        let config = folder.write("bus.conf", BUS.replace("SOCKET", &socket.to_string_lossy()));
        let bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .arg("--nofork")
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon runs");
        until("the bus is there", || socket.exists().then_some(()));
        let plan = folder.write("plan.toml", plan);
        let mut chain = Self {
            folder,
            plan,
            bus,
            bluetooth: None,
            service: None,
            gateway: None,
            address: "127.0.0.1:0".to_owned(),
            devices: Vec::new(),
            logs: 0,
            faketime: None,
            owed: Owed::new(),
        };
        chain.start_bluetooth();
        chain.start_service();
        chain.enrol();
        Some(chain)
    }

    fn bus_address(&self) -> String {
        format!("unix:path={}", self.folder.file("bus").display())
    }

    fn log(&mut self, name: &str) -> File {
        self.logs += 1;
        File::create(self.folder.file(&format!("{name}-{}.log", self.logs))).expect("a file")
    }

    fn start_bluetooth(&mut self) {
        let log = self.log("bluetooth");
        let child = Command::new(sibling("foulee-sim"))
            .args(["ble", "--bus", &self.bus_address(), "--seed", "7"])
            .arg("--plan")
            .arg(&self.plan)
            .arg("--out")
            .arg(self.folder.file("sim"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("foulee-sim runs");
        self.bluetooth = Some(child);
    }

    pub(crate) fn start_service(&mut self) {
        let log = self.log("service");
        let address = self.address.clone();
        let child = self
            .folder
            .command()
            .args(["serve", "--listen", &address])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("foulee serves");
        let (id, file) = (child.id(), self.folder.data().join("foulee.address"));
        self.service = Some(child);
        let known = until("it says where it listens", || {
            let known: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
            (known["pid"] == id).then_some(known)
        });
        // The same address after a kill: the gateway's configuration names it.
        self.address = known["address"].as_str().expect("an address").to_owned();
    }

    /// A participant for each device that is heard, a token for all, and the gateway's configuration.
    fn enrol(&mut self) {
        let wanted: usize = {
            let plan = fs::read_to_string(&self.plan).expect("the plan");
            let counts =
                plan.lines().filter_map(|line| line.strip_prefix("count = ")?.trim().parse::<usize>().ok());
            counts.sum()
        };
        let heard = until("every device is heard", || {
            let mut scan = self.command("foulee-gateway");
            scan.args(["scan", "--seconds", "2", "--json", "--config", "none"]);
            let heard: Vec<Value> = finish(&mut scan)
                .stdout
                .lines()
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .collect();
            (heard.len() == wanted).then_some(heard)
        });
        let mut config = format!(
            "[uplink]\nurl = \"http://{}\"\ntoken_file = \"{}\"\n[spool]\nfolder = \"{}\"\n[bluetooth]\nslots = 500\n",
            self.address,
            self.folder.file("token").display(),
            self.folder.file("spool").display()
        );
        let bond = fs::read_to_string(&self.plan).is_ok_and(|plan| plan.contains("bonding = true"));
        for (number, device) in heard.iter().enumerate() {
            let address = device["address"].as_str().expect("an address").to_owned();
            let family = device["families"][0].as_str().expect("a family").to_owned();
            let external = format!("p{number}");
            let add = [
                "participant",
                "add",
                "--study",
                "pilot",
                "--external-id",
                &external,
                "--time-zone",
                "Europe/Paris",
            ];
            let participant = self.folder.run(add).ok().trim().to_owned();
            config.push_str(&format!(
                "[[device]]\nname = \"d{number}\"\naddress = \"{address}\"\nfamily = \"{family}\"\nparticipant = \"{participant}\"\nbond = {bond}\nout_of_range_s = 20\n"
            ));
            self.devices.push(Device { address, family, participant });
        }
        let token = self.folder.run(["token", "add", "--write-study", "pilot", "--label", "gateway"]).ok();
        self.folder.write("token", token);
        self.folder.write("gateway.toml", config);
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(sibling(name));
        command.env("DBUS_SYSTEM_BUS_ADDRESS", self.bus_address()).stdin(Stdio::null());
        // A gateway stands where its people live: it sets their devices to its own local time.
        command.env("TZ", "Europe/Paris");
        command
    }

    pub(crate) fn start_gateway(&mut self) {
        let log = self.log("gateway");
        let mut command = self.command("foulee-gateway");
        command.arg("run").arg("--config").arg(self.folder.file("gateway.toml"));
        if let Some(library) = &self.faketime {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", self.folder.file("faketime"))
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        self.gateway = Some(command.stdout(Stdio::null()).stderr(log).spawn().expect("foulee-gateway runs"));
    }

    /// Sets the clock that the gateway sees, now or when it starts. `false`, with a word of it, where there is no
    /// libfaketime.
    pub(crate) fn set_clock(&mut self, off_s: i64) -> bool {
        let found = fs::read_dir("/usr/lib").into_iter().flatten().flatten().find_map(|folder| {
            let library = folder.path().join("faketime/libfaketimeMT.so.1");
            library.is_file().then_some(library)
        });
        if found.is_none() {
            assert!(
                std::env::var("FOULEE_TEST_REQUIRE_FAKETIME").is_err(),
                "libfaketime is absent and FOULEE_TEST_REQUIRE_FAKETIME is set"
            );
            println!("LEFT OUT: no libfaketime (Debian: apt-get install libfaketime)");
        }
        self.faketime = found;
        // Replaced whole: it is read at every look at the clock.
        let new = self.folder.write("faketime.new", format!("{off_s:+}\n"));
        fs::rename(new, self.folder.file("faketime")).expect("the clock can be set");
        self.faketime.is_some()
    }

    pub(crate) fn stop_service(&mut self) {
        kill(&mut self.service);
    }

    /// The service takes connections and says nothing, or goes on.
    pub(crate) fn freeze_service(&self, freeze: bool) {
        signal(self.service.as_ref().expect("the service runs"), if freeze { "-STOP" } else { "-CONT" });
    }

    /// Stops the gateway's process, or lets it go on.
    pub(crate) fn freeze_gateway(&self, freeze: bool) {
        signal(self.gateway.as_ref().expect("the gateway runs"), if freeze { "-STOP" } else { "-CONT" });
    }

    /// Asks the gateway to end; how long that took.
    pub(crate) fn end_gateway(&mut self) -> Duration {
        let begun = Instant::now();
        let mut gateway = self.gateway.take().expect("the gateway runs");
        terminate(&gateway);
        assert!(gateway.wait().expect("it ends").success());
        begun.elapsed()
    }

    /// Memory of the gateway now and at most (kB), and the processor's time that it has used (s).
    pub(crate) fn gateway_cost(&self) -> Cost {
        let id = self.gateway.as_ref().expect("the gateway runs").id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let kb = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
            line.trim().trim_end_matches(" kB").parse().expect("a number")
        };
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        Cost { now_kb: kb("VmRSS:"), peak_kb: kb("VmHWM:"), cpu_s: (ticks(11) + ticks(12)) / 100.0 }
    }

    /// What a metric of the gateway stands at.
    pub(crate) fn gateway_metric(&self, name: &str) -> Option<f64> {
        let text = fs::read_to_string(self.folder.file("spool").join("metrics.prom")).ok()?;
        let of = text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.split_whitespace().last()?.parse::<f64>().ok());
        of.reduce(|a, b| a + b)
    }

    /// What `foulee readings` prints of a device's participant, as rows of cells.
    pub(crate) fn readings(&self, family: &str, metric: &str) -> Vec<Vec<String>> {
        let device = self.devices.iter().find(|device| device.family == family).expect("a device");
        let args = [
            "readings",
            &device.participant,
            "--metric",
            metric,
            "--from",
            "2000-01-01",
            "--to",
            "2099-12-31",
        ];
        let text = self.folder.run(args).ok();
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    pub(crate) fn kill_gateway(&mut self) {
        kill(&mut self.gateway);
        self.owe();
        self.start_gateway();
    }

    /// Reads what the dead gateway's spool holds, from a copy: what is sealed there counts as taken.
    fn owe(&mut self) {
        let copy = self.folder.file("spool-copy");
        let _ = fs::remove_dir_all(&copy);
        let copied = Command::new("cp").arg("-r").arg(self.folder.file("spool")).arg(&copy).status();
        assert!(copied.is_ok_and(|status| status.success()), "the spool can be copied");
        let config = SpoolConfig { folder: copy, max_bytes: 256 << 20, key_file: None };
        let (spool, _) = Spool::open(&config).expect("the spool opens");
        let waiting = spool.next(usize::MAX).expect("it can be read");
        for (series, _, tuples) in waiting.frames().iter().flat_map(|frame| spool.resolve(frame)) {
            for tuple in tuples {
                let value = tuple.value.present().map_or(0.0, |value| series.metric.to_unit(value));
                let (participant, metric) = (series.participant.to_string(), series.metric.to_string());
                self.owed.insert((participant, metric, tuple.start_ms, (value * 10.0).round() as i64));
            }
        }
    }

    pub(crate) fn kill_bluetooth(&mut self) {
        kill(&mut self.bluetooth);
        self.start_bluetooth();
    }

    pub(crate) fn kill_service(&mut self) {
        kill(&mut self.service);
        self.start_service();
    }

    /// How the gateway says that its devices are.
    pub(crate) fn devices(&self) -> String {
        let mut command = self.command("foulee-gateway");
        command.arg("devices").arg("--config").arg(self.folder.file("gateway.toml"));
        finish(&mut command).ok()
    }

    /// Ends everything in the order in which nothing is left on the way, and compares.
    pub(crate) fn finish(mut self) -> Verdict {
        let mut bluetooth = self.bluetooth.take().expect("the simulation runs");
        let input = bluetooth.stdin.as_mut().expect("its input");
        input.write_all(b"{\"command\":\"stop\"}\n").expect("it listens");
        bluetooth.wait().expect("it ends");
        // What was sent last is on its way through the bus.
        std::thread::sleep(Duration::from_secs(1));
        let mut gateway = self.gateway.take().expect("the gateway runs");
        terminate(&gateway);
        let status = gateway.wait().expect("it ends");
        assert!(status.success(), "the gateway ended with {status}: {}", self.folder.file("").display());
        let mut inspect = self.command("foulee-gateway");
        inspect.args(["spool", "inspect", "--json", "--config"]).arg(self.folder.file("gateway.toml"));
        let spool = finish(&mut inspect).json();
        until("the days are computed", || {
            let stats = self.folder.say("store stats --json").json();
            (stats["dirty_days"].as_u64().unwrap_or(0) == 0).then_some(())
        });
        let ledger = fs::read_to_string(self.folder.file("sim").join("ledger.jsonl")).expect("a ledger");
        let report = fs::read_to_string(self.folder.file("sim").join("report.json")).expect("a report");
        let report = serde_json::from_str(&report).expect("JSON");
        judge(&self.folder, &self.devices, &ledger, &report, &spool, &self.owed)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        for child in [&mut self.gateway, &mut self.service, &mut self.bluetooth] {
            kill(child);
        }
        let _ = self.bus.kill();
        let _ = self.bus.wait();
        if std::thread::panicking()
            && let Ok(keep) = std::env::var("FOULEE_TEST_KEEP")
        {
            let _ = Command::new("cp").arg("-r").arg(self.folder.file("")).arg(Path::new(&keep)).status();
        }
    }
}

fn kill(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn terminate(child: &Child) {
    signal(child, "-TERM");
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
