use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use foulee_contract::{Batch, CONTRACT_VERSION, Grain, Metric, ParticipantId, RejectCode, Source};

use super::blocks::{SeriesKey, Taken, blocks_of};
use super::contents::Contents;
use super::summary::{FileSummary, Person, Progress, RejectionCount, sum};
use super::{ImportError, People, Sink, SinkError, Target};

/// Readings in one batch: what is held of a file at a time, whatever its size.
const BATCH_READINGS: usize = 20_000;

/// Who an export's id is, or what is wrong with the id.
type Known = Result<ParticipantId, Rc<str>>;

/// One of the devices of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Device(u16);

impl Device {
    /// The one at a place.
    pub(crate) fn at(index: u16) -> Self {
        Self(index)
    }

    /// Its place among the file's devices.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The one that a file is of that knows no other.
    pub(super) const FIRST: Self = Self(0);
}

/// Most devices that are told apart in one file; more than anybody owned.
const MOST_DEVICES: usize = 10_000;

/// Longest spelling of a device that is remembered, bytes: a file may hold thousands of them.
pub(super) const MOST_SPELLED_BYTES: usize = 1024;

/// What goes on from file to file.
pub(super) struct Run<'a> {
    target: Target,
    people: &'a mut dyn People,
    sink: &'a mut dyn Sink,
    progress: &'a mut dyn FnMut(Progress<'_>),
    known: HashMap<String, Known>,
    participants: Vec<Person>,
    acknowledged: u64,
}

/// Takes the readings of one file, hands them over in batches, and counts what became of them.
pub(super) struct Collector<'r, 'a> {
    run: &'r mut Run<'a>,
    file: OpenFile,
    last: Option<(String, Known)>,
    /// The line that was last refused for its id.
    refused_line: u64,
    pending: BTreeMap<SeriesKey, Vec<Taken>>,
    pending_len: usize,
    contents: Contents,
}

/// The file being read, and its counts so far.
pub(super) struct OpenFile {
    path: PathBuf,
    format: &'static str,
    /// Its devices, by number.
    sources: Vec<Source>,
    numbers: HashMap<Source, Device>,
    /// Who a file without ids is of, by its name.
    person: String,
    number: usize,
    files: usize,
    bytes: u64,
    bytes_read: Rc<Cell<u64>>,
    accepted: u64,
    new: Option<u64>,
    duplicate: Option<u64>,
    rejections: BTreeMap<RejectCode, (u64, String)>,
}

impl OpenFile {
    /// The file number `number` of `files`, with its size on disk and how much of that was read.
    pub(super) fn new(
        path: &Path,
        format: &'static str,
        source: Source,
        (number, files): (usize, usize),
        (bytes, bytes_read): (u64, Rc<Cell<u64>>),
    ) -> Self {
        Self {
            path: path.to_owned(),
            format,
            numbers: HashMap::from([(source.clone(), Device::FIRST)]),
            sources: vec![source],
            person: person_of(path),
            number,
            files,
            bytes,
            bytes_read,
            accepted: 0,
            new: Some(0),
            duplicate: Some(0),
            rejections: BTreeMap::new(),
        }
    }

    fn summary(self, contents: Contents) -> FileSummary {
        let rejections: Vec<RejectionCount> = self
            .rejections
            .into_iter()
            .map(|(code, (count, example))| RejectionCount { code, count, example })
            .collect();
        FileSummary {
            path: self.path,
            format: self.format,
            accepted: self.accepted,
            new: self.new,
            duplicate: self.duplicate,
            rejected: rejections.iter().map(|rejection| rejection.count).sum(),
            rejections,
            series: contents.series(&self.sources),
            not_kept: contents.not_kept(),
            cut_short: contents.cut_short,
            kind_assumed: false,
        }
    }
}

/// The person that a file's name begins with: `name1` of `name1_dailySteps_20190730.csv.gz`.
fn person_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').next().unwrap_or_default();
    stem.split('_').next().unwrap_or_default().to_owned()
}

impl<'a> Run<'a> {
    pub(super) fn new(
        target: Target,
        people: &'a mut dyn People,
        sink: &'a mut dyn Sink,
        progress: &'a mut dyn FnMut(Progress<'_>),
    ) -> Self {
        let (known, participants) = (HashMap::new(), Vec::new());
        Self { target, people, sink, progress, known, participants, acknowledged: 0 }
    }

    /// Whose readings came.
    pub(super) fn into_participants(self) -> Vec<Person> {
        self.participants
    }
}

impl<'r, 'a> Collector<'r, 'a> {
    /// One that is about to read `file`.
    pub(super) fn new(run: &'r mut Run<'a>, file: OpenFile) -> Self {
        Self {
            run,
            file,
            last: None,
            refused_line: 0,
            pending: BTreeMap::new(),
            pending_len: 0,
            contents: Contents::default(),
        }
    }

    /// The number of a device of the file, by its source.
    pub(super) fn device(&mut self, source: Source) -> Device {
        if let Some(known) = self.file.numbers.get(&source) {
            return *known;
        }
        let next = self.file.sources.len().min(MOST_DEVICES);
        let number = Device(u16::try_from(next).unwrap_or(u16::MAX));
        if next < MOST_DEVICES {
            self.file.sources.push(source.clone());
        } else {
            // A file made to fill memory: what is beyond has one source, the last.
            return Device(number.0 - 1);
        }
        self.file.numbers.insert(source, number);
        number
    }

    /// A given name or serial as it may stand in a source: a hash that is another one for every participant.
    pub(super) fn pseudonym(&self, name: &str) -> String {
        match self.run.target {
            Target::Participant(id) => hashed(Some(id), name),
            Target::Study => hashed(None, name),
        }
    }

    /// The same where the file is of several people: the same hash by `--study` and by `--participant`.
    pub(super) fn pseudonym_for(
        &mut self,
        external: Option<&str>,
        name: &str,
    ) -> Result<String, ImportError> {
        Ok(hashed(self.participant(external)?.ok(), name))
    }

    /// Takes a reading of the person whom the export calls `external`, or the file's name if it names nobody.
    pub(super) fn take(
        &mut self,
        external: Option<&str>,
        metric: Metric,
        grain: Grain,
        taken: Taken,
    ) -> Result<(), ImportError> {
        self.take_from(external, Device::FIRST, metric, grain, taken)
    }

    /// Takes a reading of one of the file's devices; it is the one person's whose the file is.
    pub(super) fn take_of(
        &mut self,
        device: Device,
        metric: Metric,
        grain: Grain,
        taken: Taken,
    ) -> Result<(), ImportError> {
        self.take_from(None, device, metric, grain, taken)
    }

    /// Takes a reading of one of the file's people and one of its devices.
    pub(super) fn take_from(
        &mut self,
        external: Option<&str>,
        device: Device,
        metric: Metric,
        grain: Grain,
        taken: Taken,
    ) -> Result<(), ImportError> {
        let participant = match self.participant(external)? {
            Ok(participant) => participant,
            Err(fix) => {
                self.refuse_id(external, taken.line, &fix);
                return Ok(());
            }
        };
        self.add(SeriesKey { participant, device, metric, grain }, taken)
    }

    fn add(&mut self, key: SeriesKey, taken: Taken) -> Result<(), ImportError> {
        self.contents.note(key.device, key.metric, key.grain, &taken);
        self.pending.entry(key).or_default().push(taken);
        self.pending_len += 1;
        if self.pending_len >= BATCH_READINGS { self.flush() } else { Ok(()) }
    }

    /// Counts a record of a kind that Foulée does not keep.
    pub(super) fn not_kept(&mut self, what: &str) {
        self.contents.pass_over(what, 1);
    }

    /// Counts so many records of a kind that Foulée does not keep.
    pub(super) fn not_kept_many(&mut self, what: &str, records: u64) {
        if records > 0 {
            self.contents.pass_over(what, records);
        }
    }

    /// Notes that the file ended before its end, after what was read of it.
    pub(super) fn cut_short(&mut self, line: u64, why: fmt::Arguments<'_>) {
        self.contents.cut_short = true;
        self.reject(RejectCode::Unreadable, line, format_args!("the file ends early or is damaged: {why}"));
    }

    /// Counts something that was refused; `text` is written out for the first of its code only.
    pub(super) fn reject(&mut self, code: RejectCode, line: u64, text: fmt::Arguments<'_>) {
        const LONGEST: usize = 80;
        let entry = self.file.rejections.entry(code).or_default();
        entry.0 += 1;
        if entry.0 == 1 {
            let example = format!("line {line}: {text}").replace(char::is_control, " ");
            entry.1 = if example.chars().count() > LONGEST {
                example.chars().take(LONGEST - 1).chain(['…']).collect()
            } else {
                example
            };
        }
    }

    /// Whether the readings are of a study's people, each of whom the export names.
    pub(super) fn is_of_study(&self) -> bool {
        self.run.target == Target::Study
    }

    /// Hands over what is left of the file, and says what became of it.
    pub(super) fn finish(mut self) -> Result<FileSummary, ImportError> {
        self.flush()?;
        Ok(self.file.summary(self.contents))
    }

    /// Who an id is; what is wrong with it, where it cannot be anybody's.
    fn participant(&mut self, external: Option<&str>) -> Result<Known, ImportError> {
        if let Target::Participant(id) = self.run.target {
            if self.run.participants.is_empty() {
                self.run.participants.push(Person { id, external_id: None });
            }
            return Ok(Ok(id));
        }
        let external = external.unwrap_or(&self.file.person);
        if let Some((last, known)) = &self.last
            && last == external
        {
            return Ok(known.clone());
        }
        let external = external.to_owned();
        let known = match self.run.known.get(&external) {
            Some(known) => known.clone(),
            None => {
                let known = match self.run.people.participant_of(&external) {
                    Ok(id) => {
                        self.run.participants.push(Person { id, external_id: Some(external.clone()) });
                        Ok(id)
                    }
                    Err(SinkError::NotAdmitted { fix }) => Err(fix.into()),
                    Err(source) => return Err(self.stopped(source)),
                };
                self.run.known.insert(external.clone(), known.clone());
                known
            }
        };
        self.last = Some((external, known.clone()));
        Ok(known)
    }

    /// Refuses a row for its id, once, however many readings it has.
    fn refuse_id(&mut self, external: Option<&str>, line: u64, fix: &str) {
        if self.refused_line != line {
            self.refused_line = line;
            let id = external.unwrap_or(&self.file.person).to_owned();
            self.reject(RejectCode::IdNotAdmitted, line, format_args!("{id:?}: {fix}"));
        }
    }

    fn flush(&mut self) -> Result<(), ImportError> {
        if self.pending_len > 0 {
            self.submit()?;
        }
        (self.run.progress)(Progress {
            path: &self.file.path,
            file: self.file.number,
            files: self.file.files,
            bytes_read: self.file.bytes_read.get(),
            bytes: self.file.bytes,
            acknowledged: self.run.acknowledged,
        });
        Ok(())
    }

    fn submit(&mut self) -> Result<(), ImportError> {
        self.pending_len = 0;
        let (series, readings): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .flat_map(|(key, taken)| blocks_of(key, &self.file.sources[key.device.index()], taken))
            .unzip();
        let batch = Batch { contract: CONTRACT_VERSION, series };
        let answer = self.run.sink.submit(&batch).map_err(|source| self.stopped(source))?;
        self.run.acknowledged += answer.accepted;
        self.file.accepted += answer.accepted;
        self.file.new = sum(self.file.new, answer.new);
        self.file.duplicate = sum(self.file.duplicate, answer.duplicate);
        for rejection in answer.rejected {
            let (series, index) = (rejection.series as usize, rejection.index as usize);
            let taken = readings.get(series).and_then(|block| block.get(index)).copied();
            let line = taken.map_or(0, |taken| taken.line);
            match taken.zip(batch.series.get(series)) {
                Some((taken, block)) => {
                    let (metric, value) = (block.metric, taken.written(block.metric));
                    self.reject(rejection.code, line, format_args!("{metric} {value}; {}", rejection.fix));
                }
                None => self.reject(rejection.code, line, format_args!("{}", rejection.fix)),
            }
        }
        Ok(())
    }

    fn stopped(&self, source: SinkError) -> ImportError {
        ImportError::Sink { path: self.file.path.clone(), acknowledged: self.run.acknowledged, source }
    }
}

/// A given name or serial as it may stand in a source.
pub(crate) fn hashed(participant: Option<ParticipantId>, name: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    let whose = participant.map(|id| id.to_string()).unwrap_or_default();
    let hash = Sha256::digest(whose + &name.trim().to_lowercase());
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_begins_with_its_person() {
        for (path, person) in
            [("a/name1_dailySteps_2019.csv.gz", "name1"), ("P 07.csv", "P 07"), ("x_.csv", "x")]
        {
            assert_eq!(person_of(Path::new(path)), person);
        }
    }
}
