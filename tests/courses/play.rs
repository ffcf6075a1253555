//! A section of the page, typed and compared.

use crate::page::{Block, Page, Section, Typed, is_recorded, record};
use crate::shown::difference;
use crate::support::{Mosquitto, wait_for};
use crate::terminal::Terminal;
use tempfile::TempDir;

/// A command that was typed.
struct Running<'p> {
    typed: &'p Typed,
    terminal: Terminal,
}

/// Plays a section at a broker of its own; skipped without Mosquitto.
pub fn section(page: &Page, title: &str) {
    let mut sections = page.sections.iter();
    let section = sections.find(|section| section.title == title);
    let section = section.unwrap_or_else(|| panic!("the page has no section `{title}`"));
    if !Terminal::there_is() {
        return;
    }
    if let Some(broker) = Mosquitto::start_with("sys_interval 1") {
        play(section, &broker);
    }
}

fn play(section: &Section, broker: &Mosquitto) {
    let folder = TempDir::new().unwrap();
    let environment = [("MQTT_THING_BROKER", broker.url())];
    let mut running: Vec<Running<'_>> = Vec::new();
    for block in &section.blocks {
        match block {
            Block::File { name, text } => {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            Block::Terminal(commands) => {
                for (index, typed) in commands.iter().enumerate() {
                    let before = broker.count_log("Sending SUBACK");
                    let terminal = Terminal::type_in(folder.path(), &typed.command, &environment);
                    let mut it = Running { typed, terminal };
                    let may_go_on = index + 1 == commands.len();
                    wait_for(&typed.command, || {
                        let subscribed = broker.count_log("Sending SUBACK") > before;
                        (it.terminal.ended().is_some() || may_go_on && subscribed).then_some(())
                    });
                    running.push(it);
                }
            }
        }
    }
    let (interrupted, others): (Vec<_>, Vec<_>) =
        running.into_iter().partition(|it| it.typed.interrupted);
    for it in others {
        compare(section, it);
    }
    for mut it in interrupted {
        // what the page shows of it comes before it is ended
        wait_for(
            &format!("{} to show what it should", it.typed.command),
            || {
                let same = difference(&it.typed.shown, &it.terminal.shown()).is_none();
                (same || is_recorded()).then_some(())
            },
        );
        it.terminal.interrupt();
        compare(section, it);
    }
}

/// Waits for its end, and compares what it showed with the page.
fn compare(section: &Section, mut it: Running<'_>) {
    let Typed { command, shown, .. } = it.typed;
    wait_for(&format!("the end of {command}"), || {
        it.terminal.ended().filter(|_| it.terminal.is_quiet())
    });
    let seen = it.terminal.shown();
    match difference(shown, &seen) {
        Some(_) if is_recorded() => record(&section.title, command, &seen),
        Some(difference) => panic!("$ {command}\n{difference}"),
        None => {}
    }
}
