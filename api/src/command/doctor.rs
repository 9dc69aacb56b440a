use std::net::TcpStream;
use std::time::Duration;

use serde::Serialize;

use super::CommandError;
use super::context::Context;
use crate::cli::{Doctor, Exit, Global};
use crate::output::{print_json, print_text};

#[derive(Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    detail: String,
}

#[derive(Serialize)]
struct DoctorDoc {
    ok: bool,
    findings: Vec<Finding>,
}

pub(super) fn run(global: &Global, asked: &Doctor) -> Result<Exit, CommandError> {
    if !asked.paths.is_empty() {
        return super::import::look(global, asked);
    }
    let mut findings = Vec::new();
    let mut find = |what, result: Result<String, String>| {
        let ok = result.is_ok();
        findings.push(Finding { what, ok, detail: result.unwrap_or_else(|error| error) });
    };
    find("data folder", folder_writable(global));
    match Context::new(global) {
        Ok(context) => {
            find("store and registry", Ok(format!("open in {}", global.data_dir.display())));
            find(
                "service",
                match &context.served_by {
                    Some(holder) => TcpStream::connect_timeout(&holder.address, Duration::from_secs(2))
                        .map(|_| format!("process {} answers at {}", holder.pid, holder.address))
                        .map_err(|error| {
                            format!("process {} holds the folder and does not answer: {error}", holder.pid)
                        }),
                    None => Ok("none runs on this folder".to_owned()),
                },
            );
            find(
                "erasures",
                match context.scrubbed() {
                    Ok(true) => Ok("nothing of anybody erased is left in the files".to_owned()),
                    Ok(false) => {
                        Err("copies of an erased id can still be in the files, because another process is \
                                      reading them (end it), or InfluxDB does not answer: ask again"
                            .to_owned())
                    }
                    Err(error) => Err(error.to_string()),
                },
            );
            let verified = context.runtime.block_on(context.store.verify());
            find(
                "readings",
                match verified {
                    Ok(verified) if verified.damaged.is_empty() => {
                        Ok(format!("{} read back", verified.readings))
                    }
                    Ok(verified) if context.is_remote => Err(format!(
                        "InfluxDB has not all readings of {} days of series; `foulee store verify --repair` puts them \
                         back",
                        verified.damaged.len()
                    )),
                    Ok(verified) => {
                        Err(format!("{} blocks are damaged; restore a backup", verified.damaged.len()))
                    }
                    Err(error) => Err(error.to_string()),
                },
            );
            #[cfg(feature = "influx")]
            if let Some(journaled) = &context.journaled {
                find("InfluxDB", influxdb(&context, journaled));
            }
            let stats = context.runtime.block_on(context.store.stats());
            find(
                "days to compute",
                match stats {
                    Ok(stats) => Ok(stats.dirty_days.to_string()),
                    Err(error) => Err(error.to_string()),
                },
            );
        }
        Err(error) => find("store and registry", Err(error.to_string())),
    }
    let ok = findings.iter().all(|finding| finding.ok);
    if asked.json {
        print_json(&DoctorDoc { ok, findings })?;
    } else {
        let lines = findings.iter().map(|finding| {
            format!("{} {}: {}\n", if finding.ok { "ok  " } else { "FAIL" }, finding.what, finding.detail)
        });
        print_text(&lines.collect::<String>())?;
    }
    Ok(if ok { Exit::Done } else { Exit::Failed })
}

/// Whether it takes and gives back, and what it lost or refuses.
#[cfg(feature = "influx")]
fn influxdb(context: &Context, journaled: &foulee_ingest::JournaledStore) -> Result<String, String> {
    let influx = journaled.influx();
    let (lost, asides) = context
        .runtime
        .block_on(async {
            influx.probe().await?;
            Ok::<_, foulee_store::StoreError>((influx.lost().await?, influx.aside_count().await?))
        })
        .map_err(|error| error.to_string())?;
    let text =
        format!("a point was written, read back and deleted; {lost} readings lost, {asides} set aside");
    if lost > 0 || asides > 0 { Err(text) } else { Ok(text) }
}

fn folder_writable(global: &Global) -> Result<String, String> {
    let folder = &global.data_dir;
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let probe = folder.join(".foulee-doctor");
    std::fs::write(&probe, b"probe")
        .map_err(|error| format!("{} cannot be written: {error}", folder.display()))?;
    std::fs::remove_file(&probe).map_err(|error| error.to_string())?;
    Ok(format!("{} can be written", folder.display()))
}
