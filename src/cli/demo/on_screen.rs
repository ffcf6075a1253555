//! The demo on a terminal: keys in, a picture out.

use super::super::{EXIT_OK, logging};
use super::told_to_stop;
use anyhow::Context;
use mqtt_thing::demo::screen::{Address, show};
use mqtt_thing::demo::{Lab, Line, Observer, Station};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Lines of the log that may wait for the picture; more are lost.
const LOG: usize = 256;
/// How long the picture may take to end when it is told to.
const LAST_PICTURE: Duration = Duration::from_secs(1);
/// How long an end in order may take.
const CLOSE_WITHIN: Duration = Duration::from_millis(4500);

/// Shows the lab until somebody quits, then ends it in order. `lines` are what is known beforehand.
pub(super) async fn play(
    stations: Vec<Station>,
    observer: Observer,
    mut lab: Lab,
    lines: Vec<Line>,
) -> anyhow::Result<ExitCode> {
    let mut address = Address {
        url: String::new(),
        join: String::new(),
    };
    let (log, diverted) = sync_channel(LOG);
    for line in lines {
        match line {
            Line::Broker { url, join, .. } => address = Address { url, join },
            // whose ids are as in the file is seen in the picture
            Line::Thing { made_up: false, .. } => {}
            other => drop(log.try_send(other.to_string())),
        }
    }
    logging::divert(Some(log));
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let mut shown = spawn_blocking(move || {
        let shown = show(&stations, &observer, address, &diverted, &told);
        (shown, observer)
    });
    let mut failed = false;
    let outcome = tokio::select! {
        outcome = &mut shown => Ok(outcome),
        () = told_to_stop()? => {
            stop.store(true, Ordering::Relaxed);
            timeout(LAST_PICTURE, shown).await
        }
        () = lab.failed() => {
            failed = true;
            stop.store(true, Ordering::Relaxed);
            timeout(LAST_PICTURE, shown).await
        }
    };
    logging::divert(None);
    lab.leave(CLOSE_WITHIN).await;
    let Ok(outcome) = outcome else {
        // the terminal is gone, and whoever reads keys from it never comes back from there
        std::process::exit(EXIT_OK.into());
    };
    let (shown, observer) = outcome.context("the picture's thread ended that must not")?;
    observer.close().await;
    let latency = match shown {
        Ok(latency) => latency,
        // the terminal was closed
        Err(_) if stop.load(Ordering::Relaxed) => return Ok(ExitCode::from(EXIT_OK)),
        Err(error) => {
            return Err(error).context("the terminal cannot be used; --script needs none");
        }
    };
    anyhow::ensure!(!failed, "a thread of a thing ended that must not");
    if let (Some(p50), Some(max)) = (latency.percentile(50), latency.max()) {
        println!(
            "{} changes; from an input to an output pin p50 {p50:.1?}, max {max:.1?}",
            latency.count()
        );
    }
    Ok(ExitCode::from(EXIT_OK))
}
