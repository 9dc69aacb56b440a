//! Power cuts at random changes of a simulated disk, during recovery too, against an oracle; and the broken variants that
//! the same test must find.

use std::time::Instant;

use foulee_journal::{Cause, Journal, JournalError, Key, Loss, Options, Position, WhenFull};

use crate::chance::{Chance, Scale, scale, seed};
use crate::oracle::{Oracle, id_of};
use crate::retained::MayGo;
use crate::sim::{Faults, SimDisk};
use crate::swallow::Swallow;

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, Default)]
struct Broken {
    no_file_sync: bool,
    no_dir_sync: bool,
    acknowledge_early: bool,
    not_kept: bool,
}

/// Steps in which some change of the disk must come, and the power go.
const MOST_STEPS: u64 = 100_000;

/// Bytes that soon are too few.
const TIGHT: u64 = 7 << 10;
/// Bytes of all files but the segments, as the journal counts them.
const SMALL_FILES_BYTES: u64 = 256;

type Tested = Journal<Swallow<SimDisk>>;

/// One disk through several power cuts.
struct Life {
    chance: Chance,
    disk: SimDisk,
    oracle: Oracle,
    options: Options,
    broken: Broken,
    faulty: bool,
    /// Seldom releases anything.
    lazy: bool,
    /// Whether what is released is kept: always, never, or sometimes.
    keeping: Option<bool>,
    /// While what is older is being deleted.
    expiring: Option<i64>,
    /// ms UTC.
    now: i64,
    reader: u64,
    power_cuts: u64,
    seen: Seen,
}

/// What happened on the way, so that nobody believes a test in which nothing did.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    commits: u64,
    cut_off: u64,
    dropped: u64,
    refused: u64,
    failed: u64,
    read_again: u64,
    expired: u64,
    gave_way: u64,
    erased: u64,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.commits += other.commits;
        self.cut_off += other.cut_off;
        self.dropped += other.dropped;
        self.refused += other.refused;
        self.failed += other.failed;
        self.read_again += other.read_again;
        self.expired += other.expired;
        self.gave_way += other.gave_way;
        self.erased += other.erased;
    }
}

impl Life {
    fn new(seed: u64, broken: Broken) -> Self {
        let mut chance = Chance::new(seed);
        let disk = SimDisk::new(Chance::new(chance.next()));
        let tight = chance.one_in(3);
        let options = Options {
            segment_bytes: 1024,
            max_bytes: if tight { TIGHT } else { 1 << 20 },
            max_commit_bytes: 500,
            when_full: if chance.one_in(3) { WhenFull::Refuse } else { WhenFull::DropOldest },
            keep_released: true,
        };
        let faulty = chance.one_in(4);
        let lazy = tight && chance.one_in(2);
        let keeping = [Some(true), Some(true), Some(false), None][chance.below(4) as usize];
        let now = 1_700_000_000_000;
        let oracle = Oracle::new(seed);
        Self {
            chance,
            disk,
            oracle,
            options,
            broken,
            faulty,
            lazy,
            keeping,
            expiring: None,
            now,
            reader: 0,
            power_cuts: 0,
            seen: Seen::default(),
        }
    }

    fn run(&mut self) -> Result<(), String> {
        for _ in 0..6 {
            let mut journal = self.open()?;
            let mut steps = 0;
            while !self.disk.is_off() {
                self.step(&mut journal)?;
                steps += 1;
                if steps > MOST_STEPS {
                    return Err(format!("stuck: {:?}", journal.stats()));
                }
            }
            drop(journal);
            self.cut();
        }
        self.disk.set_faults(Faults::default());
        self.open().map(drop)
    }

    fn cut(&mut self) {
        self.disk.power_cut();
        self.power_cuts += 1;
    }

    fn files(&self) -> Swallow<SimDisk> {
        let Broken { no_file_sync, no_dir_sync, .. } = self.broken;
        Swallow { files: self.disk.clone(), file_syncs: no_file_sync, dir_syncs: no_dir_sync }
    }

    /// Opens until the power stays on, and compares what is there.
    fn open(&mut self) -> Result<Tested, String> {
        let mut told = Vec::new();
        loop {
            if self.faulty {
                let capacity = self.chance.one_in(3).then(|| 2000 + self.chance.below(8000));
                let eio_per_mille = self.chance.below(80);
                self.disk.set_faults(Faults { capacity, eio_per_mille, unreadable: None });
            }
            let soon = [12, 90, 90, 300][self.chance.below(4) as usize];
            self.disk.cut_power_in(self.chance.below(soon));
            let keep = self.keeping.unwrap_or_else(|| self.chance.one_in(2));
            self.options.keep_released = keep && !self.broken.not_kept;
            let key = Key::from_bytes([7; 32]);
            match Journal::open(self.files(), &key, self.options, self.chance.filler()) {
                // With the power off, nothing that it says is of the disk.
                Ok(_) if self.disk.is_off() => {}
                Ok((mut journal, recovery)) => {
                    if recovery.cursor_lost || recovery.key_check_lost {
                        return Err("a small file is damaged".to_owned());
                    }
                    told.extend(recovery.lost);
                    if self.compare(&mut journal, &mut told)? {
                        return Ok(journal);
                    }
                }
                Err(error) if !self.disk.is_off() => return Err(format!("open: {error:?}")),
                Err(_) => {}
            }
            self.cut();
        }
    }

    /// Reads everything back that is not released; `false` when the power went.
    fn compare(&mut self, journal: &mut Tested, told: &mut Vec<Loss>) -> Result<bool, String> {
        let mut found = Vec::new();
        let mut from = journal.released();
        loop {
            let read = match journal.read(from, 1 + self.chance.below(4000) as usize) {
                Ok(read) => read,
                Err(_) if self.disk.is_off() => return Ok(false),
                Err(error) => return Err(format!("read: {error:?}")),
            };
            told.extend(read.lost);
            if read.blocks.is_empty() && read.next == from {
                break;
            }
            from = read.next;
            found.extend(read.blocks);
        }
        for loss in told.drain(..) {
            self.lost(&loss, false)?;
        }
        let mut found = self.oracle.ids(&found)?;
        self.without_erased(&mut found, true)?;
        self.oracle.recovered(&found)?;
        // The cursor may be behind what was released, never ahead.
        let released = journal.released().0;
        if released > self.oracle.released {
            return Err(format!("{released} released, {} asked for", self.oracle.released));
        }
        self.oracle.released = released;
        self.reader = released;
        self.compare_kept(journal)
    }

    /// A loss was told: no power cut may cost anything acknowledged but what was given up for room.
    fn lost(&mut self, loss: &Loss, running: bool) -> Result<(), String> {
        match loss.cause {
            Cause::CutOff => {
                self.seen.cut_off += 1;
                Ok(())
            }
            Cause::Dropped if self.options.when_full == WhenFull::DropOldest => {
                let records = self.oracle.drop_range(loss.first.0, loss.last.0);
                self.seen.dropped += records;
                // What was told before, or never reached the disk as told, is told again after a power cut.
                if running && !self.faulty && loss.records != Some(records) {
                    return Err(format!("{records} dropped: {loss:?}"));
                }
                Ok(())
            }
            // A cut-off commit whose note could not be written looks damaged at the next start.
            Cause::Damaged if self.faulty => Ok(()),
            _ => Err(format!("a loss that nothing caused: {loss:?}")),
        }
    }

    fn step(&mut self, journal: &mut Tested) -> Result<(), String> {
        match self.chance.below(20) {
            0..7 => self.append(journal)?,
            7..11 => self.commit(journal)?,
            11..13 => self.read(journal)?,
            13 if !self.lazy || self.chance.one_in(10) => {
                let upto = self.oracle.released + self.chance.below(self.reader - self.oracle.released + 1);
                self.oracle.released = upto;
                self.allow(journal.release(Position(upto)))?;
                if self.chance.one_in(4) {
                    self.allow(journal.persist_released())?;
                }
            }
            14 => {
                self.allow(journal.settle())?;
                // Settling may pass over what was dropped.
                self.oracle.released = self.oracle.released.max(journal.released().0);
                self.reader = self.reader.max(self.oracle.released);
            }
            15 => self.count(journal)?,
            16 | 17 => self.read_kept(journal)?,
            18 if self.chance.one_in(3) => self.expire(journal)?,
            19 if self.chance.one_in(4) => self.purge(journal)?,
            _ => {}
        }
        self.begins(journal)?;
        let peak = self.disk.peak_bytes();
        if peak > self.options.max_bytes {
            return Err(format!("{peak} bytes on the disk"));
        }
        Ok(())
    }

    /// An error is right only where something was made to go wrong.
    fn allow(&self, result: Result<(), JournalError>) -> Result<(), String> {
        match result {
            Err(error) if !self.faulty && !self.disk.is_off() => Err(format!("{error:?}")),
            _ => Ok(()),
        }
    }

    fn append(&mut self, journal: &mut Tested) -> Result<(), String> {
        for _ in 0..=self.chance.below(3) {
            self.now += if self.chance.one_in(30) { 3_600_000 } else { self.chance.below(3000) as i64 };
            let (id, record) = self.oracle.next_record();
            self.oracle.retained.dated(id, self.now + 10);
            match journal.append(&record, self.now, self.now + 10) {
                Ok(()) => self.oracle.waiting.push(id),
                Err(JournalError::TooMuchPending { .. }) => {}
                Err(error) => return Err(format!("append: {error:?}")),
            }
        }
        Ok(())
    }

    fn commit(&mut self, journal: &mut Tested) -> Result<(), String> {
        let position = journal.next_position();
        self.oracle.trying(position);
        if self.broken.acknowledge_early {
            self.oracle.acknowledged(position);
        }
        match journal.commit() {
            Ok(committed) => {
                if committed.position.is_some() {
                    self.oracle.acknowledged(position);
                }
                self.seen.commits += u64::from(committed.position.is_some());
                for loss in committed.lost {
                    self.kept_went_first(journal)?;
                    self.lost(&loss, !self.broken.acknowledge_early)?;
                }
                self.allow(committed.not_joined.map_or(Ok(()), Err))?;
            }
            Err(JournalError::Full { .. }) if self.options.when_full == WhenFull::Refuse => {
                self.seen.refused += 1;
                self.kept_went_first(journal)?;
            }
            Err(error) => {
                self.seen.failed += u64::from(!self.disk.is_off());
                self.allow(Err(error))?;
            }
        }
        if self.oracle.waiting.len() != journal.pending() && !self.broken.acknowledge_early {
            return Err(format!("{} wait, not {}", journal.pending(), self.oracle.waiting.len()));
        }
        if journal.pending() > 0 && self.chance.one_in(6) {
            journal.discard_pending();
            self.oracle.waiting.clear();
        }
        Ok(())
    }

    fn read(&mut self, journal: &mut Tested) -> Result<(), String> {
        let (from, most) = (self.reader, 1 + self.chance.below(3000) as usize);
        let read = match journal.read(Position(from), most) {
            Ok(read) => read,
            Err(error) => return self.allow(Err(error)),
        };
        for loss in &read.lost {
            self.lost(loss, false)?;
        }
        let mut found = self.oracle.ids(&read.blocks)?;
        self.without_erased(&mut found, false)?;
        let due: Vec<u64> =
            self.oracle.due(from).take_while(|id| self.oracle.taken[id] < read.next.0).collect();
        if found != due && !self.faulty && !self.broken.acknowledge_early {
            return Err(format!("read {found:?} from {from}, not {due:?}"));
        }
        self.reader = read.next.0;
        Ok(())
    }

    fn count(&mut self, journal: &mut Tested) -> Result<(), String> {
        let stats = match journal.stats() {
            Ok(stats) => stats,
            Err(error) => return self.allow(Err(error)),
        };
        let due = self.oracle.due(self.oracle.released).count() as u64;
        if stats.unreleased_records != due && !self.faulty && !self.broken.acknowledge_early {
            return Err(format!("{stats:?}, but {due} are due"));
        }
        let sum = SMALL_FILES_BYTES + stats.kept_bytes + stats.unreleased_bytes;
        if stats.bytes != sum && !self.faulty {
            return Err(format!("{stats:?} do not add up"));
        }
        Ok(())
    }

    /// What may be missing of what was released.
    fn may_go(&self, journal: &Tested) -> MayGo {
        let any = self.options.max_bytes == TIGHT || self.keeping != Some(true);
        let dropped = self.options.max_bytes == TIGHT && self.options.when_full == WhenFull::DropOldest;
        MayGo { released: journal.released().0, any, before_ms: self.expiring, dropped }
    }

    /// What the journal deleted in this step it was allowed to.
    fn begins(&mut self, journal: &Tested) -> Result<(), String> {
        if self.broken.acknowledge_early {
            return Ok(());
        }
        let gone = self.oracle.retained.begins_at(journal.oldest().0, self.may_go(journal))?;
        if self.keeping == Some(true) {
            let expiring = self.expiring.is_some();
            self.seen.expired += if expiring { gone } else { 0 };
            self.seen.gave_way += if expiring { 0 } else { gone };
        }
        if !self.disk.is_off() {
            self.expiring = None;
        }
        Ok(())
    }

    /// Where there was no room, nothing is kept but what cannot go: the segment in use, and notes of losses.
    fn kept_went_first(&self, journal: &mut Tested) -> Result<(), String> {
        match journal.stats() {
            Ok(stats) if self.options.keep_released && !self.faulty && stats.kept_bytes > 1700 => {
                Err(format!("no room, and {stats:?}"))
            }
            _ => Ok(()),
        }
    }

    /// Leaves out of what was found what an erasure named, if that may still be there.
    fn without_erased(&mut self, found: &mut Vec<u64>, restarted: bool) -> Result<(), String> {
        let doubtful = self.disk.folder_is_doubtful();
        if restarted {
            for id in found.iter() {
                if let Some(at) = self.oracle.retained.came_back(*id) {
                    self.oracle.taken.insert(*id, at);
                }
            }
        }
        self.oracle.retained.not_erased(found, doubtful)
    }

    /// Reads everything back that is kept; `false` when the power went.
    fn compare_kept(&mut self, journal: &mut Tested) -> Result<bool, String> {
        if self.broken.acknowledge_early {
            return Ok(true);
        }
        self.oracle.retained.begins_at(journal.oldest().0, self.may_go(journal))?;
        let mut from = journal.oldest();
        loop {
            let read = match journal.read_kept(from, 1 + self.chance.below(4000) as usize) {
                Ok(read) => read,
                Err(_) if self.disk.is_off() => return Ok(false),
                Err(error) => return Err(format!("read_kept: {error:?}")),
            };
            if self.disk.is_off() {
                return Ok(false);
            }
            if read.next == from {
                break;
            }
            let mut found = self.oracle.ids(&read.blocks)?;
            for id in &found {
                self.oracle.retained.came_back(*id);
            }
            self.without_erased(&mut found, false)?;
            let doubtful = self.disk.folder_is_doubtful();
            // Segments go one by one: only where that could fail is there a hole.
            let may = MayGo { before_ms: self.expiring.filter(|_| doubtful), ..self.may_go(journal) };
            if doubtful || self.keeping != Some(true) {
                self.oracle.retained.without_strange(&mut found);
            }
            self.seen.read_again += self.oracle.retained.read(from.0, &read, &found, may, false)?;
            self.oracle.retained.recovered(&found);
            from = read.next;
        }
        self.expiring = None;
        self.oracle.retained.erased(|_| true);
        Ok(true)
    }

    fn read_kept(&mut self, journal: &mut Tested) -> Result<(), String> {
        if self.broken.acknowledge_early {
            return Ok(());
        }
        let from = self.chance.below(journal.next_position().0 + 1);
        let read = match journal.read_kept(Position(from), 1 + self.chance.below(3000) as usize) {
            Ok(_) if self.disk.is_off() => return Ok(()),
            Ok(read) => read,
            Err(error) => return self.allow(Err(error)),
        };
        let mut found = self.oracle.ids(&read.blocks)?;
        self.without_erased(&mut found, false)?;
        let (from, may) = (from.max(journal.oldest().0), self.may_go(journal));
        self.seen.read_again += self.oracle.retained.read(from, &read, &found, may, !self.faulty)?;
        Ok(())
    }

    fn expire(&mut self, journal: &mut Tested) -> Result<(), String> {
        let all = self.chance.one_in(8);
        let before = if all { i64::MAX } else { self.now - self.chance.below(20_000_000) as i64 };
        self.expiring = Some(before);
        let settled = all && journal.settle().is_ok();
        self.oracle.released = self.oracle.released.max(journal.released().0);
        self.reader = self.reader.max(self.oracle.released);
        self.allow(journal.expire(before).map(drop))?;
        if let Ok(stats) = journal.stats()
            && settled
            && stats.kept_bytes > 0
            && !self.faulty
            && !self.disk.is_off()
        {
            return Err(format!("nothing is young enough to be kept: {stats:?}"));
        }
        Ok(())
    }

    fn purge(&mut self, journal: &mut Tested) -> Result<(), String> {
        let (every, rest) = (3 + self.chance.below(20), self.chance.below(3));
        let life = self.oracle.life();
        self.oracle.erasing(|id| id % every == rest);
        let purged = journal.purge(|bytes| id_of(life, bytes).is_some_and(|id| id % every == rest));
        if purged.is_ok() && !self.disk.is_off() {
            self.seen.erased += self.oracle.retained.erased(|id| id % every == rest);
        }
        self.allow(purged.map(drop))
    }
}

struct Outcome {
    power_cuts: u64,
    failures: Vec<String>,
    seen: Seen,
}

/// Lives until so many power cuts, on two threads.
fn lives(seed: u64, power_cuts: u64, broken: Broken) -> Outcome {
    let half = |thread: u64| {
        let mut outcome = Outcome { power_cuts: 0, failures: Vec::new(), seen: Seen::default() };
        let mut number = thread;
        while outcome.power_cuts < power_cuts / 2 {
            let life_seed = Chance::new(seed ^ (number << 20)).next();
            let mut life = Life::new(life_seed, broken);
            let result = life.run();
            outcome.power_cuts += life.power_cuts;
            outcome.seen.add(&life.seen);
            outcome.failures.extend(result.err().map(|why| format!("life {life_seed}: {why}")));
            number += 2;
        }
        outcome
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut outcome = half(0);
        let other = other.join().expect("no panic");
        outcome.power_cuts += other.power_cuts;
        outcome.failures.extend(other.failures);
        outcome.seen.add(&other.seen);
        outcome
    })
}

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    let power_cuts = match scale() {
        Scale::Ci => 5_000,
        Scale::Usual => 20_000,
        Scale::Full => 100_000,
    };
    let (seed, start) = (seed(), Instant::now());
    let outcome = lives(seed, power_cuts, Broken::default());
    let seconds = start.elapsed().as_secs_f64();
    let rate = outcome.power_cuts as f64 / seconds;
    println!(
        "{} power cuts, seed {seed}, {seconds:.1} s ({rate:.0}/s), {} failures",
        outcome.power_cuts,
        outcome.failures.len()
    );
    println!("{:?}", outcome.seen);
    let Seen { commits, cut_off, dropped, refused, failed, read_again, expired, gave_way, erased } =
        outcome.seen;
    let all = [commits, cut_off, dropped, refused, failed, read_again, expired, gave_way, erased];
    assert!(all.iter().all(|seen| *seen > 0));
    assert!(
        outcome.failures.is_empty(),
        "seed {seed}: {:#?}",
        &outcome.failures[..outcome.failures.len().min(5)]
    );
}

/// The same test finds what is broken, with an example of what it says.
#[test]
fn broken_variants_are_found() {
    let controls = [
        ("no fsync of the file", ": lost", Broken { no_file_sync: true, ..Broken::default() }),
        ("no fsync of the folder", ": lost", Broken { no_dir_sync: true, ..Broken::default() }),
        ("acknowledgement before fsync", ": lost", Broken { acknowledge_early: true, ..Broken::default() }),
        ("deleting what is to be kept", "was not kept", Broken { not_kept: true, ..Broken::default() }),
    ];
    let seed = seed();
    for (name, says, broken) in controls {
        let outcome = lives(seed, 1000, broken);
        let lost = outcome.failures.iter().filter(|why| why.contains(says)).count();
        let example = outcome.failures.iter().find(|why| why.contains(says)).map_or("", String::as_str);
        let example: String = example.chars().take(120).collect();
        println!("{name}: {lost} lives of {} power cuts lost records; {example}", outcome.power_cuts);
        assert!(lost >= 10, "{name} was not found, seed {seed}");
    }
}
