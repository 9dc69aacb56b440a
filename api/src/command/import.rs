use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use foulee_contract::ParticipantId;
use foulee_ingest::import::{
    FormatChoice, ImportError, Options, People, Progress, Sink, SinkError, Summary, Target, import,
};
use foulee_ingest::{DryRun, LocalSink, Overlap};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use tokio::runtime::Handle;

use super::CommandError;
use super::context::Context;
use crate::cli::{Doctor, Exit, Global, Import, ImportTarget};
use crate::client::{Client, RemotePeople};
use crate::people::{self, NewPerson};
use crate::registry::{NameKind, Registry, RegistryError, SINCE_EVER};
use crate::{ApiError, output};

pub(super) fn run(global: &Global, asked: &Import) -> Result<Exit, CommandError> {
    let context = Context::new(global)?;
    let target = match &asked.target.participant {
        Some(reference) => Target::Participant(context.participant(reference)?),
        None => Target::Study,
    };
    if asked.dry_run {
        return dry_run(global, asked, &context, target);
    }
    if let (Target::Participant(id), Some(zone)) = (target, asked.time_zone) {
        context.runtime.block_on(home_zone_if_unknown(
            &context.registry,
            id,
            zone.name(),
            context.now_ms(),
        ))?;
    }
    let options = asked.options(target);
    let bar = progress_bar(global.quiet);
    let mut progress = |at: Progress<'_>| show(&bar, &at);
    let study = asked.target.study.clone().unwrap_or_default();
    let time_zone = asked.time_zone.map(|zone| zone.name().to_owned());
    let summary = match &context.served_by {
        Some(holder) => {
            let mut client = Client::new(holder);
            let mut people = RemotePeople { client: client.clone(), study, time_zone };
            read(asked, &options, &mut people, &mut client, &mut progress)?
        }
        None => {
            let handle = context.runtime.handle().clone();
            let mut people = LocalPeople {
                registry: context.registry.clone(),
                runtime: handle.clone(),
                study,
                time_zone,
                now_ms: context.now_ms(),
            };
            let mut sink = LocalSink::new(Arc::clone(&context.store), handle, context.clock.clone());
            read(asked, &options, &mut people, &mut sink, &mut progress)?
        }
    };
    bar.finish_and_clear();
    context.drain()?;
    tell(global, asked, &summary)?;
    Ok(if summary.refused() { Exit::Refused } else { Exit::Done })
}

/// Says what files hold and what would become of them, for somebody or for nobody yet.
pub(super) fn look(global: &Global, asked: &Doctor) -> Result<Exit, CommandError> {
    let context = Context::new(global)?;
    let target = match &asked.participant {
        Some(reference) => context.participant(reference)?,
        None => people::new_id(context.now_ms())?,
    };
    let import = Import {
        paths: asked.paths.clone(),
        target: ImportTarget { participant: asked.participant.clone(), study: None },
        time_zone: asked.time_zone,
        format: FormatChoice::Auto,
        kind: None,
        source: None,
        map: Vec::new(),
        dry_run: true,
        json: asked.json,
    };
    match dry_run(global, &import, &context, Target::Participant(target)) {
        Err(CommandError::Api(ApiError::Import(ImportError::ManyPeople { .. })))
            if asked.participant.is_none() =>
        {
            dry_run(global, &import, &context, Target::Study)
        }
        done => done,
    }
}

/// Says what would become of it.
fn dry_run(global: &Global, asked: &Import, context: &Context, target: Target) -> Result<Exit, CommandError> {
    let bar = progress_bar(global.quiet);
    let mut progress = |at: Progress<'_>| show(&bar, &at);
    let handle = context.runtime.handle().clone();
    let mut people = Guessed {
        registry: context.registry.clone(),
        runtime: handle.clone(),
        study: asked.target.study.clone().unwrap_or_default(),
        now_ms: context.now_ms(),
    };
    let mut sink = DryRun::new(Arc::clone(&context.store), handle, context.clock.clone());
    let mut summary = read(asked, &asked.options(target), &mut people, &mut sink, &mut progress)?;
    bar.finish_and_clear();
    if asked.target.participant.is_none() && asked.target.study.is_none() {
        // Looked at for nobody: the id was made up for the look.
        summary.participants.clear();
    }
    let overlaps = sink.overlaps().map_err(|error| match error {
        SinkError::Failed(source) => CommandError::from(ApiError::DryRun(source)),
        error => CommandError::from(ApiError::DryRun(Box::new(error))),
    })?;
    if asked.json {
        output::print_json(&DryRunDoc { dry_run: true, summary: &summary, overlaps: &overlaps })?;
    } else {
        tell(global, asked, &summary)?;
        let mut text = String::new();
        for overlap in &overlaps {
            text.push_str(&format!(
                "{} and {} both tell of {} on {} days, {} to {}: the first by priority counts, the other fills\n",
                overlap.source, overlap.stored, overlap.metric, overlap.days, overlap.from, overlap.to
            ));
        }
        text.push_str("nothing was written\n");
        output::print_text(&text)?;
    }
    Ok(if summary.refused() { Exit::Refused } else { Exit::Done })
}

/// The summary of what would be done.
#[derive(Serialize)]
struct DryRunDoc<'a> {
    dry_run: bool,
    #[serde(flatten)]
    summary: &'a Summary,
    overlaps: &'a [Overlap],
}

/// Finds participants and makes none: who is not there gets an id that is nobody's.
struct Guessed {
    registry: Registry,
    runtime: Handle,
    study: String,
    now_ms: i64,
}

impl People for Guessed {
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError> {
        if let Err(RegistryError::Name { source, .. }) = NameKind::ExternalId.check(external_id) {
            return Err(SinkError::NotAdmitted { fix: source.to_string() });
        }
        let found = self.runtime.block_on(async {
            match self.registry.study_by_name(&self.study).await? {
                Some(study) => self.registry.participant_by_external(study.id, external_id).await,
                None => Ok(None),
            }
        });
        match found {
            Ok(Some(known)) => Ok(known.id),
            Ok(None) => people::new_id(self.now_ms).map_err(|error| SinkError::Failed(Box::new(error))),
            Err(error) => Err(SinkError::Failed(Box::new(error))),
        }
    }
}

fn read(
    asked: &Import,
    options: &Options,
    people: &mut dyn People,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Summary, CommandError> {
    Ok(import(&asked.paths, options, people, sink, progress).map_err(ApiError::from)?)
}

/// Somebody's first import says where they live; a later one must not move their days.
async fn home_zone_if_unknown(
    registry: &Registry,
    id: ParticipantId,
    zone: &str,
    now_ms: i64,
) -> Result<(), ApiError> {
    if registry.home_zones(id).await?.is_empty() {
        registry.set_home_zone(id, SINCE_EVER, zone, now_ms).await?;
    }
    Ok(())
}

/// Finds participants of a study in this process's own registry.
pub(super) struct LocalPeople {
    pub(super) registry: Registry,
    pub(super) runtime: Handle,
    pub(super) study: String,
    pub(super) time_zone: Option<String>,
    pub(super) now_ms: i64,
}

impl People for LocalPeople {
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError> {
        let new = NewPerson {
            external_id: Some(external_id.to_owned()),
            study: Some(self.study.clone()),
            time_zone: self.time_zone.clone(),
            ..NewPerson::default()
        };
        let added = self.runtime.block_on(people::add(&self.registry, &new, self.now_ms));
        added.map(|(id, _)| id).map_err(|error| match error {
            ApiError::Registry(RegistryError::Name { what: NameKind::ExternalId, source }) => {
                SinkError::NotAdmitted { fix: source.to_string() }
            }
            error => SinkError::Failed(Box::new(error)),
        })
    }
}

fn progress_bar(quiet: bool) -> ProgressBar {
    let shown = std::io::stderr().is_terminal() && !quiet;
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {eta} {wide_msg}") {
        bar.set_style(style);
    }
    if shown {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

fn show(bar: &ProgressBar, at: &Progress<'_>) {
    bar.set_length(at.bytes);
    bar.set_position(at.bytes_read);
    bar.set_message(at.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
}

fn tell(global: &Global, asked: &Import, summary: &Summary) -> Result<(), CommandError> {
    for file in summary.files.iter().filter(|file| file.kind_assumed && !global.quiet) {
        eprintln!(
            "foulee: {}: nothing but steps and no --kind: taken for a watch's, which can tell rest; say --kind phone \
             where it was carried",
            file.path.display()
        );
    }
    if asked.json {
        output::print_json(summary)?;
        return Ok(());
    }
    if global.quiet {
        return Ok(());
    }
    let known = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
    let mut text = String::new();
    for file in &summary.files {
        text.push_str(&format!(
            "{}: {}, {} readings ({} new), {} refused\n",
            file.path.display(),
            file.format,
            file.accepted,
            known(file.new),
            file.rejected
        ));
        if asked.dry_run {
            for held in &file.series {
                text.push_str(&format!(
                    "  {} {} of {}: {} from {} to {}\n",
                    held.metric,
                    held.grain,
                    held.source,
                    held.readings,
                    held.from.format("%Y-%m-%d %H:%MZ"),
                    held.to.format("%Y-%m-%d %H:%MZ")
                ));
            }
            for passed in &file.not_kept {
                text.push_str(&format!("  {} x {}: not kept\n", passed.count, passed.what));
            }
        }
        for rejection in &file.rejections {
            text.push_str(&format!(
                "  {} x {}: {}\n",
                rejection.count,
                rejection.code.as_str(),
                rejection.example
            ));
        }
    }
    for skipped in &summary.skipped {
        text.push_str(&format!("{}: skipped, {}\n", skipped.path.display(), skipped.why));
    }
    for person in &summary.participants {
        text.push_str(&match &person.external_id {
            Some(external_id) => format!("participant {} is {external_id}\n", person.id),
            None => format!("participant {}\n", person.id),
        });
    }
    text.push_str(&format!(
        "{} readings accepted ({} new, {} known before), {} refused\n",
        summary.accepted,
        known(summary.new),
        known(summary.duplicate),
        summary.rejected
    ));
    output::print_text(&text)?;
    Ok(())
}
