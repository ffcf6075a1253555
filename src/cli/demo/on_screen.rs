//! The demo on a terminal: keys in, a picture out.

use super::super::output::print;
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
/// How long an end in order may take.
const CLOSE_WITHIN: Duration = Duration::from_millis(4500);
/// How long the picture may take to see that it shall end.
const PICTURE_WITHIN: Duration = Duration::from_secs(1);

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
    let ended = tokio::select! {
        ended = &mut shown => Some(ended),
        () = told_to_stop()? => None,
        () = lab.failed() => {
            failed = true;
            None
        }
    };
    stop.store(true, Ordering::Relaxed);
    let ended = match ended {
        Some(ended) => Some(ended),
        // on a terminal that was closed, crossterm's poll never returns; that thread then ends with the process
        None => timeout(PICTURE_WITHIN, shown).await.ok(),
    };
    if ended.is_some() {
        logging::divert(None);
    }
    lab.leave(CLOSE_WITHIN).await;
    anyhow::ensure!(!failed, "a thread of a thing ended that must not");
    let Some(ended) = ended else {
        return Ok(ExitCode::from(EXIT_OK));
    };
    let (shown, observer) = ended.context("the picture's thread ended that must not")?;
    observer.close().await;
    let latency = shown.context("the screen ended; --script needs none")?;
    if let (Some(p50), Some(max)) = (latency.percentile(50), latency.max()) {
        let changes = match latency.count() {
            1 => "1 change".to_owned(),
            many => format!("{many} changes"),
        };
        let [p50, max] = [p50, max].map(|took| took.as_secs_f64() * 1000.0);
        print(&format!(
            "{changes}; from an input to an output pin p50 {p50:.1} ms, max {max:.1} ms\n"
        ))?;
    }
    Ok(ExitCode::from(EXIT_OK))
}
