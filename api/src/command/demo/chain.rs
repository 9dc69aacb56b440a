//! From wrist to service without hardware: a message bus, wearables on it as BlueZ would show them, and a gateway, each a
//! process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use foulee_contract::ParticipantId;
use serde::Deserialize;

use super::person::SIMULATED_SEED;
use super::program::{Program, Programs};
use crate::command::CommandError;
use crate::command::serve::Running;
use crate::people::new_secret;
use crate::registry::Scope;

/// How long a process may take until it does its part.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The wearables of one person: a heart-rate strap, a watch, a ring.
const KINDS: [&str; 3] = ["strap", "infinitime", "ring"];

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=SOCKET</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow eavesdrop="false"/>
<allow send_type="method_call"/><allow send_type="signal"/></policy></busconfig>"#;

/// The bus ends with the input of the shell around it, so also when this process is killed; gateway and wearables end
/// when the bus has ended.
const BUS_SCRIPT: &str =
    r#"dbus-daemon --config-file="$0" --nofork </dev/null & bus=$!; read -r _; kill $bus; wait $bus"#;

/// What runs beside the service.
pub(super) struct Chain {
    folder: PathBuf,
    bus: Option<Program>,
    wearables: Option<Program>,
    gateway: Option<Program>,
}

/// A device that the gateway hears.
#[derive(Deserialize)]
struct Heard {
    address: String,
    families: Vec<String>,
}

impl Chain {
    /// Starts everything for one participant.
    pub(super) fn start(
        programs: &Programs,
        folder: &Path,
        running: &Running,
        runtime: &tokio::runtime::Runtime,
        participant: ParticipantId,
        stopped: &AtomicBool,
    ) -> Result<Self, CommandError> {
        let folder = folder.join("wearables");
        std::fs::create_dir(&folder)?;
        let mut chain = Self { folder, bus: None, wearables: None, gateway: None };
        chain.start_bus(stopped)?;
        chain.start_wearables(programs)?;
        let heard = chain.hear(programs, stopped)?;
        let scope = Scope::WriteParticipant(participant);
        let now_ms = (running.service.clock)();
        let token = running.service.registry.issue_token(scope, "gateway", new_secret()?, now_ms, None);
        let (_, token) = runtime.block_on(token)?;
        std::fs::write(chain.file("token"), token.reveal())?;
        let config = chain.config(&running.address.to_string(), participant, &heard);
        std::fs::write(chain.file("gateway.toml"), config)?;
        let mut gateway = chain.on_bus(&programs.gateway);
        gateway.arg("run").arg("--config").arg(chain.file("gateway.toml"));
        chain.gateway = Some(Program::start("foulee-gateway", &mut gateway, &chain.folder)?);
        Ok(chain)
    }

    fn start_bus(&mut self, stopped: &AtomicBool) -> Result<(), CommandError> {
        let (socket, config) = (self.file("bus"), self.file("bus.conf"));
        std::fs::write(&config, BUS.replace("SOCKET", &socket.to_string_lossy()))?;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(BUS_SCRIPT).arg(&config);
        self.bus = Some(Program::start("dbus-daemon", &mut shell, &self.folder)?);
        self.until(stopped, "message bus", || Ok(socket.exists().then_some(())))
    }

    fn start_wearables(&mut self, programs: &Programs) -> Result<(), CommandError> {
        let wearables = KINDS
            .map(|kind| format!("[[wearable]]\nkind = \"{kind}\"\ncount = 1\nperson = {SIMULATED_SEED}\n"));
        // Until now the person lived as people do; for whoever looks on they walk.
        let from_ms = crate::command::context::system_clock()() - 60_000;
        let plan = format!("time_zone = \"UTC\"\nwalking_from_ms = {from_ms}\n{}", wearables.concat());
        std::fs::write(self.file("plan.toml"), plan)?;
        let mut command = self.on_bus(&programs.wearables);
        command.args(["ble", "--bus", &self.bus_address(), "--plan"]).arg(self.file("plan.toml"));
        command.arg("--out").arg(self.file("played"));
        self.wearables = Some(Program::start("foulee-sim", &mut command, &self.folder)?);
        Ok(())
    }

    /// The wearables, as a gateway hears them.
    fn hear(&mut self, programs: &Programs, stopped: &AtomicBool) -> Result<Vec<Heard>, CommandError> {
        let mut scan = self.on_bus(&programs.gateway);
        scan.args(["scan", "--seconds", "2", "--json", "--config", "none"]).stdin(Stdio::null());
        self.until(stopped, "wearable", || {
            let said = scan.output()?.stdout;
            let lines = said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let heard: Vec<Heard> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
            Ok((heard.len() == KINDS.len()).then_some(heard))
        })
    }

    fn config(&self, address: &str, participant: ParticipantId, heard: &[Heard]) -> String {
        let file = |name: &str| self.file(name).display().to_string();
        let mut config = format!(
            "[uplink]\nurl = \"http://{address}\"\ntoken_file = \"{}\"\n[spool]\nfolder = \"{}\"\n",
            file("token"),
            file("spool")
        );
        for (number, device) in heard.iter().enumerate() {
            let family = device.families.first().map_or("", String::as_str);
            config.push_str(&format!(
                "[[device]]\nname = \"{family}-{number}\"\naddress = \"{}\"\nfamily = \"{family}\"\n\
                 participant = \"{participant}\"\n",
                device.address
            ));
        }
        config
    }

    /// What the wearables sent, as they say themselves.
    pub(super) fn ledger(&self) -> PathBuf {
        self.file("played").join("ledger.jsonl")
    }

    /// That nobody has ended and nobody said stop.
    pub(super) fn goes_on(&mut self, stopped: &AtomicBool) -> Result<(), CommandError> {
        if stopped.load(Ordering::Acquire) {
            return Err(CommandError::Interrupted);
        }
        let programs = [&mut self.gateway, &mut self.wearables, &mut self.bus];
        programs.into_iter().flatten().try_for_each(Program::ended)
    }

    /// Until somebody says stop.
    pub(super) fn wait(&mut self, stopped: &AtomicBool) -> Result<(), CommandError> {
        loop {
            match self.goes_on(stopped) {
                Ok(()) => std::thread::sleep(LOOK_AGAIN),
                Err(CommandError::Interrupted) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn until<T>(
        &mut self,
        stopped: &AtomicBool,
        hop: &'static str,
        mut found: impl FnMut() -> Result<Option<T>, CommandError>,
    ) -> Result<T, CommandError> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            self.goes_on(stopped)?;
            if let Some(found) = found()? {
                return Ok(found);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Err(CommandError::NothingProduced { hop })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn bus_address(&self) -> String {
        format!("unix:path={}", self.file("bus").display())
    }

    /// A program that takes this bus for the system's, and stands where the simulated person lives.
    fn on_bus(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FOULEE_"))
        {
            command.env_remove(name);
        }
        command.env("DBUS_SYSTEM_BUS_ADDRESS", self.bus_address()).env("TZ", "UTC");
        command
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        drop((self.gateway.take(), self.wearables.take()));
        if let Some(bus) = self.bus.take() {
            bus.close();
        }
    }
}
