mod chain;
mod check;
mod person;
mod program;
mod wrist;

use std::sync::Arc;
use std::time::Duration;

use foulee_contract::ParticipantId;

use super::CommandError;
use super::context::FreshFolder;
use super::engine;
use super::serve::Running;
use crate::cli::{Demo, Exit, Global};
use crate::output::{print_json, print_text};
use crate::worker::Worker;
use chain::Chain;
use program::Programs;

/// How long a store that does nothing is waited for.
const STORE_PATIENCE: Duration = Duration::from_secs(60);

/// Takes what the demonstration brought out of a store that outlives its folder.
fn clear(running: &Running, runtime: &tokio::runtime::Runtime) {
    let store = &running.service.store;
    if store.backlog().is_none() {
        return;
    }
    let erased = runtime.block_on(async {
        for id in store.participants().await? {
            store.erase(id).await?;
        }
        Ok::<_, foulee_store::StoreError>(())
    });
    if let Err(error) = erased {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the demonstration's readings stay in InfluxDB"
        );
    }
}

pub(super) fn run(global: &Global, asked: &Demo) -> Result<Exit, CommandError> {
    // What is missing is said before anything is made.
    let programs = asked.ble.then(Programs::find).transpose()?;
    let folder = FreshFolder::new()?;
    // Wearables are simulated, and so is who wears them.
    let recording = if asked.ble { None } else { person::recording() };
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], asked.port));
    let running = Running::start(global, folder.path(), address, recording.is_none())?;
    let say = |text: &str| {
        if !global.quiet {
            eprintln!("{text}");
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let people = match &recording {
        Some(file) => {
            say(
                "showing four real people (Fitbit, 2016; the file carries no zone: times are the file's own)",
            );
            person::import_recording(&running, &runtime, file)?
        }
        None => {
            say(if asked.ble {
                "showing one simulated person over 28 days, and their simulated wearables now"
            } else {
                "no recordings found (FOULEE_TEST_DATA): showing one simulated person over 28 days"
            });
            vec![person::simulate(&running, &runtime)?]
        }
    };
    if !runtime.block_on(engine::settled(&*running.service.store, STORE_PATIENCE)) {
        return Err(CommandError::NothingProduced { hop: "readings in InfluxDB" });
    }
    let worker = Worker::new(Arc::clone(&running.service.store), running.service.registry.clone());
    let now_ms = (running.service.clock)();
    runtime.block_on(worker.drain(now_ms))?;
    let mut best: Option<(f64, ParticipantId)> = None;
    for id in people {
        let known = runtime.block_on(person::prescribe(&running, &worker, id, now_ms))?;
        if best.is_none_or(|(most, _)| known > most) {
            best = Some((known, id));
        }
    }
    let (_, id) = best.ok_or(CommandError::NothingProduced { hop: "participant" })?;
    let base = format!("http://{}", running.address);
    let Some(programs) = programs else {
        if asked.check {
            let result = check::check(&running, &runtime, id, now_ms);
            clear(&running, &runtime);
            running.stop()?;
            print_json(&result?)?;
            return Ok(Exit::Done);
        }
        print_text(&format!("{base}/enter?token={}&to=/p/{id}\n", running.token))?;
        say("open this address in a browser; Ctrl-C ends the demonstration and deletes its data");
        running.signalled()?;
        clear(&running, &runtime);
        running.stop()?;
        return Ok(Exit::Done);
    };
    let stopped = running.stopped()?;
    say("starting a message bus, wearables and a gateway");
    let mut chain = Chain::start(&programs, folder.path(), &running, &runtime, id, &stopped)?;
    if asked.check {
        let wrist = wrist::measure(&running, &mut chain, id, &stopped);
        let result = wrist.and_then(|wrist| {
            let mut found = check::check(&running, &runtime, id, (running.service.clock)())?;
            found.wrist_to_page_ms = Some(wrist);
            Ok(found)
        });
        drop(chain);
        clear(&running, &runtime);
        running.stop()?;
        print_json(&result?)?;
        return Ok(Exit::Done);
    }
    print_text(&format!("{base}/enter?token={}&to=/p/{id}/live\n", running.token))?;
    say("open this address in a browser; Ctrl-C ends the demonstration and deletes its data");
    let ended = chain.wait(&stopped);
    drop(chain);
    clear(&running, &runtime);
    running.stop()?;
    ended.map(|()| Exit::Done)
}
