//! A commander that handles feedback in its own way: it asks every client of ours for its load and says who works
//! hardest. The counterpart of extending the original commander by a subclass.
//!
//! ```sh
//! mqtt-thing sut --broker mqtt://127.0.0.1 --client-id pi1 --allow 'cat /proc/loadavg' &
//! cargo run --example commander -- mqtt://127.0.0.1
//! ```

use mqtt_thing::fleet::{GovernorTopics, StepCommand};
use mqtt_thing::mqtt::{BrokerUrl, Options};
use mqtt_thing::runtime::commander::{Answered, AskOptions, Commander};
use std::error::Error;
use std::time::Duration;
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "mqtt://127.0.0.1".to_owned());
    let session = Options::new(url.parse::<BrokerUrl>()?, "example-commander");
    let patience = Duration::from_secs(5);
    let mut commander =
        Commander::connect(session, GovernorTopics::default(), true, patience).await?;

    let clients = commander.find_all(Duration::from_secs(1)).await;
    let command = StepCommand::Argv(vec!["cat".to_owned(), "/proc/loadavg".to_owned()]);
    let options = AskOptions {
        patience: Some(patience),
        ..AskOptions::default()
    };
    // nobody cancels here; the sender has to live for as long as we ask
    let (_cancel, mut cancelled) = mpsc::channel(1);
    let mut loads: Vec<(f64, String)> = Vec::new();
    commander
        .ask(
            &clients,
            &command,
            &options,
            &mut cancelled,
            |answered| match answered {
                Answered::Answer(client, answer, _payload) => {
                    let output = answer.feedback().output.clone().unwrap_or_default();
                    let load = output.split(' ').next().and_then(|word| word.parse().ok());
                    match load {
                        Some(load) => loads.push((load, client)),
                        None => eprintln!("{client} tells no load: {:?}", answer.end()),
                    }
                }
                Answered::None(_, error) => eprintln!("{error}"),
                Answered::Progress(..) => {}
            },
        )
        .await?;

    loads.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (load, client) in loads {
        println!("{load:6.2}  {client}");
    }
    commander.close().await;
    Ok(())
}
