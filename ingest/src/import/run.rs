use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foulee_contract::Source;

use super::collector::{Collector, OpenFile, Run};
use super::files::{Found, Input, find, unreadable};
use super::head::Head;
use super::importer::{Detection, IMPORTERS, Reader};
use super::local_clock::LocalClock;
use super::summary::Skipped;
use super::{ImportError, Options, People, Progress, Sink, Summary, Target};

/// Reads the files of `paths`, folders walked, and hands their readings to `sink`.
///
/// What the options lack for any of the files is found before anything is written. Running it again changes nothing.
///
/// # Errors
/// When the options do not fit a file, or when `sink` or `people` fail. A file or row that cannot be read is no error:
/// it is in the summary.
pub fn import(
    paths: &[PathBuf],
    options: &Options,
    people: &mut dyn People,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Summary, ImportError> {
    let mut summary = Summary::default();
    let (found, unreachable) = find(paths);
    summary.skipped = unreachable;
    let mut planned = Vec::new();
    for file in found {
        match plan(&file, options)? {
            Plan::Read(reader) => planned.push((file.path, reader)),
            Plan::Skip(skipped) => summary.skipped.push(skipped),
        }
    }
    check(&planned, options)?;
    let mut run = Run::new(options.target, people, sink, progress);
    let files = planned.len();
    for ((path, reader), number) in planned.iter().zip(1..) {
        let input = match Input::open(path) {
            Ok(input) => input,
            Err(error) => {
                summary.skipped.push(unreadable(path, &error));
                continue;
            }
        };
        // No more than the name: what an importer is called must not part two exports of one device.
        let name = options.source.as_deref().unwrap_or(reader.default_source());
        let kind = options.kind.unwrap_or(reader.default_kind());
        let source = Source::new(kind, ["", "", "", name, ""]);
        let size = (input.bytes, input.bytes_read.clone());
        let file = OpenFile::new(path, reader.format(), source, (number, files), size);
        let mut collector = Collector::new(run, file);
        reader.read(input, LocalClock::new(options.time_zone), &mut collector)?;
        let (back, mut counts) = collector.finish()?;
        counts.kind_assumed = options.kind.is_none() && !reader.shows_kind();
        summary.push(counts);
        run = back;
    }
    summary.participants = run.into_participants();
    Ok(summary)
}

enum Plan {
    Read(Box<dyn Reader>),
    Skip(Skipped),
}

fn plan(file: &Found, options: &Options) -> Result<Plan, ImportError> {
    let skip = |why: String, refused| Ok(Plan::Skip(Skipped { path: file.path.clone(), why, refused }));
    let head = match Head::read(&file.path) {
        Ok(head) => head,
        Err(error) => return Ok(Plan::Skip(unreadable(&file.path, &error))),
    };
    let (mut not_kept, mut why, mut fault) = (None, None, None);
    // Named columns are a surer sign than any other, where a file has them all.
    let map_first = if options.map.is_empty() { 0 } else { 1 };
    for importer in IMPORTERS.iter().rev().take(map_first).chain(&IMPORTERS) {
        match importer.detect(&head, &options.map) {
            Ok(Detection::Known(reader)) if options.format.admits(importer.name(), reader.format()) => {
                return Ok(Plan::Read(reader));
            }
            Ok(Detection::Known(reader)) => {
                why = Some(format!("it is {}, which --format leaves out", reader.format()));
            }
            Ok(Detection::NotKept(what)) => not_kept = not_kept.or(Some(what)),
            Ok(Detection::Unknown(more)) => why = why.or(more),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    match (not_kept, fault) {
        // Known and without anything to keep is no failure, even by name: `*.csv` names every file of a folder.
        (Some(what), _) => skip(what, false),
        (None, Some(error)) if file.named => Err(error),
        // Of a folder, the columns that were named are some files' and not others'.
        (None, Some(error)) => {
            let other_files =
                matches!(error, ImportError::NoSuchColumn { .. } | ImportError::MapIncomplete { .. });
            skip(error.to_string(), !other_files)
        }
        (None, None) => skip(why.unwrap_or_else(|| "no format that is known".to_owned()), file.named),
    }
}

/// Finds what the options lack, before anything is written.
fn check(planned: &[(PathBuf, Box<dyn Reader>)], options: &Options) -> Result<(), ImportError> {
    let mut ids = BTreeSet::new();
    for (path, reader) in planned {
        if reader.local_times() && options.time_zone.is_none() {
            return Err(ImportError::ZoneRequired { path: path.clone() });
        }
        if let Target::Participant(_) = options.target {
            count_people(path, reader.as_ref(), &mut ids)?;
        }
    }
    Ok(())
}

fn count_people(path: &Path, reader: &dyn Reader, ids: &mut BTreeSet<String>) -> Result<(), ImportError> {
    // A file that cannot be opened is reported when it is read.
    if let Ok(input) = Input::open(path) {
        reader.table().count_people(input, ids);
    }
    if ids.len() > 1 {
        return Err(ImportError::ManyPeople { path: path.to_owned(), people: ids.len() });
    }
    Ok(())
}
