//! The governor's `config.ini`, for each of its three roles. Source: the wire contract, section 4, and the README of
//! the original program.
//!
//! ```text
//! text -> ini (sections, keys, lines, with places) -> value (`%`)  -> mqtt, operator, sut: what each role needs
//! ```
//! A role reads its own sections only, so a slip in another's does not stop it. Unknown keys do no harm; in `[sut]`,
//! which is ours, they are mistakes, since there they may leave out a limit. Its keys are those of an executor in a
//! topology.

mod environment;
mod ini;
mod mqtt;
mod operator;
mod pipeline;
mod sections;
mod sut;
mod value;

#[cfg(test)]
mod tests;

pub use environment::{Environment, EnvironmentError};
pub(super) use mqtt::refuse_same_topic;
pub(super) use operator::LONGEST_WAIT_S;

use super::findings::{Findings, Rule};
use super::load::LARGEST;
use crate::fleet::{ExecutorSettings, GovernorTopics, OperatorPlan};
use crate::model::Mistake;
use crate::mqtt::Access;
use sections::Sections;

/// The section whose keys all others have as well.
const DEFAULT: &str = "DEFAULT";

/// What `mqtt-thing operator` needs.
#[derive(Debug, Clone)]
pub struct OperatorConfig {
    /// The broker, the topics, the pipelines and how they are walked.
    pub plan: OperatorPlan,
    /// What lets us in at the broker.
    pub access: Access,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// What `mqtt-thing sut` needs.
#[derive(Debug, Clone)]
pub struct SutConfig {
    /// The broker as a URL, where the file or the environment names one.
    pub broker: Option<String>,
    /// What lets us in there.
    pub access: Access,
    /// The governor's topics.
    pub topics: GovernorTopics,
    /// Whether commands are JSON; else text.
    pub jsonify: bool,
    /// By which name it registers.
    pub client_id: String,
    /// Whether nobody chose that name.
    pub client_id_is_default: bool,
    /// What `[sut]` says, with the governor's face on.
    pub settings: ExecutorSettings,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// What `mqtt-thing commander` needs.
#[derive(Debug, Clone)]
pub struct CommanderConfig {
    /// The broker as a URL, where the file or the environment names one.
    pub broker: Option<String>,
    /// What lets us in there.
    pub access: Access,
    /// The governor's topics.
    pub topics: GovernorTopics,
    /// Whether commands are JSON; else text.
    pub jsonify: bool,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// Reads what an operator needs: `[mqtt]` and `[operator]`.
///
/// # Errors
/// All mistakes in these sections and in the form of the file, in its order.
///
/// ```
/// use mqtt_thing::topology::governor::{Environment, operator};
/// let text = "[operator]\npipeline1 = cpufreq-set -r -f 600MHz; stress-ng --cpu 0 --timeout 60s\n";
/// let plan = operator(text, &Environment::default()).unwrap().plan;
/// assert_eq!(plan.pipelines[0].steps[1].name, "stress-ng --cpu 0 --timeout 60s");
/// ```
pub fn operator(text: &str, environment: &Environment) -> Result<OperatorConfig, Vec<Mistake>> {
    read(text, |sections, findings| {
        let mqtt = mqtt::read(sections, findings)?;
        let plan = operator::read(sections, findings)?;
        let plan = OperatorPlan {
            broker: environment.broker(&mqtt),
            topics: mqtt.topics,
            ..plan
        };
        Some((plan, mqtt.access))
    })
    .map(|((plan, access), warnings)| OperatorConfig {
        plan,
        access,
        warnings,
    })
}

/// Reads what a SUT needs: `[mqtt]`, `[sut]`, and `jsonify` of `[operator]`.
///
/// # Errors
/// As [`operator`].
pub fn sut(text: &str, environment: &Environment) -> Result<SutConfig, Vec<Mistake>> {
    let (config, warnings) = read(text, |sections, findings| {
        let mqtt = mqtt::read(sections, findings)?;
        let jsonify = sections.boolean("operator", "jsonify", findings)?;
        let written = sut::read(sections, findings);
        let client_id = environment.client_id.clone().or(written.client_id);
        let mut config = SutConfig {
            broker: environment.broker(&mqtt),
            access: mqtt.access,
            topics: mqtt.topics,
            jsonify: jsonify.unwrap_or(true),
            client_id_is_default: client_id.is_none(),
            client_id: client_id.unwrap_or_else(|| DEFAULT_CLIENT_ID.to_owned()),
            settings: written.settings,
            warnings: Vec::new(),
        };
        config.settings.governor = Some(crate::fleet::GovernorFace {
            topics: config.topics.clone(),
            client_id: config.client_id.clone(),
            unsigned: written.unsigned,
        });
        Some(config)
    })?;
    Ok(SutConfig { warnings, ..config })
}

/// The name of a SUT that nobody named.
const DEFAULT_CLIENT_ID: &str = "client1";

/// Reads what a commander needs: `[mqtt]` and `[commander]`.
///
/// # Errors
/// As [`operator`].
pub fn commander(text: &str, environment: &Environment) -> Result<CommanderConfig, Vec<Mistake>> {
    let (config, warnings) = read(text, |sections, findings| {
        let mqtt = mqtt::read(sections, findings)?;
        let jsonify = sections.boolean("commander", "jsonify", findings)?;
        Some(CommanderConfig {
            broker: environment.broker(&mqtt),
            access: mqtt.access,
            topics: mqtt.topics,
            jsonify: jsonify.unwrap_or(true),
            warnings: Vec::new(),
        })
    })?;
    Ok(CommanderConfig { warnings, ..config })
}

/// Reads a file for all three roles, without an environment: `mqtt-thing check`.
///
/// # Errors
/// As [`operator`], for all sections.
pub fn check(text: &str) -> Result<GovernorConfig, Vec<Mistake>> {
    let (config, warnings) = read(text, |sections, findings| {
        let mqtt = mqtt::read(sections, findings);
        let plan = operator::read(sections, findings);
        let sut = sut::read(sections, findings);
        let jsonify = sections.boolean("commander", "jsonify", findings);
        let mqtt = mqtt?;
        let plan = OperatorPlan {
            broker: Environment::default().broker(&mqtt),
            topics: mqtt.topics,
            ..plan?
        };
        Some(GovernorConfig {
            operator: plan,
            executor: sut.settings,
            commander_jsonify: jsonify?.unwrap_or(true),
            warnings: Vec::new(),
        })
    })?;
    Ok(GovernorConfig { warnings, ..config })
}

/// A whole file, for all three roles.
#[derive(Debug, Clone)]
pub struct GovernorConfig {
    /// `[mqtt]` and `[operator]`.
    pub operator: OperatorPlan,
    /// `[sut]`.
    pub executor: ExecutorSettings,
    /// `jsonify` of `[commander]`.
    pub commander_jsonify: bool,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// Reads the sections and lets a role take what it needs of them.
fn read<T>(
    text: &str,
    role: impl FnOnce(&mut Sections<'_, '_>, &mut Findings<'_>) -> Option<T>,
) -> Result<(T, Vec<Mistake>), Vec<Mistake>> {
    let mut findings = Findings::new(text);
    let found = if text.len() > LARGEST {
        findings.refuse(Rule::TooLarge, super::load::too_large(text));
        None
    } else {
        let ini = ini::read(text, &mut findings);
        let mut sections = Sections::new(&ini, &mut findings);
        let found = role(&mut sections, &mut findings);
        sections.finish(&mut findings);
        found
    };
    let (mistakes, warnings) = findings.sorted();
    match found {
        Some(found) if mistakes.is_empty() => Ok((found, warnings)),
        _ => Err(mistakes),
    }
}
