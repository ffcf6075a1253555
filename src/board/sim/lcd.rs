//! The RGB LCD as two devices on the bus: text at 0x3e, light at 0x62.
//!
//! Written from the data sheets of AIP31068L and PCA9633, as far as a display of two lines needs them.

/// The text controller's memory for each of its two lines.
const LINE: usize = 40;

/// What a display shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Both lines, sixteen characters each, as the controller's character codes.
    pub lines: [String; 2],
    /// The light behind them: red, green, blue.
    pub light: [u8; 3],
}

/// The two devices.
#[derive(Debug)]
pub(super) struct Lcd {
    memory: [[u8; LINE]; 2],
    line: usize,
    column: usize,
    on: bool,
    two_lines: bool,
    registers: [u8; 16],
}

impl Lcd {
    pub(super) const TEXT: u8 = 0x3e;
    pub(super) const LIGHT: u8 = 0x62;

    /// One that has just been powered.
    pub(super) const fn new() -> Self {
        Self {
            memory: [[b' '; LINE]; 2],
            line: 0,
            column: 0,
            on: false,
            two_lines: false,
            registers: [0; 16],
        }
    }

    pub(super) fn shown(&self) -> Shown {
        let line = |line: &[u8; LINE]| line[..16].iter().copied().map(char::from).collect();
        let lines = match (self.on, self.two_lines) {
            (false, _) => [String::new(), String::new()],
            (true, false) => [line(&self.memory[0]), String::new()],
            (true, true) => [line(&self.memory[0]), line(&self.memory[1])],
        };
        // asleep until register 0 is told otherwise, and dimmed one by one only when register 8 says so
        let is_lit = self.registers[0] == 0 && self.registers[8] == 0xaa;
        let [_, _, blue, green, red, ..] = self.registers;
        let light = if is_lit { [red, green, blue] } else { [0; 3] };
        Shown { lines, light }
    }

    pub(super) fn receive(&mut self, address: u8, bytes: &[u8]) {
        match (address, bytes) {
            (Self::LIGHT, [register, value]) => {
                if let Some(place) = self.registers.get_mut(usize::from(*register)) {
                    *place = *value;
                }
            }
            (Self::TEXT, [0x80, command]) => self.command(*command),
            (Self::TEXT, [0x40, characters @ ..]) => {
                for character in characters {
                    self.memory[self.line][self.column] = *character;
                    self.column = (self.column + 1) % LINE;
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, command: u8) {
        match command {
            0x01 => {
                self.memory = [[b' '; LINE]; 2];
                (self.line, self.column) = (0, 0);
            }
            0x02 | 0x03 => (self.line, self.column) = (0, 0),
            0x08..=0x0f => self.on = command & 0x04 != 0,
            0x20..=0x3f => self.two_lines = command & 0x08 != 0,
            0x80.. => {
                self.line = usize::from(command >> 6 & 1);
                self.column = usize::from(command & 0x3f) % LINE;
            }
            _ => {}
        }
    }
}
