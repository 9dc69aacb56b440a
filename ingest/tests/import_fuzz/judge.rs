//! What an import of any file must be like.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use foulee_contract::{Answer, Batch, ParticipantId};
use foulee_ingest::import::{Options, People, Sink, SinkError, Summary, Target, import};
use foulee_ingest::{WriteGrant, accept};
use foulee_store::{Digest, SeriesHasher};

/// 2027-01-01T00:00:00Z: when the batches come, ms.
const NOW_MS: i64 = 1_798_761_600_000;
/// Readings of one batch.
const MOST_READINGS: usize = 20_000;
/// Characters of an example of what was refused.
const LONGEST_EXAMPLE: usize = 80;

/// Counts what a store would take, by a server's own rules.
#[derive(Default)]
struct Counting {
    accepted: u64,
    digest: Digest,
}

impl Sink for Counting {
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError> {
        let readings: usize = batch.series.iter().map(|block| block.len()).sum();
        assert!((1..=MOST_READINGS).contains(&readings), "a batch of {readings} readings");
        let people: HashSet<ParticipantId> = batch.series.iter().map(|block| block.participant).collect();
        let looked_through = accept(batch, &WriteGrant::Some(Arc::new(people)), NOW_MS)
            .unwrap_or_else(|problem| panic!("a batch was refused as a whole: {problem:?}"));
        for group in &looked_through.write.groups {
            let hasher = SeriesHasher::new(&group.series);
            for (tuple, _) in &group.rows {
                self.digest = self.digest.plus(hasher.hash(tuple));
            }
        }
        let accepted = looked_through.write.len() as u64;
        self.accepted += accepted;
        Ok(Answer { accepted, new: None, duplicate: None, rejected: looked_through.rejected })
    }
}

struct Registry;

impl People for Registry {
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError> {
        if external_id.len() > 64 || external_id.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(SinkError::NotAdmitted { fix: "letters and digits alone".to_owned() });
        }
        let mut bytes = [0; 10];
        external_id.bytes().zip(&mut bytes).for_each(|(byte, place)| *place = byte);
        Ok(ParticipantId::from_parts(1, bytes))
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    /// Whether the options did not fit the file.
    pub(crate) is_error: bool,
    pub(crate) is_cut: bool,
    digest: Digest,
}

/// Imports a file, and panics where what is said of it is not as it must be.
pub(crate) fn judge(path: &Path, is_study: bool, zone: Option<&str>) -> Outcome {
    let target =
        if is_study { Target::Study } else { Target::Participant(ParticipantId::from_parts(1, [9; 10])) };
    let time_zone = zone.map(|zone| zone.parse().expect("a zone"));
    let options = Options { time_zone, ..Options::new(target) };
    let mut sink = Counting::default();
    match import(&[path.to_owned()], &options, &mut Registry, &mut sink, &mut |_| ()) {
        Ok(summary) => {
            assert_eq!(summary.accepted, sink.accepted, "{summary:?}");
            summary_is_true(path, &summary);
            let is_cut = summary.files.iter().any(|file| file.cut_short);
            let (accepted, rejected) = (summary.accepted, summary.rejected);
            Outcome { accepted, rejected, is_error: false, is_cut, digest: sink.digest }
        }
        Err(error) => {
            let (said, name) = (error.to_string(), path.display().to_string());
            assert!(said.contains(&name), "it does not name the file: {said}");
            assert_eq!(sink.accepted, 0, "written before it was known that the options do not fit: {said}");
            Outcome { is_error: true, ..Outcome::default() }
        }
    }
}

/// Each file is told of, and of each what was refused and where.
fn summary_is_true(path: &Path, summary: &Summary) {
    assert!(!summary.files.is_empty() || !summary.skipped.is_empty(), "nothing is said of it: {summary:?}");
    for skipped in &summary.skipped {
        assert!(skipped.path.starts_with(path) && !skipped.why.is_empty(), "{skipped:?}");
    }
    for file in &summary.files {
        assert!(file.path.starts_with(path) && !file.format.is_empty(), "{file:?}");
        assert_eq!(file.rejected, file.rejections.iter().map(|one| one.count).sum::<u64>(), "{file:?}");
        assert!(!file.cut_short || file.rejected > 0, "cut, and not said where: {file:?}");
        for refused in &file.rejections {
            let example = &refused.example;
            assert!(refused.count > 0 && example.starts_with("line "), "{refused:?}");
            assert!(example.chars().count() <= LONGEST_EXAMPLE, "{} characters", example.chars().count());
            assert!(!example.contains(char::is_control), "{refused:?}");
        }
        assert!(file.not_kept.len() < 1000, "{} kinds are not kept", file.not_kept.len());
        let taken: u64 = file.series.iter().map(|series| series.readings).sum();
        assert!(file.accepted <= taken, "{file:?}");
    }
}
