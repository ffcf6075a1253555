//! What is printed of answers: the command's output as it is, everything else on standard error.

use super::Send;
use anstream::eprintln;
use mqtt_thing::fleet::operator::{Answer, End};
use mqtt_thing::fleet::own::State;
use mqtt_thing::fleet::signing::{PublicKey, mending};
use mqtt_thing::model::escaped;
use mqtt_thing::runtime::commander::{Answered, Target};
use std::io::{IsTerminal, Write};

impl Send {
    /// Says what came, `key` being what was signed with.
    pub(super) fn tell(
        &self,
        answered: &Answered,
        several: bool,
        key: Option<&PublicKey>,
    ) -> anyhow::Result<()> {
        match answered {
            Answered::Progress(client, progress) => {
                if std::io::stderr().is_terminal() && !self.json {
                    let state = match progress.state {
                        State::Queued => "waits for its turn".to_owned(),
                        State::Running => format!("runs for {} s", progress.elapsed.as_secs()),
                    };
                    let last = progress.last.lines().last().unwrap_or_default();
                    let last = escaped(last.as_bytes(), 80);
                    eprintln!("{}: {state}  {last}", escaped(client.as_bytes(), 80));
                }
            }
            Answered::Answer(_, _, payload) if self.json => {
                let mut line = payload.clone();
                line.push(b'\n');
                write(&mut std::io::stdout().lock(), &line)?;
            }
            Answered::Answer(client, answer, _) => self.answer(client, answer, several, key)?,
            Answered::None(..) if self.no_wait => {}
            Answered::None(_, error) => {
                eprintln!("mqtt-thing: {}", escaped(error.to_string().as_bytes(), 300));
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        client: &str,
        answer: &Answer,
        several: bool,
        key: Option<&PublicKey>,
    ) -> anyhow::Result<()> {
        let feedback = answer.feedback();
        if several {
            eprintln!("-- {}", escaped(client.as_bytes(), 80));
        }
        let output = feedback.output.as_deref().unwrap_or_default();
        let shown = shown(output, std::io::stdout().is_terminal());
        write(&mut std::io::stdout().lock(), shown.as_bytes())?;
        let (end, why) = answer.end();
        if feedback.is_normal() && feedback.error != "None" {
            // an end by force stands in its last line as well, and is told below
            let error = why
                .as_deref()
                .and_then(|why| feedback.error.strip_suffix(why));
            let error = error.unwrap_or(&feedback.error);
            let error = self::shown(error, std::io::stderr().is_terminal());
            write(&mut std::io::stderr().lock(), error.as_bytes())?;
            if !error.is_empty() && !error.ends_with('\n') {
                eprintln!();
            }
        }
        if let Answer::Own(response) = answer {
            if response.truncated {
                let (out, err) = (response.output_bytes, response.error_bytes);
                let (out, err) = (out.unwrap_or(0), err.unwrap_or(0));
                eprintln!(
                    "mqtt-thing: only head and tail are shown: the command wrote {out} bytes of output and {err} of \
                     error; the client's spool has more"
                );
            }
        }
        if let (true, Some(why)) = (end != End::Succeeded, why) {
            let (client, word) = (
                escaped(client.as_bytes(), 80),
                end.as_str().replace('_', " "),
            );
            eprintln!(
                "mqtt-thing: {client}: {word}: {}",
                escaped(why.as_bytes(), 500)
            );
            if let Some(advice) = mending(&why, key) {
                eprintln!("mqtt-thing: {advice}");
            }
        }
        Ok(())
    }
}

/// Raw for a pipe or a file; for a terminal without what would move its cursor.
fn shown(text: &str, terminal: bool) -> String {
    if !terminal {
        return text.to_owned();
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let (line, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |line| (line, "\n"));
        let cells = line
            .split('\t')
            .map(|cell| escaped(cell.as_bytes(), usize::MAX));
        cells.collect::<Vec<_>>().join("\t") + end
    });
    lines.collect()
}

/// A reader that has seen enough is no failure.
fn write(out: &mut impl Write, bytes: &[u8]) -> anyhow::Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Says of a client that obeys signed commands only that there is no key, and how to mend that.
pub(super) fn key_is_missing(client: &Target) {
    let name = escaped(client.name().as_bytes(), 80);
    let advice = mending("(rule signature-missing)", None).unwrap_or_default();
    eprintln!("mqtt-thing: {name} is not asked: {advice}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_control_characters_and_a_pipe_gets_all_bytes() {
        let text = "a\tb\u{1b}[31m\r\nü\n";
        assert_eq!(shown(text, false), text);
        assert_eq!(shown(text, true), "a\tb\\u{1b}[31m\\r\nü\n");
    }
}
