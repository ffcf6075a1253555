//! Rooms of a building, and what all things share: each rule with its exact message.

use super::Frame::{Inner, Outer};
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::RoomOnOthers,
        Inner,
        r#"rotary0 = { kind = "rotary", port = "A0", room = "house/P_7/S/4" }
"#,
        r#"lab.toml:6:43: error: a rotary measures nothing of a room
 6 | rotary0 = { kind = "rotary", port = "A0", room = "house/P_7/S/4" }
   |                                           ^^^^
   = `room` is for light, dht, vibration
"#,
    ),
    row(
        Rule::RoomBad,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7", room = "house/P_7/X/4" }
"#,
        r#"lab.toml:6:55: error: `X` is no wing
 6 | dht0 = { kind = "dht", port = "D7", room = "house/P_7/X/4" }
   |                                                       ^
   = allowed is N, S, E, or O (also W) for the west
"#,
    ),
    row(
        Rule::RoomBad,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7", room = "house/seven/S/4" }
"#,
        r#"lab.toml:6:51: error: `seven` is no floor
 6 | dht0 = { kind = "dht", port = "D7", room = "house/seven/S/4" }
   |                                                   ^^^^^
   = allowed is a number from 0 to 999 without leading zeros, or P_ and that number
"#,
    ),
    row(
        Rule::RoomBad,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7", room = "house/P_7/S/4/TEMP" }
"#,
        r#"lab.toml:6:44: error: `house/P_7/S/4/TEMP` is no room of a building
 6 | dht0 = { kind = "dht", port = "D7", room = "house/P_7/S/4/TEMP" }
   |                                            ^^^^^^^^^^^^^^^^^^^^
   = leave `/TEMP` out: the kind tells what it measures
"#,
    ),
    row(
        Rule::RoomBad,
        Inner,
        r#"light0 = { kind = "light", port = "A0", room = "S/4" }
"#,
        r#"lab.toml:6:48: error: `S/4` is no room of a building
 6 | light0 = { kind = "light", port = "A0", room = "S/4" }
   |                                                ^^^^^
   = write building, floor, wing and room, as in room = "house/P_7/S/4"
"#,
    ),
    row(
        Rule::RoomTwice,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7", room = "house/P_7/S/4" }
light0 = { kind = "light", port = "A0", room = "house/P_7/S/4" }
dht1 = { kind = "dht", port = "D8", room = "house/7/s/4" }
"#,
        r#"lab.toml:8:44: error: `house/P_7/S/4/TEMP` is said by `inner/dht0` already
 8 | dht1 = { kind = "dht", port = "D8", room = "house/7/s/4" }
   |                                            ^^^^^^^^^^^^^
   = two sensors on one topic would contradict each other; leave `room` out at one of them
"#,
    ),
    row(
        Rule::FollowsShared,
        Outer,
        r#"heartbeat0 = { kind = "heartbeat" }
lcd0 = { kind = "rgb_lcd", follows = "outer/heartbeat0" }
"#,
        r#"lab.toml:13:38: error: `outer/heartbeat0` speaks on `heartbeat`, as others do; it has no topic of its own
 13 | lcd0 = { kind = "rgb_lcd", follows = "outer/heartbeat0" }
    |                                      ^^^^^^^^^^^^^^^^^^
    = what anybody says there is followed by { topic = "heartbeat", stale_after_s = 10 }
"#,
    ),
];
