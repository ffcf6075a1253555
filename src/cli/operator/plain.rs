//! A run as lines, for a pipe, a dumb terminal, and realtime mode.

use super::lines::{end, indented, safe, short, task};
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{Answer, OperatorEvent, Way};
use mqtt_thing::fleet::own::State;
use owo_colors::OwoColorize;

/// So many lines of an output are shown on a terminal; in a pipe all are.
const SHOWN: usize = 40;

/// What is said of a client that will refuse what is not signed.
pub(super) const UNSIGNED: &str =
    "obeys signed commands only, and there is no key: it will refuse what it is sent";

/// The lines for an event, if it is worth any.
pub(super) fn of(plan: &OperatorPlan, event: &OperatorEvent, terminal: bool) -> Option<String> {
    let text = match event {
        OperatorEvent::Known {
            client,
            way,
            takes_part,
        } => {
            let way = match way {
                Way::Own => "on its own topics",
                Way::Governor => "on the governor's topics, where anybody could answer for it",
            };
            let part = if *takes_part { "" } else { "; it takes no part" };
            format!("{} is there, {way}{part}\n", short(client).bold())
        }
        OperatorEvent::SignatureWanted { client } => {
            format!("{} {UNSIGNED}\n", short(client).yellow())
        }
        OperatorEvent::Registered { client, again } => {
            let again = if *again { " again" } else { "" };
            format!("{} registered{again}\n", short(client))
        }
        OperatorEvent::RegistrationRefused { client, why } => {
            format!("a registration as `{}` is refused: {why}\n", short(client))
        }
        OperatorEvent::Presence { client, online } => {
            let word = if *online { "online" } else { "offline" };
            format!("{} says that it is {word}\n", short(client))
        }
        OperatorEvent::Waiting { .. } => {
            let seconds = plan.registration_timeout.as_secs_f64();
            format!("waiting {seconds} s for more clients\n")
        }
        OperatorEvent::Begun { clients, missing } => {
            let mut text = format!("the pipelines begin with {clients} clients\n");
            for client in missing {
                text.push_str(&format!("{} is expected and not there\n", short(client)));
            }
            text
        }
        OperatorEvent::JoinedLate { client } => {
            format!("{} joins late, and begins at the beginning\n", short(client))
        }
        OperatorEvent::Sent {
            client,
            task: its,
            attempt,
            again: false,
            ..
        } => {
            let attempt = match attempt {
                1 => String::new(),
                more => format!(" (attempt {more})"),
            };
            format!("{} <- {}{attempt}\n", short(client), task(plan, its))
        }
        OperatorEvent::Progress {
            client, progress, ..
        } if progress.state == State::Running && terminal => {
            let last = progress.last.lines().last().unwrap_or_default();
            let elapsed = progress.elapsed.as_secs();
            format!("{}: {elapsed} s  {}\n", short(client), short(last).dimmed())
        }
        OperatorEvent::Answered {
            client,
            task: its,
            answer,
            ..
        } => answered(&short(client), &task(plan, its), answer, terminal),
        OperatorEvent::Ended {
            client,
            task: its,
            outcome,
        } if outcome.end.is_silence() => {
            let why = outcome.why.as_deref().map_or(String::new(), |why| format!(": {}", short(why)));
            format!("{} {} {}{why}\n", short(client), task(plan, its), end(outcome.end))
        }
        OperatorEvent::Lost { client, why } => {
            format!("{} {}: {}\n", short(client), "is lost".red(), safe(why, 200))
        }
        OperatorEvent::Back { client } => format!("{} is back\n", short(client)),
        OperatorEvent::Unasked {
            client, command, ..
        } => format!(
            "{} answered `{}`, which was not asked of it now\n",
            short(client),
            short(command)
        ),
        OperatorEvent::TwoWithOneName { client, why } => {
            format!("{}: there seem to be two with this name: {why}\n", short(client).yellow())
        }
        OperatorEvent::Ignored { topic, why, .. } => {
            let topic = safe(topic.as_str(), 120);
            format!("ignored on {topic}: {}\n", safe(why, 200))
        }
        OperatorEvent::LoaderAccepted {
            client_id,
            command,
            clients,
        } => format!(
            "a commander sends `{}` to {} ({clients} clients)\n",
            short(command),
            short(client_id)
        ),
        OperatorEvent::LoaderRefused {
            client_id,
            command,
            why,
        } => format!(
            "a commander's `{}` to {} is refused: {why}\n",
            short(command),
            short(client_id)
        ),
        OperatorEvent::LineQueued { command } => {
            format!("`{}` has its turn after the pipelines\n", short(command))
        }
        OperatorEvent::LineRefused { command, why } => {
            format!("`{}` is not sent: {why}\n", short(command))
        }
        OperatorEvent::Walked if plan.realtime => {
            "the pipelines are done; each line that you type goes to all clients, `exit` leaves\n"
                .to_owned()
        }
        OperatorEvent::Walked if plan.receive_commands => {
            "the pipelines are done; commanders are served until Ctrl-C\n".to_owned()
        }
        OperatorEvent::Interrupted { again: false } => {
            "ending in order: what runs is cancelled, `finally` steps follow; once more ends at once\n".to_owned()
        }
        _ => return None,
    };
    Some(text)
}

fn answered(client: &str, task: &str, answer: &Answer, terminal: bool) -> String {
    let feedback = answer.feedback();
    let (how, why) = answer.end();
    let took = match answer {
        Answer::Own(response) => response.duration.map(|took| took.as_secs_f64()),
        Answer::Governor(_) => None,
    };
    let took = took.map_or(String::new(), |seconds| format!(" in {seconds:.3} s"));
    let why = why.map_or(String::new(), |why| format!(": {}", safe(&why, 300)));
    let most = if terminal { SHOWN } else { usize::MAX };
    let mut text = format!("{client} -> {task}: {}{took}{why}\n", end(how));
    text.push_str(&indented(
        feedback.output.as_deref().unwrap_or_default(),
        most,
    ));
    if feedback.is_normal() && feedback.error != "None" {
        text.push_str(&indented(&feedback.error, most));
    }
    text
}
