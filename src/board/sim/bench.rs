//! The bench, where modules lie on it that say more than a level or a voltage, or show more than a pin.

use super::lcd::{Lcd, Shown};
use super::pins::Pins;
use crate::board::Port;
use std::time::Duration;

impl Pins {
    /// Lets time pass for the firmware, where nothing else does: under [`super::Timing::None`].
    pub fn let_pass(&self, time: Duration) {
        let clock = &self.shared.clock;
        clock.wait_until(clock.now() + time);
    }

    /// Puts something so far in front of an ultrasonic ranger, in cm; `None` sends no echo back.
    pub fn set_distance(&self, port: Port, cm: Option<u16>) {
        let pin = port.digital().pin();
        self.shared.lock().avr.modules.set_distance(pin, cm);
    }

    /// Puts a DHT into a climate, degrees Celsius and percent of relative humidity; with `None` it does not answer, and
    /// the firmware replies with whatever lies in its memory.
    pub fn set_climate(&self, port: Port, climate: Option<[f32; 2]>) {
        let pin = port.digital().pin();
        self.shared.lock().avr.modules.set_climate(pin, climate);
    }

    /// Turns an encoder by so many steps, up or down.
    pub fn turn(&self, port: Port, steps: i32) {
        let pin = port.digital().pin();
        self.shared.lock().avr.modules.interrupts.turn(pin, steps);
    }

    /// Sends pulses into a socket, each a rising edge and then a falling one, all within a moment.
    pub fn pulse(&self, port: Port, pulses: u32) {
        let now = self.shared.clock.now();
        let (pin, mut state) = (port.digital().pin(), self.shared.lock());
        state.avr.modules.interrupts.pulse(pin, pulses, now);
    }

    /// Which LEDs of a bar are lit: bit 0 is the first.
    #[must_use]
    pub fn led_bar(&self, port: Port) -> u16 {
        let pin = port.digital().pin();
        self.shared.lock().avr.modules.displays.bar(pin)
    }

    /// The number on a four-digit display; `None` when it is dark.
    #[must_use]
    pub fn four_digit(&self, port: Port) -> Option<u16> {
        let pin = port.digital().pin();
        self.shared.lock().avr.modules.displays.digits(pin)
    }

    /// The colours of a chain of LEDs, red, green and blue of each.
    #[must_use]
    pub fn chain(&self, port: Port) -> Vec<[u8; 3]> {
        let pin = port.digital().pin();
        self.shared.lock().avr.modules.displays.chain(pin)
    }

    /// Bytes of the firmware's memory that were taken for chains since its last reset. It has some hundred in all.
    #[must_use]
    pub fn memory_taken(&self) -> usize {
        self.shared.lock().avr.modules.displays.memory_taken()
    }

    /// Plugs an RGB LCD into an I2C socket.
    pub fn attach_lcd(&self) {
        let mut state = self.shared.lock();
        state.others.extend([Lcd::TEXT, Lcd::LIGHT]);
        state.lcd = Some(Lcd::new());
    }

    /// What the RGB LCD shows; `None` when none is plugged in.
    #[must_use]
    pub fn lcd(&self) -> Option<Shown> {
        self.shared.lock().lcd.as_ref().map(Lcd::shown)
    }
}
