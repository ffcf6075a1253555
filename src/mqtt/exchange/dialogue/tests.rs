use super::*;
use crate::mqtt::exchange::frames;
use bytes::BytesMut;
use rumqttc::ConnectReturnCode;
use rumqttc::mqttbytes::v4::{ConnAck, SubAck, SubscribeReasonCode};

const PATIENCE: Duration = Duration::from_secs(10);
const START: Moment = Moment::ZERO;

fn at(seconds: u64) -> Moment {
    Moment::after(Duration::from_secs(seconds))
}

fn dialogue(subscriptions: &[&str]) -> Dialogue {
    let mut greeting = Connect::new("me");
    greeting.keep_alive = 60;
    let wanted = subscriptions
        .iter()
        .map(|filter| (TopicFilter::new(filter).unwrap(), QoS::ExactlyOnce));
    Dialogue::new(greeting, wanted.collect(), PATIENCE, Flights::new(3, 0))
}

/// Goes through the bytes, as on the wire.
fn frame(packet: &Packet) -> Frame {
    let mut frames = frames::Frames::new(1000);
    let mut bytes = BytesMut::new();
    frames::write(packet, &mut bytes).unwrap();
    frames.buffer = bytes;
    frames.next().unwrap().unwrap()
}

fn hear(dialogue: &mut Dialogue, packet: &Packet) -> Option<Event> {
    dialogue.received(frame(packet)).unwrap()
}

fn said(dialogue: &mut Dialogue) -> Vec<Packet> {
    std::iter::from_fn(|| dialogue.take(START)).collect()
}

/// Packets as `PUBLISH 1 dup`.
fn words(packets: &[Packet]) -> Vec<String> {
    let word = |packet: &Packet| {
        let told = glimpse::told(packet);
        let id = told.id().map_or_else(String::new, |id| format!(" {id}"));
        let dup = matches!(packet, Packet::Publish(publish) if publish.dup);
        format!("{}{id}{}", told.name(), if dup { " dup" } else { "" })
    };
    packets.iter().map(word).collect()
}

fn let_in(dialogue: &mut Dialogue, session_present: bool) -> Event {
    dialogue.opened(START);
    assert_eq!(words(&said(dialogue)), ["CONNECT"]);
    let ack = ConnAck::new(ConnectReturnCode::Success, session_present);
    hear(dialogue, &Packet::ConnAck(ack)).unwrap()
}

fn parcel(qos: QoS) -> Parcel {
    let topic = Topic::new("a").unwrap();
    let message = Message {
        qos,
        ..Message::event(topic, *b"x")
    };
    Parcel::new(message).unwrap()
}

fn publish(qos: QoS, id: u16, dup: bool) -> Packet {
    flights::publish(&parcel(qos), id, dup)
}

#[test]
fn each_quality_of_service_has_its_answers() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, false);
    talk.publish(&parcel(QoS::AtMostOnce));
    assert_eq!(
        (words(&said(&mut talk)), talk.open()),
        (vec!["PUBLISH".to_owned()], 0)
    );
    talk.publish(&parcel(QoS::AtLeastOnce));
    talk.publish(&parcel(QoS::ExactlyOnce));
    assert_eq!(words(&said(&mut talk)), ["PUBLISH 1", "PUBLISH 2"]);
    // an answer of the other kind means nothing
    hear(&mut talk, &Packet::PubAck(PubAck::new(2)));
    assert_eq!(talk.open(), 2);
    hear(&mut talk, &Packet::PubAck(PubAck::new(1)));
    assert_eq!(talk.open(), 1);
    hear(&mut talk, &Packet::PubComp(PubComp::new(2)));
    assert_eq!(talk.open(), 1, "it was not even received");
    hear(&mut talk, &Packet::PubRec(PubRec::new(2)));
    assert_eq!(words(&said(&mut talk)), ["PUBREL 2"]);
    hear(&mut talk, &Packet::PubComp(PubComp::new(2)));
    assert_eq!((talk.open(), said(&mut talk).len()), (0, 0));
}

#[test]
fn what_comes_is_told_and_answered() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, false);
    for (qos, id, answers) in [
        (QoS::AtMostOnce, 0, &[][..]),
        (QoS::AtLeastOnce, 7, &["PUBACK 7"]),
        (QoS::ExactlyOnce, 7, &["PUBREC 7"]),
    ] {
        let told = hear(&mut talk, &publish(qos, id, false));
        let Some(Event::Message { message, dup }) = told else {
            panic!("{told:?}");
        };
        assert_eq!(
            (message.qos, message.payload, dup),
            (qos, b"x".to_vec(), false)
        );
        assert_eq!(words(&said(&mut talk)), answers);
    }
    // at QoS 1 a repeated one is told again, at QoS 2 not before it was released
    assert!(hear(&mut talk, &publish(QoS::AtLeastOnce, 7, true)).is_some());
    assert_eq!(hear(&mut talk, &publish(QoS::ExactlyOnce, 7, true)), None);
    hear(&mut talk, &Packet::PubRel(PubRel::new(7)));
    assert_eq!(
        words(&said(&mut talk)),
        ["PUBACK 7", "PUBREC 7", "PUBCOMP 7"]
    );
    assert!(hear(&mut talk, &publish(QoS::ExactlyOnce, 7, false)).is_some());
}

#[test]
fn a_session_that_the_broker_remembers_goes_on_where_it_ended() {
    let mut talk = dialogue(&["a/#"]);
    let_in(&mut talk, false);
    assert_eq!(words(&said(&mut talk)), ["SUBSCRIBE 1"]);
    let granted = SubAck::new(
        1,
        vec![SubscribeReasonCode::Success(rumqttc::QoS::ExactlyOnce)],
    );
    hear(&mut talk, &Packet::SubAck(granted));
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::ExactlyOnce] {
        talk.publish(&parcel(qos));
    }
    assert!(!talk.has_room(QoS::AtLeastOnce) && talk.has_room(QoS::AtMostOnce));
    hear(&mut talk, &Packet::PubRec(PubRec::new(4)));
    hear(&mut talk, &publish(QoS::ExactlyOnce, 9, false));
    talk.closed();
    assert!(!talk.has_room(QoS::AtMostOnce));
    let told = let_in(&mut talk, true);
    let expected = Event::Connected {
        session_present: true,
        repeated: 3,
    };
    assert_eq!(told, expected);
    assert_eq!(
        words(&said(&mut talk)),
        ["PUBLISH 2 dup", "PUBLISH 3 dup", "PUBREL 4"]
    );
    assert_eq!(hear(&mut talk, &publish(QoS::ExactlyOnce, 9, true)), None);
}

#[test]
fn to_a_broker_that_remembers_nothing_all_is_said_anew() {
    let mut talk = dialogue(&["a/#"]);
    let_in(&mut talk, true);
    // the first time it is subscribed even so: nobody knows to what
    assert_eq!(words(&said(&mut talk)), ["SUBSCRIBE 1"]);
    talk.publish(&parcel(QoS::ExactlyOnce));
    hear(&mut talk, &Packet::PubRec(PubRec::new(2)));
    hear(&mut talk, &publish(QoS::ExactlyOnce, 9, false));
    talk.closed();
    let_in(&mut talk, false);
    assert_eq!(words(&said(&mut talk)), ["SUBSCRIBE 3", "PUBLISH 2"]);
    assert!(hear(&mut talk, &publish(QoS::ExactlyOnce, 9, false)).is_some());
}

#[test]
fn answers_to_what_another_process_left_end_it() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, true);
    hear(&mut talk, &Packet::PubRec(PubRec::new(5)));
    hear(&mut talk, &Packet::PubRel(PubRel::new(6)));
    hear(&mut talk, &Packet::PubAck(PubAck::new(7)));
    assert_eq!(words(&said(&mut talk)), ["PUBREL 5", "PUBCOMP 6"]);
}

#[test]
fn identifiers_wrap_and_step_over_those_on_their_way() {
    let mut flights = Flights::new(3, 65_533);
    let ids = |flights: &mut Flights| {
        let packet = flights.start(&parcel(QoS::AtLeastOnce));
        glimpse::told(&packet).id().unwrap()
    };
    assert_eq!((ids(&mut flights), ids(&mut flights)), (65_534, 65_535));
    assert_eq!(ids(&mut flights), 1);
    let mut behind = Flights::new(3, 65_535);
    ids(&mut behind);
    behind.next_id();
    for _ in 0..65_533 {
        behind.next_id();
    }
    assert_eq!(behind.next_id(), 2, "1 is on its way");
}

#[test]
fn a_quiet_connection_is_kept_alive_and_a_dead_one_noticed() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, false);
    assert_eq!(talk.next_wake(false), Some(at(60)));
    talk.wake(at(59), false).unwrap();
    assert_eq!(said(&mut talk).len(), 0);
    talk.wake(at(60), false).unwrap();
    assert_eq!(talk.take(at(60)), Some(Packet::PingReq));
    hear(&mut talk, &Packet::PingResp);
    assert_eq!(talk.next_wake(false), Some(at(120)));
    talk.wake(at(120), false).unwrap();
    assert_eq!(talk.take(at(120)), Some(Packet::PingReq));
    assert_eq!(talk.next_wake(false), Some(at(180)));
    assert_eq!(talk.wake(at(180), false), Err(Breach::Silent));
}

#[test]
fn an_answer_is_owed_within_the_patience_and_any_sign_of_life_counts() {
    let mut talk = dialogue(&[]);
    talk.opened(START);
    assert_eq!(talk.next_wake(false), Some(at(10)));
    assert_eq!(talk.wake(at(10), false), Err(Breach::Silent), "no CONNACK");
    let_in(&mut talk, false);
    talk.publish(&parcel(QoS::AtLeastOnce));
    said(&mut talk);
    talk.progressed(at(5));
    assert_eq!(talk.wake(at(14), false), Ok(()));
    assert_eq!(talk.wake(at(15), false), Err(Breach::Silent), "no PUBACK");
    hear(&mut talk, &Packet::PubAck(PubAck::new(1)));
    assert_eq!(talk.wake(at(15), false), Ok(()));
    assert_eq!(
        talk.wake(at(15), true),
        Err(Breach::Silent),
        "nothing is taken"
    );
}

#[test]
fn while_nothing_is_read_a_sign_of_life_goes_out_and_none_is_missed() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, false);
    for minute in 1..10 {
        assert_eq!(talk.ping_unheard(at(60 * minute - 1)), None);
        assert_eq!(talk.ping_unheard(at(60 * minute)), Some(Packet::PingReq));
    }
    talk.listens_again(at(600));
    assert_eq!(talk.wake(at(601), false), Ok(()));
}

#[test]
fn a_broker_that_breaks_the_standard_is_left() {
    let refused = ConnAck::new(ConnectReturnCode::NotAuthorized, false);
    let mut talk = dialogue(&["a"]);
    talk.opened(START);
    let early = talk.received(frame(&Packet::PingResp));
    assert_eq!(early, Err(Breach::NotMqtt), "before its CONNACK");
    let answer = talk.received(frame(&Packet::ConnAck(refused)));
    assert_eq!(answer, Err(Breach::Refused(5)));
    let_in(&mut talk, false);
    for packet in [
        Packet::PingReq,
        Packet::Disconnect,
        Packet::Connect(Connect::new("x")),
        // one answer for two filters
        Packet::SubAck(SubAck::new(1, vec![SubscribeReasonCode::Failure; 2])),
    ] {
        let answer = talk.received(frame(&packet));
        assert_eq!(answer, Err(Breach::NotMqtt), "{packet:?}");
    }
}

#[test]
fn a_refused_subscription_is_told_by_its_filter() {
    let mut talk = dialogue(&["a", "b/#"]);
    let_in(&mut talk, false);
    let codes = vec![
        SubscribeReasonCode::Success(rumqttc::QoS::AtLeastOnce),
        SubscribeReasonCode::Failure,
    ];
    let told = hear(&mut talk, &Packet::SubAck(SubAck::new(1, codes)));
    let Some(Event::Subscribed(answers)) = told else {
        panic!("{told:?}");
    };
    let answers: Vec<_> = answers
        .iter()
        .map(|(filter, asked, granted)| (filter.as_str(), asked.number(), granted.map(QoS::number)))
        .collect();
    assert_eq!(answers, [("a", 2, Some(1)), ("b/#", 2, None)]);
}

#[test]
fn a_message_that_is_too_large_is_answered_so_that_it_does_not_come_again() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, false);
    let large = || {
        let sizes = glimpse::Sizes {
            payload: 1 << 30,
            ..glimpse::Sizes::default()
        };
        Frame::TooLarge {
            topic: "a".to_owned(),
            qos: 2,
            id: 3,
            sizes,
        }
    };
    let expected = Event::LeftOut {
        topic: "a".to_owned(),
        size: 1 << 30,
    };
    assert_eq!(talk.received(large()), Ok(Some(expected)));
    assert_eq!(talk.received(large()), Ok(None), "told once");
    assert_eq!(words(&said(&mut talk)), ["PUBREC 3", "PUBREC 3"]);
}

#[test]
fn what_was_asked_for_is_answered_behind_a_ping_that_was_on_its_way() {
    let mut talk = dialogue(&[]);
    let_in(&mut talk, false);
    talk.wake(at(60), false).unwrap();
    talk.publish(&parcel(QoS::AtMostOnce));
    talk.ask(at(61));
    let all = words(&said(&mut talk));
    assert_eq!(all, ["PINGREQ", "PUBLISH", "PINGREQ"]);
    hear(&mut talk, &Packet::PingResp);
    assert!(talk.is_asked(), "this answer is for the first");
    hear(&mut talk, &Packet::PingResp);
    assert!(!talk.is_asked());
    talk.ask(at(62));
    talk.closed();
    assert!(!talk.is_asked(), "who is gone does not answer");
    talk.ask(at(63));
    assert!(!talk.is_asked() && !talk.has_unsent());
}
