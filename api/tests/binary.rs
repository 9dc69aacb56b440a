//! The binary itself: that `cargo test` builds it, which the whole-system tests rely on, and that it answers.

use std::process::Command;

#[test]
fn it_says_who_it_is() {
    let output = Command::new(env!("CARGO_BIN_EXE_foulee")).arg("--version").output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("foulee {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_flag_exits_with_two_and_names_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_foulee")).args(["serve", "--lisen", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--lisen"));
}
