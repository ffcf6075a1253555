//! `mqtt-thing` turns a Raspberry Pi with a GrovePi board into a *thing* on an MQTT network.
//!
//! # The house
//!
//! A room uses what stands below it, never above. `tests/floor_plan.rs` reads the imports and holds everyone to it.
//!
//! ```text
//!   roof      main.rs -> cli            parse arguments, print, exit code
//!                 |
//!   5 judge   doctor                    what is wrong with a machine, and what mends it
//!                 |
//!   4 works   runtime, broker, demo     what waits: threads, tasks, timers
//!                 |
//!   3 plans   topology, mqtt, store     a file becomes a plan; the session with the broker; what is kept on disk
//!                 |
//!   2 kinds   resources                 button, led, rotary, clock, ...: a file and a row each
//!                 |
//!   1 engine  fleet, thing, building,   commands and fleets; events in, effects out; time is an argument
//!             payload                   what is in a message: JSON, CBOR, text or bytes
//!                 |
//!   0 words   board, system, model      the GrovePi board; the machine; topics, values, messages
//! ```
//!
//! Everything that decides is a state machine: [`thing::Thing`] takes what happened and returns what is to be done.
//! Everything that waits is a thin shell around it and decides nothing. The only seam to hardware is
//! [`embedded_hal::i2c::I2c`]: a simulated board is the firmware as an I2C device, so the same driver runs on it,
//! byte for byte. The only seam to MQTT is [`mqtt`].
//!
//! # A press, to a LED on another board
//!
//! ```text
//!  runtime::host   waits until Thing::next_wake()        -> Input::Wake
//!  Thing::handle   the button's beat is due              -> Event::Tick
//!  Polled<Button>  Button::sample -> Board::transact     I2C write, read until answered, echo checked
//!  Polled          differs from last? debounced? encode  -> Effect::Publish "<ip>/sensors/button0" "True"
//!  mqtt            -> broker -> mqtt                     -> Input::Message
//!  Thing::handle   who listens to this topic             -> Event::Message
//!  Driven<Led>     decode, differs? Led::apply           I2C write, wait until done
//! ```
//!
//! # A command, to a client and back
//!
//! ```text
//!  runtime::console  Operator::handle(Message | Wake)      -> Publish the command, under an id
//!  mqtt              -> broker -> mqtt -> executors' host  -> Input::Message
//!  Executor          mine? fresh? allowed? room?           -> Write(Accept)
//!  store             on the disk                           -> News::Journal(Accepted)
//!  Executor          its turn?                             -> Write(Start), and once that is on the disk, Run
//!  runtime::jobs     here, or over a socket in a runner's process, where the Pi's own file is asked once more:
//!                    process group, limits, output         -> News::Done
//!  Executor          Write(End), and once that is on the disk, Answer
//!  runtime::hands    session, until the broker has it      -> News::Delivered
//!  runtime::console  Operator::handle(Message)             -> kept, this client's next step
//! ```
//!
//! # A new kind of resource
//!
//! Write a [`thing::Sensor`] or [`thing::Actuator`] in a file of its own under `src/resources/`, and a row in
//! [`resources::KINDS`], which also says what it is in a home. `light.rs` and `relay.rs` are the shortest examples.

#![warn(clippy::unwrap_used)]

pub mod board;
#[cfg(feature = "broker-tools")]
pub mod broker;
pub mod building;
#[cfg(feature = "demo")]
pub mod demo;
pub mod doctor;
pub mod fleet;
pub mod model;
pub mod mqtt;
pub mod payload;
pub mod resources;
pub mod runtime;
pub mod store;
pub mod system;
pub mod thing;
pub mod topology;
