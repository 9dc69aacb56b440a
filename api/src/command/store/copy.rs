use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use foulee_ingest::copy::{Copied, copy};
use foulee_store::{Store, StoreUrl};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Exit, Global, StoreCopy};
use crate::command::CommandError;
use crate::command::context::Ending;
use crate::command::engine::{self, Purpose};
use crate::lock::FolderLock;
use crate::output::print_text;

/// How long a store that does not work is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(global: &Global, asked: &StoreCopy) -> Result<Exit, CommandError> {
    let is_embedded = |url: &StoreUrl| matches!(url, StoreUrl::Embedded(_));
    if asked.from == asked.to || !(is_embedded(&asked.from) || is_embedded(&asked.to)) {
        return Err(CommandError::CopyPair);
    }
    let own = |url: &StoreUrl| match url {
        StoreUrl::Embedded(Some(folder)) => folder.clone(),
        _ => global.data_dir.clone(),
    };
    let source = own(&asked.from).join(if is_embedded(&asked.from) { "store.db" } else { "influx.db" });
    if !source.exists() {
        return Err(CommandError::CopyNothing { path: source });
    }
    let target = own(&asked.to);
    std::fs::create_dir_all(&global.data_dir)?;
    std::fs::create_dir_all(&target)?;
    let apart = target.canonicalize()? != global.data_dir.canonicalize()?;
    let _target = match apart.then(|| FolderLock::acquire(&target)) {
        Some(Err(_)) => return Err(CommandError::CopyHeld),
        lock => lock,
    };
    let Ok(_lock) = FolderLock::acquire(&global.data_dir) else { return Err(CommandError::CopyHeld) };
    let runtime = Ending::new()?;
    let open = |url: &StoreUrl| -> Result<Arc<dyn Store>, CommandError> {
        let _within = runtime.enter();
        Ok(engine::open(global, url, &global.data_dir, Purpose::Command)?.store)
    };
    let (from, to) = (open(&asked.from)?, open(&asked.to)?);
    let bar = progress_bar(global.quiet);
    let outcome = runtime.block_on(async {
        engine::settled(&*from, PATIENCE).await;
        engine::settled(&*to, PATIENCE).await;
        bar.set_length(from.stats().await?.readings);
        let copied = copy(&*from, &*to, &|readings| bar.inc(readings)).await?;
        let settled = engine::settled(&*to, PATIENCE).await;
        let digests = if settled { Some((from.digest().await?, to.digest().await?)) } else { None };
        Ok::<_, foulee_store::StoreError>((copied, digests))
    });
    bar.finish_and_clear();
    let (Copied { readings, already }, digests) = outcome?;
    let mut text = format!("{readings} readings copied, {already} were there\n");
    let same = match digests {
        Some((from, to)) => {
            let word = if from == to { "the same" } else { "NOT the same" };
            text.push_str(&format!("digest {from} and {to}: {word}\n"));
            from == to
        }
        None => {
            text.push_str("not all is in the store yet: it waits in the journal; ask again\n");
            false
        }
    };
    print_text(&text)?;
    Ok(if same { Exit::Done } else { Exit::Failed })
}

fn progress_bar(quiet: bool) -> ProgressBar {
    let shown = std::io::stderr().is_terminal() && !quiet;
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} readings {eta}") {
        bar.set_style(style);
    }
    bar
}
