use super::*;
use proptest::prelude::*;

fn refused(text: &str) -> BrokerUrlError {
    text.parse::<BrokerUrl>().unwrap_err()
}

#[test]
fn a_url_without_a_port_means_1883() {
    assert_eq!(
        "mqtt://broker.lab".parse(),
        BrokerUrl::new("broker.lab", 1883)
    );
    assert_eq!(
        "MQTT://broker:18830/".parse(),
        BrokerUrl::new("broker", 18830)
    );
}

#[test]
fn an_ipv6_address_stands_in_brackets() {
    let url: BrokerUrl = "mqtt://[fe80::1]:1884".parse().unwrap();
    assert_eq!((url.host(), url.port()), ("fe80::1", 1884));
    assert_eq!(url.to_string(), "mqtt://[fe80::1]:1884");
    assert_eq!("mqtt://[::1]".parse(), BrokerUrl::new("::1", 1883));
    assert_eq!(
        refused("mqtt://::1:1883"),
        BrokerUrlError::Host("::1:1883".into())
    );
    assert_eq!(
        refused("mqtt://[::1]x"),
        BrokerUrlError::Host("[::1]x".into())
    );
    assert_eq!(
        refused("mqtt://[broker]:1"),
        BrokerUrlError::Host("[broker]:1".into())
    );
}

#[test]
fn each_scheme_has_its_port_and_others_are_unknown() {
    let read = |text: &str| text.parse::<BrokerUrl>().unwrap();
    for text in ["mqtts://broker", "ssl://broker", "TLS://broker/"] {
        let url = read(text);
        assert_eq!(url.to_string(), "mqtts://broker:8883");
        assert!(url.is_tls());
    }
    if cfg!(feature = "websockets") {
        assert_eq!(read("ws://broker").to_string(), "ws://broker:80/mqtt");
        assert_eq!(read("wss://b/x?y=1").to_string(), "wss://b:443/x?y=1");
        let trailing = BrokerUrlError::Trailing("/a b".into());
        assert_eq!(refused("ws://b/a b"), trailing);
    } else {
        let missing = BrokerUrlError::WebSocket("ws://broker".into());
        assert_eq!(refused("ws://broker"), missing);
    }
    assert_eq!(
        refused("http://broker"),
        BrokerUrlError::Scheme("http://broker".into())
    );
    assert_eq!(
        refused("broker:1883"),
        BrokerUrlError::NoScheme("broker:1883".into())
    );
}

#[test]
fn a_password_is_refused_and_never_repeated() {
    for text in [
        "mqtt://pi:raspberry@broker",
        "mqtts://pi:raspberry@broker",
        "pi:raspberry@broker",
        "mqtt://pi:rasp/berry@broker",
    ] {
        assert_eq!(refused(text), BrokerUrlError::Credentials);
        assert!(!refused(text).to_string().contains("rasp"));
    }
}

#[test]
fn what_is_no_host_or_port_is_named() {
    assert_eq!(refused("mqtt://"), BrokerUrlError::NoHost("mqtt://".into()));
    assert_eq!(
        refused("mqtt://:1883"),
        BrokerUrlError::NoHost("mqtt://:1883".into())
    );
    assert_eq!(refused("mqtt://a b"), BrokerUrlError::Host("a b".into()));
    for port in ["0", "65536", "", "+1883", "x"] {
        let text = format!("mqtt://broker:{port}");
        assert_eq!(refused(&text), BrokerUrlError::Port(port.into()));
    }
    assert_eq!(
        refused("mqtt://broker/topic"),
        BrokerUrlError::Trailing("/topic".into())
    );
}

proptest! {
    #[test]
    fn whatever_is_understood_reads_the_same_again(text in "((mqtts?|wss?)://)?[a-z0-9.:@/\\[\\]-]{0,20}") {
        if let Ok(url) = text.parse::<BrokerUrl>() {
            prop_assert_eq!(url.to_string().parse::<BrokerUrl>(), Ok(url));
        }
    }
}
