//! What the package brings agrees with itself: the unit starts what is installed, with the file that is installed.

use std::path::Path;
use std::process::Command;

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file")
}

#[test]
fn unit_manifest_sample_and_program_name_the_same_places() {
    let (unit, manifest, sample) = (text("foulee-gateway.service"), text("Cargo.toml"), text("gateway.toml"));
    let config = "/etc/foulee-gateway/gateway.toml";
    let start = format!("ExecStart=/usr/bin/foulee-gateway run --config {config}");
    assert!(unit.lines().any(|line| line == start), "{start}");
    assert!(manifest.contains("[\"target/release/foulee-gateway\", \"usr/bin/\", \"755\"]"));
    assert!(manifest.contains("[\"gateway.toml\", \"etc/foulee-gateway/\""));
    assert!(manifest.contains(&format!("conf-files = [\"{config}\"]")));
    assert!(text("src/command/mod.rs").contains(&format!("default_value = \"{config}\"")));
    assert!(unit.contains("\nStateDirectory=foulee-gateway\n"));
    assert!(sample.contains("\nfolder = \"/var/lib/foulee-gateway\"\n"));
    assert!(unit.contains("\nUser=foulee-gateway\n"));
    assert!(text("foulee-gateway.dbus.conf").contains("<policy user=\"foulee-gateway\">"));
    assert!(manifest.contains("\"usr/share/dbus-1/system.d/foulee-gateway.conf\""));
    for script in ["postinst", "postrm"] {
        let script = text(&format!("debian/{script}"));
        assert!(script.contains("/var/lib/foulee-gateway\n") && script.contains("#DEBHELPER#"));
    }
}

/// It must start on a machine with BlueZ and nothing else installed: libdbus, zstd and TLS are compiled in.
#[test]
#[cfg(target_os = "linux")]
fn the_program_asks_the_system_for_the_c_library_alone() {
    let Ok(output) = Command::new("ldd").arg(env!("CARGO_BIN_EXE_foulee-gateway")).output() else {
        println!("LEFT OUT: no ldd");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = text.lines().filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = files.filter_map(|path| path.rsplit('/').next()).collect();
    println!("{}", names.join(" "));
    let known = ["linux-vdso.so", "libgcc_s.so", "libm.so", "libc.so", "ld-linux"];
    let more: Vec<&&str> =
        names.iter().filter(|name| !known.iter().any(|known| name.starts_with(known))).collect();
    assert!(names.len() >= 3 && more.is_empty(), "{text}");
}
