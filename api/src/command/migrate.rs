#[cfg(feature = "influx")]
use std::io::Write as _;

#[cfg(feature = "influx")]
use foulee_store::StoreUrl;
#[cfg(feature = "influx")]
use foulee_store::influx::{Preparation, Prepared, prepare};

use super::CommandError;
#[cfg(feature = "influx")]
use super::engine::influx_options;
use crate::cli::{Exit, Global, Migrate};
#[cfg(feature = "influx")]
use crate::output::print_text;

#[cfg(not(feature = "influx"))]
pub(super) fn run(_: &Global, _: &Migrate) -> Result<Exit, CommandError> {
    Err(CommandError::InfluxMissing)
}

#[cfg(feature = "influx")]
pub(super) fn run(global: &Global, asked: &Migrate) -> Result<Exit, CommandError> {
    let Some(StoreUrl::Influx(url)) = &global.store else { return Err(CommandError::InfluxNotNamed) };
    let options = influx_options(global, url)?;
    // The file first: a token that cannot be written down would be lost.
    let mut file = match &asked.make_token {
        Some(path) if !asked.dry_run => Some(new_private(path)?),
        _ => None,
    };
    let preparation = Preparation {
        keep_s: i64::from(asked.keep_days) * 86_400,
        make_token: asked.make_token.is_some(),
        dry_run: asked.dry_run,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let prepared = runtime.block_on(prepare(&options, preparation));
    if let (Err(_), Some(path)) = (&prepared, &asked.make_token) {
        let _ = std::fs::remove_file(path);
    }
    let Prepared { bucket_was_there, token } = prepared?;
    let keep = match asked.keep_days {
        0 => "for ever".to_owned(),
        days => format!("for {days} days"),
    };
    let (would, server) = (if asked.dry_run { "would be " } else { "" }, url.server());
    let mut text = if bucket_was_there {
        format!("{} is there on {server}; it stays as it is\n", url.bucket)
    } else {
        format!("{} {would}made on {server}, keeping readings {keep}\n", url.bucket)
    };
    if let Some(path) = &asked.make_token {
        if let (Some(file), Some(token)) = (&mut file, &token) {
            writeln!(file, "{token}").and_then(|()| file.sync_all())?;
        }
        let path = path.display();
        text.push_str(&format!(
            "a token that may read and write {} alone {would}written to {path}: use --influx-token-file {path}\n",
            url.bucket
        ));
    }
    print_text(&text)?;
    Ok(Exit::Done)
}

/// A file that was not there, for its owner alone.
#[cfg(feature = "influx")]
fn new_private(path: &std::path::Path) -> Result<std::fs::File, CommandError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| CommandError::WriteFile { path: path.to_owned(), source })
}
