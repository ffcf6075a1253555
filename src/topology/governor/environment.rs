//! What the environment says instead of the file.

use super::mqtt::Mqtt;
use crate::mqtt::{BrokerUrl, BrokerUrlError};
use thiserror::Error;

/// What the environment says instead of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    broker: Option<Host>,
    pub(super) client_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// The port is the file's.
    WithoutPort(String),
    /// Whether TLS is spoken is the file's.
    WithPort(BrokerUrl),
    Whole(BrokerUrl),
}

/// Why a variable cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvironmentError {
    /// The broker's.
    #[error("MQTT_BROKER takes a host, or host:port: {0}")]
    Broker(#[from] BrokerUrlError),
}

impl Environment {
    /// Takes `MQTT_BROKER` (`host`, `host:port`, or a URL) and `CLIENT_ID`. A variable that is set to nothing counts
    /// as not set.
    ///
    /// # Errors
    /// `MQTT_BROKER` names no broker.
    ///
    /// ```
    /// use mqtt_thing::topology::governor::{Environment, commander};
    /// let variables = |name: &str| (name == "MQTT_BROKER").then(|| "10.0.0.5".to_owned());
    /// let environment = Environment::read(variables)?;
    /// let config = commander("[mqtt]\nbroker = localhost\nport = 1884\n", &environment).unwrap();
    /// assert_eq!(config.broker.as_deref(), Some("mqtt://10.0.0.5:1884"));
    /// # Ok::<(), mqtt_thing::topology::governor::EnvironmentError>(())
    /// ```
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let broker = match set("MQTT_BROKER") {
            None => None,
            Some(text) if text.contains("://") => Some(Host::Whole(text.parse()?)),
            // an IPv6 address without brackets has colons, but no port
            Some(text) if BrokerUrl::new(&text, 1).is_ok() => Some(Host::WithoutPort(text)),
            Some(text) => Some(Host::WithPort(format!("mqtt://{text}").parse()?)),
        };
        Ok(Self {
            broker,
            client_id: set("CLIENT_ID"),
        })
    }

    /// The broker as a URL: the environment's, else the file's.
    pub(super) fn broker(&self, file: &Mqtt) -> Option<String> {
        let url = match (&self.broker, &file.broker) {
            (None, _) => file.broker.clone(),
            (Some(Host::Whole(url)), _) => Some(url.clone()),
            // another host is no reason to speak without TLS
            (Some(Host::WithoutPort(host)), Some(written)) => written.at(host, None).ok(),
            (Some(Host::WithPort(url)), Some(written)) => {
                written.at(url.host(), Some(url.port())).ok()
            }
            (Some(Host::WithoutPort(host)), None) => BrokerUrl::new(host, file.port).ok(),
            (Some(Host::WithPort(url)), None) => Some(url.clone()),
        };
        url.map(|url| url.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(variable: &str) -> Result<String, String> {
        let text = "[mqtt]\nbroker = file\nport = 1900\n";
        let environment =
            Environment::read(|name| (name == "MQTT_BROKER").then(|| variable.to_owned()))
                .map_err(|error| error.to_string())?;
        Ok(super::super::commander(text, &environment)
            .unwrap()
            .broker
            .unwrap())
    }

    #[test]
    fn the_broker_of_the_environment_goes_before_that_of_the_file_whose_port_stays() {
        assert_eq!(broker("").unwrap(), "mqtt://file:1900");
        assert_eq!(broker("pi").unwrap(), "mqtt://pi:1900");
        assert_eq!(broker("pi:1884").unwrap(), "mqtt://pi:1884");
        assert_eq!(broker("::1").unwrap(), "mqtt://[::1]:1900");
        assert_eq!(broker("[::1]:1884").unwrap(), "mqtt://[::1]:1884");
        assert_eq!(broker("mqtt://pi").unwrap(), "mqtt://pi:1883");
    }

    #[test]
    fn another_host_is_no_reason_to_speak_without_tls() {
        let at = |variable: &str| {
            let text = "[mqtt]\nbroker = mqtts://file\n";
            let environment =
                Environment::read(|name| (name == "MQTT_BROKER").then(|| variable.to_owned()));
            let config = super::super::commander(text, &environment.unwrap());
            config.unwrap().broker.unwrap()
        };
        assert_eq!(at("pi"), "mqtts://pi:8883");
        assert_eq!(at("pi:1884"), "mqtts://pi:1884");
        assert_eq!(at("mqtt://pi"), "mqtt://pi:1883");
    }

    #[test]
    fn a_broker_of_the_environment_that_is_none_is_told() {
        assert_eq!(
            broker("pi:99999").unwrap_err(),
            "MQTT_BROKER takes a host, or host:port: the port `99999` of the broker is no port; allowed is 1 to 65535"
        );
        assert!(broker("a b").is_err());
    }
}
