//! What a service may say to a batch, each answer scripted: nothing is lost, nothing is released before its time, and
//! what is refused costs the reading or the commit at fault.

mod gateway;
mod service;

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use foulee_contract::{Answer, Metric, Problem, ProblemKind, RejectCode, Rejection, Tuple};
use foulee_gateway::GatewayError;
use foulee_gateway::config::SpoolConfig;

use foulee_gateway::spool::{Aside, Spool};
use gateway::{Gateway, numbers, reading};
use service::{Asked, Reply, Service};
use tempfile::TempDir;

fn all(count: i64) -> Vec<i64> {
    (0..count).collect()
}

fn yes(_: usize, asked: &Asked) -> Reply {
    Reply::accepted(asked, Vec::new())
}

/// A service that says `first` to the first batch and takes the others.
fn at_first(first: Reply) -> Service {
    Service::start(move |n, asked| if n == 0 { first.clone() } else { yes(n, asked) })
}

/// The readings of these numbers are refused; without any, all are.
fn refused(asked: &Asked, numbers: &[i64]) -> Vec<Rejection> {
    let is_bad = |value: i64| numbers.is_empty() || numbers.contains(&(value - 600));
    let bad = asked.readings.iter().filter(|reading| is_bad(reading.value));
    bad.map(|reading| Rejection {
        series: reading.series,
        index: reading.index,
        code: RejectCode::ParticipantUnknown,
        field: "participant".to_owned(),
        fix: "a participant that this token may write for".to_owned(),
    })
    .collect()
}

#[test]
fn a_service_that_asks_to_wait_is_not_asked_before() {
    let service = Service::start(|n, asked| match n {
        0 => Reply::new(429, "").header("Retry-After", "1"),
        1 => Reply::new(503, "{}").header("retry-after", "2"),
        _ => yes(n, asked),
    });
    Gateway::with(&service, 30).run();
    let asked = service.asked();
    let waited = [1, 2].map(|n| asked[n].at - asked[n - 1].at);
    assert!(waited[0] >= Duration::from_secs(1) && waited[1] >= Duration::from_secs(2), "{waited:?}");
    assert_eq!(asked.len(), 3);
    assert_eq!(numbers(&asked[2..]), all(30));
}

#[test]
fn what_is_too_large_is_sent_in_parts() {
    const MOST: usize = 300;
    let service = Service::start(|n, asked| match asked.readings.len() {
        ..=MOST => yes(n, asked),
        _ => Reply::new(413, ""),
    });
    let gateway = Gateway::with(&service, 2_000);
    let status = gateway.run();
    let (asked, taken): (Vec<_>, Vec<_>) = service.asked().into_iter().partition(|a| a.readings.len() > MOST);
    assert_eq!(numbers(&taken), all(2_000), "each once");
    assert!(asked.len() <= 7, "{} too large", asked.len());
    assert_eq!((gateway.asides(), status.acknowledged), (vec![], 2_000));
}

/// A service that refuses whatever batch the reading 41 is in, and once asks to wait meanwhile.
fn refuses_as_a_whole(status: ProblemKind) -> Service {
    Service::start(move |n, asked| {
        // The commit at fault has been set aside by then, and another part is on its way.
        if n == 9 {
            return Reply::new(503, "").header("Retry-After", "0");
        }
        match numbers([asked]).contains(&41) {
            true => Reply::problem(&Problem::new(status).field("series[0].points.value", "a number")),
            false => yes(n, asked),
        }
    })
}

#[test]
fn of_a_batch_refused_as_a_whole_the_commit_at_fault_is_set_aside() {
    for kind in [ProblemKind::Malformed, ProblemKind::InvalidField] {
        let service = refuses_as_a_whole(kind);
        let gateway = Gateway::with(&service, 200);
        gateway.run();
        let taken: Vec<Asked> =
            service.asked().into_iter().filter(|asked| !numbers([asked]).contains(&41)).collect();
        let mut expected: Vec<i64> = (0..40).chain(50..200).collect();
        // Those that the service asked to wait with came twice.
        expected.extend(50..100);
        expected.sort_unstable();
        assert_eq!(numbers(&taken), expected, "all but the commit of reading 41");
        assert_eq!(gateway.aside_codes(), ["batch_refused"], "{kind:?}");
        assert!(gateway.asides()[0].frame.is_some());
    }
}

#[test]
fn what_is_refused_reading_by_reading_is_set_aside_with_its_reason() {
    let service = Service::start(|_, asked| Reply::accepted(asked, refused(asked, &[7, 123])));
    let gateway = Gateway::with(&service, 200);
    let status = gateway.run();
    assert_eq!((service.asked().len(), status.acknowledged, status.set_aside), (1, 198, 2));
    assert_eq!(gateway.aside_codes(), ["participant_unknown"]);
    let aside = gateway.asides().remove(0);
    assert_eq!((aside.readings(), aside.fix.as_str()), (2, "a participant that this token may write for"));
    let block = aside.batch.expect("the readings themselves").series.remove(0);
    assert_eq!(block.offset.and_then(|offset| offset.get(0)), Some(60));
    let points = block.points.expect("points");
    assert_eq!(points.start, [7, 123].map(|n| gateway::START_MS + n * 1_000));
    assert_eq!(points.value, [7, 123].map(|n| Some(600 + n)));
}

#[test]
fn a_backlog_of_which_nothing_is_accepted_is_set_aside_and_sent_when_retried() {
    /// More than a batch.
    const COUNT: i64 = 120_000;
    let mended = Arc::new(AtomicBool::new(false));
    let service = {
        let mended = Arc::clone(&mended);
        Service::start(move |n, asked| {
            if mended.load(Ordering::Relaxed) {
                return yes(n, asked);
            }
            let rejected = refused(asked, &[]);
            Reply::problem(&Problem { rejected, ..Problem::new(ProblemKind::NothingAccepted) })
        })
    };
    let gateway = Gateway::with(&service, COUNT);
    gateway.run();
    let aside: u64 = gateway.asides().iter().map(Aside::readings).sum();
    assert_eq!(aside, COUNT as u64);
    let word =
        Aside { code: "reversed".to_owned(), fix: "heart_rate = 60".to_owned(), batch: None, frame: None };
    gateway.spool.keep_aside(std::slice::from_ref(&word)).expect("kept");
    mended.store(true, Ordering::Relaxed);
    assert_eq!(gateway.spool.retry_asides().expect("put back"), COUNT as u64);
    let before = service.asked().len();
    gateway.run();
    assert_eq!(numbers(&service.asked()[before..]), all(COUNT));
    assert_eq!(gateway.asides(), [word], "what there is nothing of but the word stays");
}

/// A gateway that has ended, of which its commands are asked.
struct Commands {
    folder: TempDir,
}

impl Commands {
    fn of(gateway: Gateway, service: &Service) -> Self {
        let token = gateway.token_file();
        let Gateway { folder, spool, .. } = gateway;
        let config = format!(
            "[uplink]\nurl = \"{}\"\ntoken_file = \"{}\"\n[spool]\nfolder = \"{}\"\n\
             [[device]]\nname = \"strap\"\naddress = \"C0:FF:EE:00:00:01\"\nfamily = \"heart_rate_strap\"\n\
             participant = \"{}\"\n",
            service.url,
            token.display(),
            folder.path().join("spool").display(),
            gateway::participant()
        );
        std::fs::write(folder.path().join("gateway.toml"), config).expect("a file");
        spool.settle().expect("written");
        Self { folder }
    }

    /// The exit code and what is printed.
    fn say(&self, command: &[&str]) -> (Option<i32>, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_foulee-gateway"));
        program.args(command).arg("--config").arg(self.folder.path().join("gateway.toml"));
        loop {
            let output = program.output().expect("it runs");
            // As in [`open`].
            if !String::from_utf8_lossy(&output.stderr).contains("is in use by a running gateway") {
                return (output.status.code(), String::from_utf8_lossy(&output.stdout).trim().to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn the_command_offers_again_what_was_refused_as_a_whole() {
    let service = Service::start(|n, asked| match n {
        0 => Reply::problem(&Problem::new(ProblemKind::InvalidField).field("contract", "2")),
        _ => yes(n, asked),
    });
    let gateway = Gateway::with(&service, 10);
    gateway.run();
    let commands = Commands::of(gateway, &service);
    assert_eq!(commands.say(&["spool", "retry"]), (Some(0), "readings put back: 10".to_owned()));
    let drained = "readings acknowledged: 10; commits that still wait: 0".to_owned();
    assert_eq!(commands.say(&["spool", "drain"]), (Some(0), drained));
    assert_eq!(numbers(&service.asked()[1..]), all(10));
}

#[test]
fn a_token_that_was_replaced_delivers_without_a_restart() {
    let service = Service::start(|n, asked| match asked.token.as_str() {
        "second" => yes(n, asked),
        _ => Reply::problem(&Problem::new(ProblemKind::Unauthorized)),
    });
    let gateway = Gateway::with(&service, 30);
    let mut replaced = false;
    gateway.run_until(|gateway| {
        if !replaced && !service.asked().is_empty() {
            assert_eq!(gateway.waiting(), 3, "readings wait");
            std::fs::write(gateway.token_file(), "second\n").expect("a file");
            replaced = true;
        }
        gateway.waiting() == 0
    });
    let tokens: Vec<String> = service.asked().into_iter().map(|asked| asked.token).collect();
    assert_eq!(tokens, ["first", "second"]);
    assert_eq!(gateway.asides(), []);
}

#[test]
fn a_gateway_without_a_token_waits_for_one() {
    for token in [None, Some("\n")] {
        let service = Service::start(yes);
        let gateway = Gateway::with(&service, 30);
        let write = |text| std::fs::write(gateway.token_file(), text).expect("a file");
        std::fs::remove_file(gateway.token_file()).expect("it was there");
        token.into_iter().for_each(write);
        let begun = Instant::now();
        let mut given = false;
        gateway.run_until(|gateway| {
            if !given && begun.elapsed() > Duration::from_millis(500) {
                assert_eq!((gateway.waiting(), service.asked().len()), (3, 0), "readings wait");
                write("second\n");
                given = true;
            }
            gateway.waiting() == 0
        });
        assert!(given && service.asked().iter().all(|asked| asked.token == "second"));
        assert_eq!(numbers(&service.asked()), all(30));
    }
}

#[test]
fn the_doctor_asks_the_service_of_the_token() {
    let service = Service::start(|n, asked| match asked.token.as_str() {
        "first" => yes(n, asked),
        _ => Reply::problem(&Problem::new(ProblemKind::Unauthorized)),
    });
    let gateway = Gateway::with(&service, 30);
    let token = gateway.token_file();
    let commands = Commands::of(gateway, &service);
    let asked = |expected: &str| {
        let (code, said) = commands.say(&["doctor"]);
        assert!(said.contains("commits that wait: 3") && said.contains(expected), "{said}");
        code
    };
    asked("service: answers, and takes the token");
    std::fs::write(&token, "second").expect("a file");
    assert_ne!(asked("refuses the device token (401)"), Some(0));
    std::fs::remove_file(&token).expect("it was there");
    assert_ne!(asked("service: cannot read"), Some(0));
    assert_eq!(service.asked().iter().map(|asked| asked.readings.len()).sum::<usize>(), 0);
}

#[test]
fn damage_is_an_exit_code() {
    let service = Service::start(yes);
    let commands = Commands::of(Gateway::with(&service, 30), &service);
    assert_eq!(
        commands.say(&["spool", "verify"]),
        (Some(0), "readings that wait: 30; damaged places: 0".to_owned())
    );
    let files = std::fs::read_dir(commands.folder.path().join("spool/readings")).expect("a folder");
    let segment = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|end| end == "seg"))
        .max_by_key(|path| std::fs::metadata(path).expect("a file").len())
        .expect("a segment");
    let mut bytes = std::fs::read(&segment).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).expect("a file");
    let (code, said) = commands.say(&["spool", "verify"]);
    // All of them are in one block.
    assert_eq!((code, said.as_str()), (Some(1), "readings that wait: 0; damaged places: 1"));
}

fn open(config: &SpoolConfig) -> Spool {
    // A program that another test is about to start holds the lock of the one before until then.
    loop {
        match Spool::open(config) {
            Ok((spool, _)) => return spool,
            Err(GatewayError::FolderInUse { .. }) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The readings of a spool, by metric and number; those of a series that nobody knows are not among them.
fn known(config: &SpoolConfig) -> Vec<(Metric, i64)> {
    let spool = open(config);
    let waiting = spool.next(1_000).expect("read");
    let mut found = Vec::new();
    for (series, _, tuples) in waiting.frames().into_iter().flat_map(|frame| spool.resolve(frame)) {
        let value = |tuple: &Tuple| tuple.value.present().expect("a value") - 600;
        found.extend(tuples.iter().map(|tuple| (series.metric, value(tuple))));
    }
    found.sort_unstable();
    found
}

#[test]
fn no_bit_of_the_table_of_series_costs_a_reading() {
    let service = Service::start(yes);
    let commands = Commands::of(Gateway::with(&service, 30), &service);
    let folder = commands.folder.path().join("spool");
    let config = SpoolConfig { folder: folder.clone(), max_bytes: 64 << 20, key_file: None };
    let whole: Vec<(Metric, i64)> = (0..30).map(|number| (Metric::HeartRate, number)).collect();
    // Opened once more, what was written piece by piece lies in one block.
    assert_eq!(known(&config), whole);
    let mut flips = 0;
    for table in ["series", "series-twin"] {
        let segment = folder.join(table).join("000000000000.seg");
        let good = std::fs::read(&segment).expect("a file");
        for bit in 0..good.len() * 8 {
            // What was given back after the last flip goes too.
            for file in std::fs::read_dir(folder.join(table)).expect("a folder") {
                std::fs::remove_file(file.expect("a file").path()).expect("it was there");
            }
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&segment, &bytes).expect("a file");
            assert_eq!(known(&config), whole, "{table}, bit {bit}");
            flips += 1;
        }
    }
    println!("{flips} flips, none cost a reading");
    assert!(flips > 1_000);
}

#[test]
fn readings_that_are_nobodys_become_a_gap_and_never_somebody_elses() {
    let service = Service::start(yes);
    let commands = Commands::of(Gateway::with(&service, 30), &service);
    let folder = commands.folder.path().join("spool");
    for table in ["series", "series-twin"] {
        std::fs::remove_dir_all(folder.join(table)).expect("it was there");
    }
    let config = SpoolConfig { folder, max_bytes: 64 << 20, key_file: None };
    open(&config).take(&[reading(Metric::Battery, 40)]).expect("taken");
    assert_eq!(known(&config), [(Metric::Battery, 40)], "no number is given twice");
    let (code, said) = commands.say(&["spool", "verify"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(commands.say(&["spool", "drain"]).0, Some(0));
    let asked = service.asked();
    let came = |metric: Metric| asked.iter().flat_map(|a| &a.readings).filter(move |r| r.metric == metric);
    assert_eq!((came(Metric::HeartRate).count(), came(Metric::Battery).count()), (0, 1));
    let covered = |number: i64| {
        let at_ms = gateway::START_MS + number * 1_000;
        came(Metric::Gap).any(|gap| gap.value == 7 && (gap.start_ms..=gap.end_ms).contains(&at_ms))
    };
    assert!((0..30).all(covered), "{:?}", came(Metric::Gap).collect::<Vec<_>>());
}

#[test]
fn what_is_no_answer_of_a_foulee_releases_nothing() {
    let too_few = serde_json::to_string(&Answer { accepted: 29, ..Answer::default() }).expect("JSON");
    for first in [
        Reply::new(200, "<html>Sign in to this network</html>"),
        Reply::new(200, ""),
        Reply::new(200, too_few),
        Reply::new(204, ""),
        Reply::new(404, "not here"),
        Reply::new(422, "<html>"),
        Reply::new(500, "oops"),
    ] {
        let service = at_first(first.clone());
        let gateway = Gateway::with(&service, 30);
        let status = gateway.run();
        let asked = service.asked();
        assert_eq!((asked.len(), status.acknowledged), (2, 30), "{first:?}");
        assert_eq!(numbers(&asked[1..]), all(30), "{first:?}");
        assert_eq!(gateway.asides(), [], "{first:?}");
    }
}

#[test]
fn after_an_answer_that_was_cut_off_the_same_readings_are_sent_again() {
    let whole = Reply::new(200, r#"{"accepted":30,"new":30,"duplicate":0,"rejected":[]}"#);
    // Nothing at all, within the status line, behind the header, within the body.
    for bytes in [0, 5, 40, 60] {
        let service = at_first(whole.clone().cut_at(bytes));
        let gateway = Gateway::with(&service, 30);
        let status = gateway.run();
        let asked = service.asked();
        assert_eq!(asked.len(), 2, "cut at {bytes}");
        assert_eq!(asked[0].readings, asked[1].readings, "cut at {bytes}");
        assert_eq!(status.acknowledged, 30);
    }
}

#[test]
fn a_redirection_is_not_followed_with_the_token() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a port");
    let url = format!("http://{}/v1/readings", elsewhere.local_addr().expect("an address"));
    for status in [301, 302, 303, 307, 308] {
        let service = at_first(Reply::new(status, "").header("Location", &url));
        let gateway = Gateway::with(&service, 30);
        gateway.run();
        assert_eq!(numbers(&service.asked()[1..]), all(30), "{status}");
    }
    assert!(elsewhere.accept().is_err(), "nobody was asked there");
}
