//! What was measured, as people read it.

use std::time::Duration;

/// One delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    pub(crate) readings: usize,
    pub(crate) acknowledged: Duration,
    pub(crate) visible: Duration,
    /// Processor seconds of whoever sends, and of the server.
    pub(crate) cpu: [f64; 2],
}

/// One engine in one round.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) loaded: Loaded,
    /// The engine's data in its final form, and all its files.
    pub(crate) bytes: [u64; 2],
    /// What Foulée keeps beside InfluxDB: the journal, `influx.db`.
    pub(crate) own_bytes: [u64; 2],
    pub(crate) reads: Vec<Duration>,
}

/// An engine over all rounds.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    pub(crate) rounds: Vec<Round>,
}

impl Engine {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, rounds: Vec::new() }
    }

    fn all(&self, of: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().map(of).collect()
    }

    pub(crate) fn visible_s(&self) -> Vec<f64> {
        self.all(|round| round.loaded.visible.as_secs_f64())
    }

    /// Bytes a reading: data alone, and all files.
    pub(crate) fn bytes(&self) -> [f64; 2] {
        [0, 1].map(|at| median(&self.all(|round| round.bytes[at] as f64 / round.loaded.readings as f64)))
    }

    fn line(&self) -> String {
        let per_s = |of: fn(&Loaded) -> Duration| {
            let all = self.all(|round| round.loaded.readings as f64 / of(&round.loaded).as_secs_f64() / 1e3);
            let (low, high) = spread(&all);
            format!("{:5.0} ({low:.0}-{high:.0})", median(&all))
        };
        let cpu = [0, 1]
            .map(|at| median(&self.all(|round| round.loaded.cpu[at] / round.loaded.readings as f64 * 1e6)));
        let own = [0, 1]
            .map(|at| median(&self.all(|round| round.own_bytes[at] as f64 / round.loaded.readings as f64)));
        let [data, all] = self.bytes();
        let read = |share| median(&self.all(|round| quantile_ms(&round.reads, share)));
        format!(
            "{:22}  {:>20}  {:>20}  {data:7.3}  {all:7.3}  {:7.3}  {:9.3}  {:6.2}  {:6.2}  {:5.2}  {:7.1}  {:7.1}",
            self.name,
            per_s(|loaded| loaded.acknowledged),
            per_s(|loaded| loaded.visible),
            own[0],
            own[1],
            cpu[0],
            cpu[1],
            cpu[0] + cpu[1],
            read(0.5),
            read(0.99),
        )
    }
}

/// All engines, a line each.
pub(crate) fn print(title: &str, engines: &[&Engine]) {
    println!("\n{title}");
    println!("Medians of the rounds; (lowest-highest). k/s: 1,000 readings a second. B: bytes a reading.");
    println!(
        "{:22}  {:>20}  {:>20}  {:>7}  {:>7}  {:>7}  {:>9}  {:>6}  {:>6}  {:>5}  {:>7}  {:>7}",
        "",
        "k/s acknowledged",
        "k/s visible",
        "data B",
        "files B",
        "journal",
        "influx.db",
        "CPU s/",
        "M:",
        "",
        "read ms",
        ""
    );
    println!("{:112}  {:>6}  {:>6}  {:>5}  {:>7}  {:>7}", "", "client", "server", "sum", "p50", "p99");
    engines.iter().for_each(|engine| println!("{}", engine.line()));
}

/// Whether a ratio is held, in words: no test may depend on how fast a machine is.
pub(crate) fn hold(what: &str, ratio: f64, at_most: f64) {
    let word = if ratio <= at_most { "PASS" } else { "FAIL" };
    println!("{word}  {what}: {ratio:.2} (at most {at_most})");
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(values: &[f64]) -> (f64, f64) {
    (values.iter().copied().fold(f64::NAN, f64::min), values.iter().copied().fold(f64::NAN, f64::max))
}

/// The `share` quantile, ms.
fn quantile_ms(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = ((sorted.len() as f64 - 1.0) * share).round() as usize;
    sorted.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
