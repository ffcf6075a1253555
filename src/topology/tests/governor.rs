//! What is wrong with the governor's `config.ini`: each rule with its exact message.

use super::Frame::Governor;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::IniOutside,
        Governor,
        r#"broker = b
port = 1883
[mqtt]
"#,
        r#"config.ini:1:1: error: this stands before the first [section]
 1 | broker = b
   | ^^^^^^^^^^
   = a file of the governor begins with [mqtt]
"#,
    ),
    row(
        Rule::IniLine,
        Governor,
        r#"[mqtt]
broker = b
port 1883
= x
"#,
        r#"config.ini:3:1: error: this is no `key = value`, and no continuation of one
 3 | port 1883
   | ^^^^^^^^^
   = a line that continues the one before begins with blanks; a comment begins with # or ;
config.ini:4:1: error: this is no `key = value`, and no continuation of one
 4 | = x
   | ^^^
   = a line that continues the one before begins with blanks; a comment begins with # or ;
"#,
    ),
    row(
        Rule::KeyTwice,
        Governor,
        r#"[mqtt]
broker = b
Broker = c
"#,
        r#"config.ini:3:1: error: `Broker` stands here a second time
 3 | Broker = c
   | ^^^^^^
   = keep one of the two, or rename one
"#,
    ),
    row(
        Rule::KeyTwice,
        Governor,
        r#"[mqtt]
broker = b
[mqtt]
port = 1884
"#,
        r#"config.ini:3:2: error: [mqtt] stands here a second time
 3 | [mqtt]
   |  ^^^^
   = put the two together
"#,
    ),
    row(
        Rule::IniNothing,
        Governor,
        r#"[server]
host = b
"#,
        r#"config.ini:1:1: error: none of the governor's sections is there
 1 | [server]
   | ^
   = [mqtt], [operator], [commander], [sut]; is this the right file?
"#,
    ),
    row(
        Rule::IniTooLong,
        Governor,
        r#"[operator]
a = %(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s
b = %(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s
c = %(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s
d = %(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s
e =
pipeline1 = %(a)s
"#,
        r#"config.ini:7:13: error: with all that it refers to, `pipeline1` is too long
 7 | pipeline1 = %(a)s
   |             ^^^^^
   = at most 10000 references, and 1048576 bytes
"#,
    ),
    row(
        Rule::IniNotBoolean,
        Governor,
        r#"[operator]
jsonify = maybe
"#,
        r#"config.ini:2:11: error: `jsonify` is `maybe`; it takes true or false
 2 | jsonify = maybe
   |           ^^^^^
   = yes, on and 1 mean true; no, off and 0 mean false
"#,
    ),
    row(
        Rule::IniNumber,
        Governor,
        r#"[mqtt]
port = 99999
"#,
        r#"config.ini:2:8: error: `port` is `99999`; it takes a whole number, 1 to 65535
 2 | port = 99999
   |        ^^^^^
"#,
    ),
    row(
        Rule::IniNumber,
        Governor,
        r#"[operator]
registration_timeout = 5 s
"#,
        r#"config.ini:2:24: error: `registration_timeout` is `5 s`; it takes a number, 0 to 31536000
 2 | registration_timeout = 5 s
   |                        ^^^
"#,
    ),
    row(
        Rule::IniTopic,
        Governor,
        r#"[mqtt]
command_topic = clients/#
"#,
        r#"config.ini:2:17: error: `command_topic` is no topic: the topic `clients/#` holds the wildcard `#`; a message has one topic, wildcards are for subscriptions
 2 | command_topic = clients/#
   |                 ^^^^^^^^^
"#,
    ),
    row(
        Rule::SameTopic,
        Governor,
        r#"[mqtt]
command_topic = a
response_topic = a
"#,
        r#"config.ini:3:18: error: `command_topic` and `response_topic` are both `a`
 3 | response_topic = a
   |                  ^
   = each needs a topic of its own, or one is taken for the other
"#,
    ),
    row(
        Rule::SameTopic,
        Governor,
        r#"[mqtt]
ack_topic = clients/registration
"#,
        r#"config.ini:2:13: error: `registration_topic` and `ack_topic` are both `clients/registration`
 2 | ack_topic = clients/registration
   |             ^^^^^^^^^^^^^^^^^^^^
   = each needs a topic of its own, or one is taken for the other
"#,
    ),
    row(
        Rule::IniBroker,
        Governor,
        r#"[mqtt]
broker = my broker
"#,
        r#"config.ini:2:10: error: the host `my broker` of the broker is no name or address; a name has letters, digits, `-`, `_` and `.`, an IPv6 address stands in brackets as in mqtt://[::1]:1883
 2 | broker = my broker
   |          ^^^^^^^^^
   = `broker` takes a name or an address, and `port` the port
"#,
    ),
    row(
        Rule::FeedbackFileEmpty,
        Governor,
        r#"[operator]
feedback_file =
"#,
        r#"config.ini:2:16: error: `feedback_file` names no file
 2 | feedback_file =
   |                ^
   = write feedback_file = feedback.txt, or save_feedback = False
"#,
    ),
    row(
        Rule::ClientTwice,
        Governor,
        r#"[operator]
clients = pi1, pi2, pi1
"#,
        r#"config.ini:2:11: error: the client `pi1` is named twice
 2 | clients = pi1, pi2, pi1
   |           ^^^^^^^^^^^^^
"#,
    ),
    row(
        Rule::ClientsEmpty,
        Governor,
        r#"[operator]
clients = ,
"#,
        r#"config.ini:2:11: error: `clients` names nobody
 2 | clients = ,
   |           ^
   = name them with commas between, or leave `clients` out for all that register
"#,
    ),
];
