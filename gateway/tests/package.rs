//! What the package brings agrees with itself: the unit starts what is installed, with the file that is installed.

use std::path::Path;

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
    for script in ["postinst", "postrm"] {
        let script = text(&format!("debian/{script}"));
        assert!(script.contains("/var/lib/foulee-gateway\n") && script.contains("#DEBHELPER#"));
    }
}
