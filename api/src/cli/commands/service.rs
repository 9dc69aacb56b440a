use std::net::SocketAddr;

use clap::{Args, ValueEnum};

/// Run the service: it accepts readings, computes days and shows pages
///
/// One process holds the data folder until it ends; `import` and the other commands then go through it by
/// themselves. SIGTERM or Ctrl-C ends it once what was accepted is on disk.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee serve
  foulee serve --listen 0.0.0.0:7373 --data-dir /srv/foulee")]
pub struct Serve {
    /// Address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7373")]
    pub listen: SocketAddr,
    /// Part of the service that this process is; the embedded store allows only all
    #[arg(long, value_name = "ROLE", default_value = "all")]
    pub role: Role,
}

/// The part of the service that a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Every part.
    All,
    /// Accepts readings.
    Ingest,
    /// Computes days.
    Worker,
    /// Serves pages and answers.
    Api,
}

/// Try it all in a fresh folder: real recordings where they are, else a simulated person
///
/// Imports a simulated person, assigns a programme, computes days and adherence, serves the pages and prints their
/// address. The folder goes when the demo ends; your data folder is not touched.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee demo
  foulee demo --ble          a live page, fed by simulated wearables over a real gateway
  foulee demo --check        once through everything, then exit: 0 only if every step gave something
  foulee demo --ble --check  that with wearables, and the time from wrist to page")]
pub struct Demo {
    /// Port of the pages; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value = "0")]
    pub port: u16,
    /// Do all of it once, print a JSON summary, and exit
    #[arg(long)]
    pub check: bool,
    /// Start simulated wearables and a gateway too, and show them live
    ///
    /// The person is then a simulated one. foulee-gateway and foulee-sim must stand beside this program (cargo build
    /// --release puts them there) and dbus-daemon on the path. All of it ends with the demo.
    #[arg(long)]
    pub ble: bool,
}
