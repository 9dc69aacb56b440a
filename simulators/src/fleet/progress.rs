//! A line on a terminal that says how far it is.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use super::tally::{Count, Tally};

/// How often it is written.
const EVERY: Duration = Duration::from_millis(500);

/// Writes the line until `done`, where standard error is a terminal.
pub(super) fn show(tally: &Tally, people: u32, read_back: &Count, done: &std::sync::mpsc::Receiver<()>) {
    let mut stderr = std::io::stderr();
    if !stderr.is_terminal() {
        return;
    }
    while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = done.recv_timeout(EVERY) {
        let (sent, readings) = (tally.people_done.get(), tally.acknowledged.get());
        let line = format!("{readings} readings acknowledged, {sent} of {people} people sent");
        // A terminal that is gone is no reason to stop.
        let _ = write!(stderr, "\r\x1b[K{line}, {} read back", read_back.get());
        let _ = stderr.flush();
    }
    let _ = write!(stderr, "\r\x1b[K");
}
