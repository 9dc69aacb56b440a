"""The scenario: what is started, what goes wrong on purpose, what must hold. Prints to the console; logs go to /tmp/log."""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from datetime import datetime
from pathlib import Path

sys.path.insert(0, "/usr/lib")
from judge import judge, sound

LOG, STATE, CONFIG = Path("/tmp/log"), Path("/var/lib/foulee-gateway"), Path("/etc/foulee-gateway")
UNITS = Path("/run/systemd/system").is_dir()
DEVICES = {"strap": ("C0:FF:EE:00:00:01", "heart_rate_strap"), "watch": ("C0:FF:EE:00:00:02", "infinitime"),
           "bonded": ("C0:FF:EE:00:00:03", "heart_rate_strap")}
BEGUN = time.monotonic()
failures, ends = [], []


def say(text):
    print(f"[{time.monotonic() - BEGUN:6.1f} s] {text}", flush=True)


def must(what, holds):
    say(f"{'ok  ' if holds else 'FAIL'} {what}")
    if not holds:
        failures.append(what)


class Unit:
    """A systemd unit, as a process of ours is."""

    def __init__(self, name):
        self.name = name
        ask("systemctl", "start", name)

    @property
    def pid(self):
        return int(ask("systemctl", "show", "-p", "MainPID", "--value", self.name))

    def poll(self):
        return None if ask("systemctl", "is-active", self.name).strip() == "active" else 1

    def send_signal(self, how):
        ask("systemctl", "kill", "-s", how.name, self.name)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        ask("systemctl", "stop", self.name)

    def wait(self, _=None):
        result = ask("systemctl", "show", "-p", "Result", "--value", self.name).strip()
        return 0 if result == "success" else result


def start(name, *command, **more):
    log = open(LOG / f"{name}.log", "ab")
    return subprocess.Popen(command, stdout=more.pop("stdout", log), stderr=log, **more)


def ask(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        say(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def until(what, found, patience=120):
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        if result := found():
            return time.monotonic() - begun, result
        time.sleep(0.2)
    must(f"{what} within {patience} s", False)
    return None, None


# As the package does it: a user of its own, in the group that BlueZ listens to.
AS_GATEWAY = {"user": 101, "group": 101, "extra_groups": [102], "cwd": "/"}


def gateway(*words):
    return ask("foulee-gateway", *words, **AS_GATEWAY)


def ledger():
    return [json.loads(line) for line in (LOG / "ledger.jsonl").read_text().splitlines()]


def foulee(*words):
    return ask("foulee", "--data-dir", "/tmp/foulee", "--quiet", *words)


def bluetoothd():
    if UNITS:
        return Unit("bluetooth")
    process = start("bluetoothd", "/usr/libexec/bluetooth/bluetoothd", "-n", "-d")
    return process


def run_gateway():
    if UNITS:
        return Unit("foulee-gateway")
    return start("gateway", "foulee-gateway", "run", "--config", str(CONFIG / "gateway.toml"), "--log", "json",
                 **AS_GATEWAY)


def status():
    try:
        return json.loads((STATE / "spool/status.json").read_text())
    except (OSError, ValueError):
        return {"devices": {}}


def heard_since(ms, names):
    """Whether each peripheral was subscribed to after `ms`, and notified a heart rate after that."""
    again, heard = set(), set()
    for line in ledger():
        if line["t"] > ms and line["event"] == "subscribed":
            again.add(line["device"])
        if line["device"] in again and line["event"] == "notified" and line["what"] == "heart_rate":
            heard.add(line["device"])
    return set(names) <= heard


def recover(what, names=tuple(DEVICES), limit=60, begun_ms=None):
    """From `begun_ms`, or now."""
    begun_ms = begun_ms or now_ms()
    if until(what, lambda: heard_since(begun_ms, names), limit)[1]:
        must(f"{what}: {(now_ms() - begun_ms) / 1000:.1f} s until {', '.join(names)} notify again", True)
        return True


def now_ms():
    return int(time.time() * 1000)


def drop(tell, *_):
    say("every peripheral ends its link")
    begun_ms = now_ms()
    tell(f"drop {' '.join(DEVICES)}")
    recover("after a drop", begun_ms=begun_ms)


def away(tell, *_):
    say("strap and bonded strap go away for 60 s; the watch ends its link in between")
    tell("away strap bonded")
    time.sleep(30)
    begun_ms = now_ms()
    tell("drop watch")
    recover("while two are away", ["watch"], begun_ms=begun_ms)
    time.sleep(30)
    tell("back strap bonded")
    recover("after an absence", ["strap", "bonded"])


def silence(tell, *_):
    say("strap: linked, silent for 25 s")
    begun_ms = now_ms()
    tell("mute strap")
    time.sleep(25)
    tell("unmute strap")
    recover("after silence", ["strap"], begun_ms=begun_ms)


def end_bluetoothd(how):
    def step(_, daemon, process):
        ends.append(now_ms())
        daemon.send_signal(how)
        daemon.wait()
        ends.append(now_ms())
        say(f"bluetoothd is ended by {how.name}; it starts again after 3 s")
        time.sleep(3)
        daemon = bluetoothd()
        recover(f"after {how.name} of bluetoothd")
        return daemon, process
    return step


def kill_gateway(_, daemon, process):
    ends.append(now_ms())
    process.kill()
    process.wait()
    say("the gateway is killed, and starts again after 1 s")
    time.sleep(1)
    process = run_gateway()
    recover("after a kill of the gateway")
    return daemon, process


ALL_STEPS = {"drop": drop, "away": away, "silence": silence, "sigkill": end_bluetoothd(signal.SIGKILL),
             "sigterm": end_bluetoothd(signal.SIGTERM), "kill": kill_gateway}
STEPS = [ALL_STEPS[name] for name in (sys.argv[2].split(",") if len(sys.argv) > 2 else ALL_STEPS)]


def scenario():
    for path in (LOG, STATE, CONFIG, Path("/run/dbus")):
        path.mkdir(parents=True, exist_ok=True)
    os.chown(STATE, 101, 101)
    os.chmod(STATE, 0o700)
    say(f"Linux {sys.argv[1]}, bluetoothd {ask('/usr/libexec/bluetooth/bluetoothd', '--version').strip()}, "
        f"{ask('foulee-gateway', '--version').strip()}")
    start("btmon", "btmon", "-w", str(LOG / "hci.btsnoop"))
    if not UNITS:
        start("dbus", "dbus-daemon", "--system", "--nofork")
    until("the bus", lambda: Path("/run/dbus/system_bus_socket").exists())
    peripherals = start("peripherals", "python3.11", "-u", "/usr/lib/peripherals.py", str(LOG / "ledger.jsonl"),
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    must("Bumble plays its peripherals", peripherals.stdout.readline() == b"ready\n")

    def tell(line):
        peripherals.stdin.write(line.encode() + b"\n")
        peripherals.stdin.flush()

    daemon = bluetoothd()
    service = start("service", "foulee", "--data-dir", "/tmp/foulee", "serve", "--listen", "127.0.0.1:8700")
    until("the service", lambda: Path("/tmp/foulee/foulee.address").exists())

    until("the adapter", lambda: Path("/sys/class/bluetooth/hci0").exists())
    _, heard = until("scan hears all", lambda: (lines := gateway(
        "scan", "--seconds", "5", "--json", "--config", "none").splitlines()) and len(lines) >= 3 and lines)
    for line in heard or []:
        say(f"scan: {line}")
    must("scan hears the three and names their families", {
        (line["address"], line["families"][0]) for line in map(json.loads, heard or [])} == set(DEVICES.values()))

    config = f"""[uplink]\nurl = "http://127.0.0.1:8700"\ntoken_file = "{CONFIG}/token"
[spool]\nfolder = "{STATE}/spool"\n[bluetooth]\nsilent_after_s = 15\n"""
    participants = {}
    for name, (address, family) in DEVICES.items():
        participants[name] = foulee("participant", "add", "--study", "pilot", "--external-id", name,
                                    "--time-zone", "Europe/Paris").strip()
        config += (f'[[device]]\nname = "{name}"\naddress = "{address}"\nfamily = "{family}"\n'
                   f'participant = "{participants[name]}"\nbond = {str(name == "bonded").lower()}\n')
    for name, text in (("gateway.toml", config), ("token", foulee(
            "token", "add", "--write-study", "pilot", "--label", "gateway"))):
        (CONFIG / name).write_text(text)
        os.chown(CONFIG / name, 101, 101)
        os.chmod(CONFIG / name, 0o600)
    say("doctor:\n" + gateway("doctor", "--config", str(CONFIG / "gateway.toml")))
    process = run_gateway()
    if not recover("first links"):
        raise RuntimeError("no links")
    say("peace")
    time.sleep(60 if len(STEPS) == len(ALL_STEPS) else 15)
    must("the watch's clock was written", any(line.get("what") == "clock" and line["event"] == "written"
                                              for line in ledger()))
    must("the third strap is paired", any(line["event"] == "paired" for line in ledger()))
    say("devices:\n" + gateway("devices", "--config", str(CONFIG / "gateway.toml")))

    for step in STEPS:
        daemon, process = step(tell, daemon, process) or (daemon, process)
        time.sleep(15)

    say("devices:\n" + gateway("devices", "--config", str(CONFIG / "gateway.toml")))
    metrics = (STATE / "spool/metrics.prom").read_text()
    must("the match rules of the bus are watched", "gateway_bus_match_rules " in metrics)
    must("the gateway runs", process.poll() is None)
    usage = Path(f"/proc/{process.pid}/status").read_text() if process.poll() is None else ""
    say("memory at most " + "".join(line.split(":")[1].strip() for line in usage.splitlines() if "VmHWM" in line))
    tell("mute strap watch bonded")
    time.sleep(3)
    ends.append(now_ms())
    process.terminate()
    must("the gateway ends with 0 when asked to", process.wait(30) == 0)
    time.sleep(2)
    (LOG / "status.json").write_text(json.dumps(status()))
    inspect = json.loads(gateway("spool", "inspect", "--json", "--config", str(CONFIG / "gateway.toml")) or "{}")
    say(f"spool: {json.dumps(inspect)}")
    compare(participants)
    for one in (peripherals, service, daemon):
        one.terminate()


def milliseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def interval(raw):
    """1/1024 s, as the store has it: ms, one decimal."""
    return int(raw * 10_000 / 1024 + 0.5) / 10


def compare(participants):
    lines = ledger()
    for name, participant in participants.items():
        mine = [line for line in lines if line["device"] == name]
        cut = ends + [line["t"] for line in mine if line["event"] in ("disconnected", "command")]
        rows = json.loads(foulee(
            "readings", participant, "--format", "json", "--from", "2020-01-01", "--to", "2099-12-31"))
        (LOG / f"readings-{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        count = {}
        for line in mine:
            count[line["event"]] = count.get(line["event"], 0) + 1
        say(f"{name}: ledger {count}")
        for what, metric, scale in MEASURES[name]:
            field = "rr" if metric == "rr_interval" else "value"
            sent = [(line["t"], scale(line[field])) for line in mine
                    if line["event"] in ("notified", "read") and line["what"] == what]
            stored = [(milliseconds(row["start"]), row["value"]) for row in rows
                      if row["metric"] == metric and row["value"] is not None]
            counts = judge(sent, stored, cut)
            if metric == "battery":
                # The gateway reads it now and then; BlueZ subscribes to it, and reads it too.
                counts["missing"] = []
            say(f"{name} {metric}: {json.dumps(counts)}")
            must(f"{name} {metric}: each once", sound(counts))


MEASURES = {
    "strap": [("heart_rate", "heart_rate", float), ("heart_rate", "rr_interval", interval), ("battery", "battery", float)],
    "watch": [("heart_rate", "heart_rate", float), ("steps", "step_counter", float), ("battery", "battery", float)],
}
MEASURES["bonded"] = MEASURES["strap"]

try:
    scenario()
except Exception:
    failures.append("the scenario ends")
    print(traceback.format_exc(), flush=True)
    for log in sorted(LOG.glob("*.log")):
        print(f"== {log.name}", *log.read_text(errors="replace").splitlines()[-20:], sep="\n", flush=True)
print(f"VERDICT: {'ok' if not failures else 'FAILED: ' + '; '.join(failures)}", flush=True)
