//! A smart building: who says what on which topic, what is asked of it, when it is an alarm, and a simulated one.
//!
//! ```text
//!  <building>/P_<floor>/<wing>/<room>/<TEMP|HUM|LUX|VIBR>             what a sensor says: value, unit, time
//!  <building>/alarms/P_<floor>/<wing>/<room>/<TEMP|HUM|LUX|VIBR>      an alarm, retained while it lasts
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | `parts`, `place` | building, floor, wing, room, sensor as types, their topic, and a room as a file names it |
//! | `reading` | what a sensor says, as JSON and CBOR |
//! | `question` | which sensors are meant, as a topic filter |
//! | `rule`, `alarm` | from which value on it is an alarm, and the state machine that says so |
//! | `judgement` | what is to be said of limits before anything is measured |
//! | `siren` | the actuators that are on while an alarm stands, and the state machine that sees that they are |
//! | `simulation` | any number of sensors that say something now and then |

mod alarm;
mod judgement;
mod parts;
mod place;
mod question;
mod reading;
mod rule;
mod simulation;
mod siren;

pub use alarm::{AlarmEffect, AlarmLine, AlarmWatch, Sign, Watching};
pub use judgement::{Doubt, LimitDoubt, Limits};
pub use parts::{Building, Floor, Part, PlaceError, Quantity, Room, Wing};
pub use place::{Place, ROOM_PARTS, RoomPlace};
pub use question::Question;
pub use reading::{Encoding, Reading, ReadingError, plain};
pub use rule::{Field, Limit, Rule, Silence, SirenSet, Threshold, ThresholdError};
pub use simulation::{Said, Shape, Simulation};
pub use siren::{Siren, SirenEffect, SirenError, SirenWord, Sirens};
