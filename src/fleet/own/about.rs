//! The part of a thing's `about` by which an operator finds its executors.

use super::ExecutorTopics;
use crate::fleet::fields::{Field, Fields, Malformed};
use crate::fleet::python_json::Object;
use crate::model::Topic;

const KEYS: &[&str] = &[
    "executors",
    "name",
    "commands",
    "responses",
    "progress",
    "governor",
    "signed",
];

/// The most executors that one thing may have.
const MOST: usize = 64;

/// What an operator needs of an `about`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The thing's id: the topic's levels before `/about`.
    pub thing: String,
    /// Its executors; none, if it is not for commands.
    pub executors: Vec<AboutExecutor>,
}

/// One executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutExecutor {
    /// Its name.
    pub name: String,
    /// Its topics, all of them below the thing's id.
    pub topics: ExecutorTopics,
    /// The client id by which it registers at the governor's operator, too.
    pub governor: Option<String>,
    /// Whether it obeys signed commands only. One that does not say so does not.
    pub signed: bool,
}

impl About {
    /// Understands a message from `<id>/about`.
    ///
    /// # Errors
    /// Another topic, no JSON object, or an executor that is described wrongly: so that a thing cannot have commands
    /// sent elsewhere, its executors' topics must lie below its own id.
    pub fn decode(topic: &Topic, payload: &[u8]) -> Result<Self, Malformed> {
        let thing = topic
            .as_str()
            .strip_suffix("/about")
            .filter(|thing| !thing.is_empty())
            .ok_or_else(|| Malformed::out_of_range("topic", topic.as_str(), "<id>/about"))?;
        let mut fields = Fields::read(payload, KEYS)?;
        let list = match fields.take("executors") {
            None | Some(Field::Null) => Vec::new(),
            Some(Field::List(list)) => list,
            Some(other) => return Err(wrong("executors", &other, "an array of objects")),
        };
        if list.len() > MOST {
            let found = format!("an array of {}", list.len());
            return Err(Malformed::out_of_range("executors", &found, "at most 64"));
        }
        let executors = list.into_iter().map(|item| match item {
            Field::Object(mut fields) => executor(thing, &mut fields),
            other => Err(wrong("executors", &other, "an array of objects")),
        });
        Ok(Self {
            thing: thing.to_owned(),
            executors: executors.collect::<Result<_, _>>()?,
        })
    }
}

fn wrong(key: &'static str, found: &Field, allowed: &'static str) -> Malformed {
    Malformed::WrongType {
        key,
        found: found.kind(),
        allowed,
    }
}

fn executor(thing: &str, fields: &mut Fields) -> Result<AboutExecutor, Malformed> {
    let mut topic = |key: &'static str| {
        let text = fields.needed(key)?;
        let below = text
            .strip_prefix(thing)
            .is_some_and(|rest| rest.starts_with('/'));
        Topic::new(&text)
            .ok()
            .filter(|_| below)
            .ok_or_else(|| Malformed::out_of_range(key, &text, "a topic below the thing's id"))
    };
    let topics = ExecutorTopics {
        commands: topic("commands")?,
        responses: topic("responses")?,
        progress: topic("progress")?,
    };
    Ok(AboutExecutor {
        name: fields.needed("name")?,
        topics,
        governor: match fields.take("governor") {
            None | Some(Field::Null) => None,
            Some(Field::Text(id)) => Some(id),
            Some(other) => return Err(wrong("governor", &other, "text or null")),
        },
        signed: match fields.take("signed") {
            None | Some(Field::Null) => false,
            Some(Field::Bool(signed)) => signed,
            Some(other) => return Err(wrong("signed", &other, "true or false")),
        },
    })
}

/// One executor as an item of `executors`, for whoever writes `about`.
#[must_use]
pub fn about_json(executor: &AboutExecutor) -> Vec<u8> {
    let object = Object::default()
        .text("name", &executor.name)
        .text("commands", executor.topics.commands.as_str())
        .text("responses", executor.topics.responses.as_str())
        .text("progress", executor.topics.progress.as_str());
    let object = match &executor.governor {
        Some(id) => object.text("governor", id),
        None => object.json("governor", "null"),
    };
    object.json("signed", executor.signed.to_string()).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn about(payload: &[u8]) -> Result<About, Malformed> {
        About::decode(&Topic::new("10.0.0.7/about").unwrap(), payload)
    }

    fn executor0(governor: Option<&str>) -> AboutExecutor {
        AboutExecutor {
            name: "executor0".into(),
            topics: ExecutorTopics::of(&Topic::new("10.0.0.7").unwrap(), "executor0").unwrap(),
            governor: governor.map(str::to_owned),
            signed: governor.is_none(),
        }
    }

    #[test]
    fn executors_are_found_among_everything_else_that_a_thing_says() {
        let items: Vec<u8> = [executor0(Some("c1")), executor0(None)]
            .iter()
            .map(about_json)
            .collect::<Vec<_>>()
            .join(&b", "[..]);
        let json = [
            br#"{"name": "inner", "resources": [{"kind": "led"}], "executors": ["#.as_slice(),
            &items,
            b"]}",
        ]
        .concat();
        let found = about(&json).unwrap();
        assert_eq!(found.thing, "10.0.0.7");
        assert_eq!(found.executors, [executor0(Some("c1")), executor0(None)]);
        assert_eq!(
            found.executors[0].topics.commands.as_str(),
            "10.0.0.7/executors/executor0/commands"
        );
    }

    #[test]
    fn a_thing_without_executors_is_one_without_executors() {
        assert_eq!(about(b"{}").unwrap().executors, []);
        assert_eq!(about(br#"{"executors": null}"#).unwrap().executors, []);
    }

    #[test]
    fn an_executor_that_does_not_speak_of_signatures_wants_none() {
        let json = String::from_utf8(about_json(&executor0(None))).unwrap();
        let signed = |json: &str| {
            let all = about(format!("{{\"executors\": [{json}]}}").as_bytes());
            all.map(|about| about.executors[0].signed)
        };
        assert_eq!(signed(&json), Ok(true));
        let older = json.replace(", \"signed\": true", "");
        assert_ne!(older, json);
        assert_eq!(signed(&older), Ok(false));
        assert!(signed(&json.replace("\"signed\": true", "\"signed\": 1")).is_err());
    }

    #[test]
    fn a_thing_cannot_have_commands_sent_to_another() {
        let json = r#"{"executors": [{"name": "x", "commands": "10.0.0.70/c", "responses": "10.0.0.7/r", "progress": "10.0.0.7/p"}]}"#;
        assert_eq!(
            about(json.as_bytes()).unwrap_err().to_string(),
            r#"`commands` is "10.0.0.70/c"; a topic below the thing's id is allowed"#
        );
        let wild = json.replace("10.0.0.70/c", "10.0.0.7/#");
        assert!(about(wild.as_bytes()).is_err());
    }

    #[test]
    fn garbage_is_an_error() {
        for json in [
            "",
            "[]",
            r#"{"executors": {}}"#,
            r#"{"executors": [1]}"#,
            r#"{"executors": [{}]}"#,
        ] {
            assert!(about(json.as_bytes()).is_err(), "{json}");
        }
        let many = format!(r#"{{"executors": [{}1]}}"#, "1,".repeat(64));
        assert!(
            about(many.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("at most 64")
        );
        assert!(About::decode(&Topic::new("/about").unwrap(), b"{}").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = about(&bytes);
        }
    }
}
