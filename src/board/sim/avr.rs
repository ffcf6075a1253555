//! The firmware itself: four bytes in, a reply out, and the pins between.
//!
//! Written from the frames that were measured on the firmware 1.4.0, not from the driver.

use super::interrupts::Interrupts;
use super::modules::{Modules, PINS};
use super::reply::Reply;
use super::timing;
use crate::board::{DigitalPort, PinMode};
use rand::rngs::SmallRng;
use std::time::Duration;

/// One pin of the microcontroller.
#[derive(Debug, Clone, Copy)]
struct Pin {
    mode: PinMode,
    latch: bool,
    pwm: Option<u8>,
    /// What is wired to it says high.
    outside: bool,
}

/// What a pin does to whatever is wired to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Whether it drives at all.
    pub mode: PinMode,
    /// How much of the time it is high: 0 is low, 255 is high. As an input, 0.
    pub duty: u8,
}

impl Output {
    /// Whether a LED there gives light.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.mode == PinMode::Output && self.duty > 0
    }
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// It ran, or will; this pin may have changed.
    Executed(Option<u8>),
    /// The firmware was busy with the last command and lost it, without a sign.
    Dropped,
    /// Fewer than four bytes are no command.
    Ignored,
    /// It ran on a pin outside the firmware's tables: on a real board, on wild memory.
    Wild([u8; 4]),
}

/// The ATmega328P with its firmware.
#[derive(Debug)]
pub(super) struct Avr {
    pins: [Pin; PINS],
    analog: [u16; 3],
    pub(super) modules: Modules,
    reply: Reply,
    previous: Reply,
    /// The last reply that was more than `00`: a command that is meant to answer and does not leaves it standing.
    buffer: Reply,
    last: [u8; 4],
    /// A command that came where a real board would mishandle it now and then.
    pub(super) raced: Option<[u8; 4]>,
    /// From when on the reply can be read; before, the command is pending.
    ready_at: Duration,
    /// The main loop hangs; the interrupt that takes bytes from the bus does not.
    frozen: bool,
    /// The command that the main loop will find when it goes on.
    waiting: Option<[u8; 4]>,
}

impl Avr {
    /// A board that has started.
    pub(super) fn new() -> Self {
        let mut avr = Self {
            pins: [Pin {
                mode: PinMode::Input,
                latch: false,
                pwm: None,
                outside: false,
            }; PINS],
            analog: [0; 3],
            modules: Modules::none(),
            reply: Reply::of(&[0]),
            previous: Reply::of(&[0]),
            buffer: Reply::of(&[0]),
            last: [0; 4],
            raced: None,
            ready_at: Duration::ZERO,
            frozen: false,
            waiting: None,
        };
        avr.reset(Duration::ZERO);
        avr
    }

    /// Loses modes, outputs and replies; what is wired to the pins stays as it is.
    pub(super) fn reset(&mut self, now: Duration) {
        for pin in &mut self.pins {
            *pin = Pin {
                mode: PinMode::Input,
                latch: false,
                pwm: None,
                outside: pin.outside,
            };
        }
        self.pins[4].mode = PinMode::Output;
        self.reply = Reply::of(&[0]);
        self.previous = self.reply;
        self.buffer = self.reply;
        self.last = [0; 4];
        self.modules.reset();
        self.ready_at = now;
        self.frozen = false;
        self.waiting = None;
    }

    /// The main loop hangs: the next command stays pending, and those after it are lost.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
    }

    /// The main loop goes on, with the command that was waiting.
    pub(super) fn thaw(&mut self, now: Duration, rng: &mut SmallRng) -> Received {
        self.frozen = false;
        match self.waiting.take() {
            Some(frame) => self.work_on(frame, now, rng),
            None => Received::Ignored,
        }
    }

    pub(super) fn set_digital(&mut self, port: DigitalPort, high: bool) {
        self.pins[usize::from(port.pin())].outside = high;
    }

    pub(super) fn set_analog(&mut self, channel: u8, counts: u16) {
        self.analog[usize::from(channel)] = counts.min(1023);
    }

    pub(super) fn output(&self, pin: u8) -> Output {
        let pin = self.pins[usize::from(pin)];
        let duty = match (pin.mode, pin.pwm, pin.latch) {
            (PinMode::Input, ..) => 0,
            (PinMode::Output, Some(duty), _) => duty,
            (PinMode::Output, None, false) => 0,
            (PinMode::Output, None, true) => 255,
        };
        Output {
            mode: pin.mode,
            duty,
        }
    }

    /// The bytes of one write, whose stop came at `now`.
    pub(super) fn receive(&mut self, bytes: &[u8], now: Duration, rng: &mut SmallRng) -> Received {
        let Some(&frame) = bytes.last_chunk::<4>() else {
            return Received::Ignored;
        };
        if self.waiting.is_some() || now < self.ready_at {
            return Received::Dropped;
        }
        if self.frozen {
            self.waiting = Some(frame);
            return Received::Executed(None);
        }
        self.work_on(frame, now, rng)
    }

    fn work_on(&mut self, frame: [u8; 4], now: Duration, rng: &mut SmallRng) -> Received {
        let [command, pin, ..] = frame;
        let takes_a_pin = matches!(command, 1 | 2 | 4 | 5);
        let wild = takes_a_pin && !matches!(pin, 2..=8 | 14..=16)
            || command == 4 && !matches!(pin, 3 | 5 | 6)
            || command == 3 && pin > 2
            || Modules::is_wild(frame);
        self.previous = self.reply;
        let quick = timing::ready_after(command, rng);
        self.ready_at = now + self.modules.takes(frame).unwrap_or(quick);
        if wild {
            // The reply of a real board looks normal, too.
            self.reply = match command {
                1 => Reply::of(&[1, 0]),
                3 => Reply::of(&[3, 0, 0]),
                _ => Reply::of(&[0]),
            };
            return Received::Wild(frame);
        }
        if Interrupts::race(self.last, frame) {
            self.raced = Some(frame);
        }
        self.last = frame;
        self.reply = self.execute(frame, now);
        Received::Executed(takes_a_pin.then_some(pin))
    }

    fn execute(&mut self, frame: [u8; 4], now: Duration) -> Reply {
        let answer = self.answer_to(frame, now);
        match (answer, frame[0]) {
            (Some(reply), 40) => reply,
            (Some(reply), _) => {
                self.buffer = reply;
                reply
            }
            // these are answered from the buffer, whatever it holds
            (None, 1 | 3 | 7 | 8 | 10 | 12 | 13 | 56) => self.buffer,
            (None, _) => Reply::of(&[0]),
        }
    }

    fn answer_to(&mut self, frame: [u8; 4], now: Duration) -> Option<Reply> {
        let [command, p1, p2, _] = frame;
        let pin = usize::from(p1);
        match command {
            1 => {
                // Arduino's digitalRead and digitalWrite end a pulse width first.
                self.pins[pin].pwm = None;
                return Some(Reply::of(&[1, self.level(pin).into()]));
            }
            2 => {
                self.pins[pin].pwm = None;
                self.pins[pin].latch = p2 != 0;
            }
            3 => {
                let [high, low] = self.analog[pin].to_be_bytes();
                return Some(Reply::of(&[3, high, low]));
            }
            4 => {
                // Arduino's analogWrite makes the pin an output by itself.
                let pin = &mut self.pins[pin];
                pin.mode = PinMode::Output;
                (pin.pwm, pin.latch) = match p2 {
                    0 => (None, false),
                    255 => (None, true),
                    duty => (Some(duty), pin.latch),
                };
            }
            5 => match p2 {
                0 => self.pins[pin].mode = PinMode::Input,
                1 => self.pins[pin].mode = PinMode::Output,
                _ => {}
            },
            8 => return Some(Reply::of(&[8, 1, 4, 0])),
            _ => {
                // what is counted is read through a pull-up
                match command {
                    6 => self.pins[pin & 0x0f].mode = PinMode::Input,
                    14 => self.pins[pin].mode = PinMode::Input,
                    _ => {}
                }
                return self.modules.execute(frame, now);
            }
        }
        None
    }

    fn level(&self, pin: usize) -> bool {
        let pin = self.pins[pin];
        match pin.mode {
            PinMode::Input => pin.outside,
            PinMode::Output => pin.latch,
        }
    }

    /// What a read that asks at `now` gets.
    pub(super) fn answer(&self, now: Duration, buffer: &mut [u8]) {
        if self.waiting.is_some() || now < self.ready_at {
            Reply::of(&[0x17]).send(buffer);
        } else {
            self.reply.send(buffer);
        }
    }

    /// The answer to the command before the last.
    pub(super) fn stale_answer(&self, buffer: &mut [u8]) {
        self.previous.send(buffer);
    }
}
