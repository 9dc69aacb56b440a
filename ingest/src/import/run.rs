use std::collections::BTreeSet;

use foulee_contract::{Source, SourceKind};

use super::collector::{Collector, OpenFile, Run};
use super::files::{Found, Input, Place, find, sweep, unreadable};
use super::head::Head;
use super::importer::{Detection, IMPORTERS, Origin, Reader};
use super::local_clock::LocalClock;
use super::summary::{FileSummary, Skipped};
use super::{FormatChoice, ImportError, Options, People, Progress, Sink, Summary, Target};

/// Reads the files of `paths`, folders walked and zip archives opened, and hands their readings to `sink`.
///
/// What the options lack for any of the files is found before anything is written. Running it again changes nothing.
///
/// # Errors
/// When the options do not fit a file, or when `sink` or `people` fail. A file or row that cannot be read is no error:
/// it is in the summary.
pub fn import(
    paths: &[std::path::PathBuf],
    options: &Options,
    people: &mut dyn People,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Summary, ImportError> {
    let mut summary = Summary::default();
    sweep(&std::env::temp_dir());
    let (found, unreachable) = find(paths);
    summary.skipped = unreachable;
    let mut planned = Vec::new();
    for file in found {
        match plan(&file, options)? {
            Plan::Read(reader) => planned.push((file.place, reader)),
            Plan::Skip(skipped) => summary.skipped.push(skipped),
        }
    }
    check(&planned, options)?;
    let mut run = Run::new(options.target, people, sink, progress);
    let files = planned.len();
    for ((place, reader), number) in planned.iter().zip(1..) {
        let read =
            place.open(|input| read(input, place, reader.as_ref(), options, (number, files), &mut run));
        match read {
            Ok(counts) => summary.push(counts?),
            Err(error) => summary.skipped.push(unreadable(&place.path, &error)),
        }
    }
    summary.participants = run.into_participants();
    Ok(summary)
}

enum Plan {
    Read(Box<dyn Reader>),
    Skip(Skipped),
}

fn plan(file: &Found, options: &Options) -> Result<Plan, ImportError> {
    let path = &file.place.path;
    let skip = |why: String, refused| Ok(Plan::Skip(Skipped { path: path.clone(), why, refused }));
    let head = match Head::read(&file.place) {
        Ok(head) => head,
        Err(error) => return Ok(Plan::Skip(unreadable(path, &error))),
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
            // Where a format was named, what another one says of the file is no more than a hint.
            Ok(Detection::NobodyElses(what)) if options.format == FormatChoice::Auto => {
                return skip(what, false);
            }
            Ok(Detection::NotKept(what) | Detection::NobodyElses(what)) => not_kept = not_kept.or(Some(what)),
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
fn check(planned: &[(Place, Box<dyn Reader>)], options: &Options) -> Result<(), ImportError> {
    let mut ids = BTreeSet::new();
    for (place, reader) in planned {
        let path = || place.path.clone();
        if reader.local_times() && options.time_zone.is_none() {
            return Err(ImportError::ZoneRequired { path: path() });
        }
        if options.target == Target::Study && !reader.says_whose() {
            return Err(ImportError::PersonRequired { path: path() });
        }
        if reader.origin() == Origin::Person && (options.source.is_some() || options.kind.is_some()) {
            return Err(ImportError::NamesItsDevices { path: path() });
        }
        if let Target::Participant(_) = options.target {
            // A file that cannot be opened is reported when it is read.
            let _ = place.open(|input| reader.people(input, &mut ids));
            if ids.len() > 1 {
                return Err(ImportError::ManyPeople { path: path(), people: ids.len() });
            }
        }
    }
    Ok(())
}

fn read(
    input: Input<'_>,
    place: &Place,
    reader: &dyn Reader,
    options: &Options,
    number: (usize, usize),
    run: &mut Run<'_>,
) -> Result<FileSummary, ImportError> {
    let (source, kind_assumed) = match reader.origin() {
        Origin::Device { name, kind, shows_kind } => {
            // No more than the name: what an importer is called must not part two exports of one device.
            let name = options.source.as_deref().unwrap_or(name);
            let source = Source::new(options.kind.unwrap_or(kind), ["", "", "", name, ""]);
            (source, options.kind.is_none() && !shows_kind)
        }
        Origin::Person => (Source::new(SourceKind::Unknown, [reader.format(), "", "", "", ""]), false),
    };
    let size = (input.bytes, input.bytes_read.clone());
    let file = OpenFile::new(&place.path, reader.format(), source, number, size);
    let mut collector = Collector::new(run, file);
    reader.read(input, LocalClock::new(options.time_zone), &mut collector)?;
    Ok(FileSummary { kind_assumed, ..collector.finish()? })
}
