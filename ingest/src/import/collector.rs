use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use foulee_contract::{Batch, CONTRACT_VERSION, Grain, Metric, ParticipantId, RejectCode, Source};

use super::blocks::{SeriesKey, Taken, blocks_of};
use super::summary::{FileSummary, Person, Progress, RejectionCount, sum};
use super::{ImportError, People, Sink, SinkError, Target};

/// Readings in one batch: what is held of a file at a time, whatever its size.
const BATCH_READINGS: usize = 20_000;

/// Who an export's id is, or what is wrong with the id.
type Known = Result<ParticipantId, Rc<str>>;

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
pub(super) struct Collector<'a> {
    run: Run<'a>,
    file: OpenFile,
    last: Option<(String, Known)>,
    /// The line that was last refused for its id.
    refused_line: u64,
    pending: BTreeMap<SeriesKey, Vec<Taken>>,
    pending_len: usize,
}

/// The file being read, and its counts so far.
pub(super) struct OpenFile {
    path: PathBuf,
    format: &'static str,
    source: Source,
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
            source,
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

    fn summary(self) -> FileSummary {
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

impl<'a> Collector<'a> {
    /// One that is about to read `file`.
    pub(super) fn new(run: Run<'a>, file: OpenFile) -> Self {
        Self { run, file, last: None, refused_line: 0, pending: BTreeMap::new(), pending_len: 0 }
    }

    /// Takes a reading of the person whom the export calls `external`, or the file's name if it names nobody.
    pub(super) fn take(
        &mut self,
        external: Option<&str>,
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
        self.pending.entry(SeriesKey { participant, metric, grain }).or_default().push(taken);
        self.pending_len += 1;
        if self.pending_len >= BATCH_READINGS { self.flush() } else { Ok(()) }
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

    /// Hands over what is left of the file, and says what became of it.
    pub(super) fn finish(mut self) -> Result<(Run<'a>, FileSummary), ImportError> {
        self.flush()?;
        Ok((self.run, self.file.summary()))
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
            .flat_map(|(key, taken)| blocks_of(key, &self.file.source, taken))
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
