//! The governor's protocol (wire contract, section 4).

use crate::model::Topic;

/// The topics of the governor's protocol, as a configuration names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernorTopics {
    /// SUT to operator: the bare client id.
    pub registration: Topic,
    /// Operator to SUT: the registration's payload, echoed.
    pub acknowledgment: Topic,
    /// Operator to every SUT.
    pub commands: Topic,
    /// SUT to operator and commanders.
    pub responses: Topic,
    /// Commander to operator.
    pub command_loader: Topic,
}

impl Default for GovernorTopics {
    fn default() -> Self {
        let topic = |text: &str| Topic::new(text).expect("the protocol's names are topics");
        Self {
            registration: topic("clients/registration"),
            acknowledgment: topic("clients/acknowledgment"),
            commands: topic("system_performance/commands"),
            responses: topic("system_performance/responses"),
            command_loader: topic("system_performance/command_loader"),
        }
    }
}
