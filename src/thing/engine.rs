//! The thing itself: who is due, who listens, what becomes of the board.

use super::attention::{Attention, NoBoard, RESTORE_EVERY};
use super::slot::{Slot, base};
use super::{Class, Context, Effect, Event, Input, Resource, ResourceError};
use crate::board::{Board, BusCounters, Firmware};
use crate::fleet::ExecutorCounts;
use crate::model::{Message, Moment, Now, QoS, Topic, TopicFilter};

/// A board with its resources, or resources without a board.
pub struct Thing {
    id: Topic,
    slots: Vec<Slot>,
    board: Option<Box<dyn Board>>,
    attention: Attention,
    /// Whose modes and outputs are said again next.
    restore_next: usize,
    refused: u64,
    faults: u64,
    announced_away: bool,
}

impl Thing {
    /// A thing whose topics begin with `id`. Without a board, resources that need one stay unavailable.
    #[must_use]
    pub fn new(id: Topic, board: Option<Box<dyn Board>>) -> Self {
        Self {
            id,
            slots: Vec::new(),
            board,
            attention: Attention::away(Moment::ZERO),
            restore_next: 0,
            refused: 0,
            faults: 0,
            announced_away: false,
        }
    }

    /// Adds a resource under `name`, which is a checked name of the topology.
    pub fn add(&mut self, class: Class, name: &str, resource: Box<dyn Resource>) {
        self.slots.push(Slot::new(
            name.to_owned(),
            &base(&self.id, class, name),
            resource,
        ));
    }

    /// Whether it has no resource, so that nothing would ever be asked of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Everything that it subscribes to, and at which quality of service; a filter may come twice.
    #[must_use]
    pub fn listens_to(&self) -> Vec<(TopicFilter, QoS)> {
        let wanted = |resource: &dyn Resource, filter: &TopicFilter| {
            (filter.clone(), resource.listens_at(filter))
        };
        self.slots
            .iter()
            .map(|slot| slot.resource.as_ref())
            .flat_map(|its| {
                its.listens_to()
                    .iter()
                    .map(move |filter| wanted(its, filter))
            })
            .collect()
    }

    /// Every topic on which the broker keeps something of it.
    #[must_use]
    pub fn retained(&self) -> Vec<Topic> {
        self.slots.iter().flat_map(Slot::retained).collect()
    }

    /// Every topic on which its resources may say something.
    #[must_use]
    pub fn publishes(&self) -> Vec<Topic> {
        self.slots.iter().flat_map(Slot::says).collect()
    }

    /// Payloads that were not obeyed.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Events that resources could not carry out.
    #[must_use]
    pub const fn faults(&self) -> u64 {
        self.faults
    }

    /// Resources that do not work now.
    #[must_use]
    pub fn faulty(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_faulty()).count()
    }

    /// How its executors are doing, in all.
    #[must_use]
    pub fn executors(&self) -> ExecutorCounts {
        let counts = self.slots.iter().map(|slot| slot.resource.executing());
        counts.fold(ExecutorCounts::default(), ExecutorCounts::and)
    }

    /// What the driver counted.
    #[must_use]
    pub fn bus(&self) -> Option<BusCounters> {
        self.board.as_ref().map(|board| board.counters())
    }

    /// Looks for the board and puts outputs to rest.
    pub fn start(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        for slot in &mut self.slots {
            slot.tick = slot.resource.period().map(|period| now.moment + period);
        }
        self.attention = Attention::away(now.moment);
        self.probe(now, &mut effects);
        for index in 0..self.slots.len() {
            if !self.slots[index].resource.needs_board() {
                self.tell(index, &Event::Start, now, &mut effects);
            }
        }
        effects
    }

    /// Takes what happened.
    pub fn handle(&mut self, input: &Input, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Wake => {}
            Input::Connected => self.say_again(&Event::Connected, now, &mut effects),
            Input::SayAgain => self.say_again(&Event::SayAgain, now, &mut effects),
            Input::SayUnkept => self.say_unkept(now, &mut effects),
            Input::Message(message) => self.message(message, now, &mut effects),
            Input::Executor(name, news) => {
                if let Some(index) = self.slots.iter().position(|slot| slot.name == *name) {
                    self.tell(index, &Event::Executor(news), now, &mut effects);
                }
            }
        }
        self.wake(now, &mut effects);
        effects
    }

    /// When it wants [`Input::Wake`].
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        let beats = (0..self.slots.len())
            .filter(|index| self.can_work(*index))
            .filter_map(|index| self.slots[index].due());
        beats
            .chain(self.board.as_ref().map(|_| self.attention.wake()))
            .min()
    }

    /// Puts every output to rest.
    pub fn stop(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        for index in 0..self.slots.len() {
            self.tell(index, &Event::Stop, now, &mut effects);
        }
        effects
    }

    fn say_again(&mut self, event: &Event<'_>, now: Now, effects: &mut Vec<Effect>) {
        for index in 0..self.slots.len() {
            if self.can_work(index) {
                self.tell(index, event, now, effects);
            }
            self.slots[index].say_again(effects);
        }
    }

    fn say_unkept(&mut self, now: Now, effects: &mut Vec<Effect>) {
        for index in 0..self.slots.len() {
            let channels = self.slots[index].resource.publishes();
            if channels.iter().any(|channel| !channel.retain) && self.can_work(index) {
                self.tell(index, &Event::SayAgain, now, effects);
            }
        }
    }

    fn message(&mut self, message: &Message, now: Now, effects: &mut Vec<Effect>) {
        for index in 0..self.slots.len() {
            if self.slots[index]
                .resource
                .listens_to()
                .iter()
                .any(|filter| filter.matches(&message.topic))
            {
                self.tell(index, &Event::Message(message), now, effects);
            }
        }
    }

    /// Serves the board if it is due, and the one resource that has been due for longest, in the order of the file.
    /// Whoever else is due has its turn next: what one has to say must not wait until all have been asked, and a
    /// message that comes meanwhile goes before them.
    fn wake(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.board.is_some() && self.attention.wake() <= now.moment {
            match self.attention {
                Attention::Away { .. } => self.probe(now, effects),
                Attention::Up { .. } => self.restore_one(now, effects),
            }
        }
        let due = (0..self.slots.len())
            .filter(|index| self.can_work(*index))
            .filter_map(|index| Some((self.slots[index].due()?, index)))
            .min();
        let Some((_, index)) = due.filter(|(moment, _)| *moment <= now.moment) else {
            return;
        };
        if self.slots[index].is_ill() {
            self.revive(index, now, effects);
        } else {
            self.slots[index].take_due(now.moment);
            self.tell(index, &Event::Tick, now, effects);
        }
    }

    fn can_work(&self, index: usize) -> bool {
        self.attention.is_up() || !self.slots[index].resource.needs_board()
    }

    /// Asks the board whether it is there; if so, everything that it may have lost is said again.
    fn probe(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some(board) = self.board.as_mut() else {
            return;
        };
        let answer = if self.attention.wants_reset() {
            board.reset().map(|_| ())
        } else {
            Ok(())
        };
        match answer.and_then(|()| board.firmware_version()) {
            Ok(firmware) => self.welcome(firmware, now, effects),
            Err(error) => {
                let error = ResourceError::from(error);
                self.attention = self.attention.later(now.moment);
                for slot in self
                    .slots
                    .iter_mut()
                    .filter(|slot| slot.resource.needs_board())
                {
                    slot.acquit();
                    slot.fails(&error, now, effects);
                }
                if !std::mem::replace(&mut self.announced_away, true) {
                    effects.push(Effect::BoardAway(error));
                }
            }
        }
    }

    fn welcome(&mut self, firmware: Firmware, now: Now, effects: &mut Vec<Effect>) {
        self.attention = Attention::up(now.moment);
        self.announced_away = false;
        effects.push(Effect::BoardUp(firmware));
        for index in 0..self.slots.len() {
            if self.slots[index].resource.needs_board() && !self.slots[index].is_ill() {
                self.revive(index, now, effects);
            }
            if !self.attention.is_up() {
                return;
            }
        }
    }

    /// Starts a resource, or says again what the board may have lost of it, and what was missed.
    fn revive(&mut self, index: usize, now: Now, effects: &mut Vec<Effect>) {
        if !self.slots[index].started {
            self.tell(index, &Event::Start, now, effects);
        } else if self.tell(index, &Event::Restore, now, effects) {
            self.tell(index, &Event::Back, now, effects);
        }
    }

    /// Says one resource's modes and outputs again, in turn, so that the beat costs little at a time.
    fn restore_one(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let count = self.slots.len().max(1);
        let pause = RESTORE_EVERY / u32::try_from(count).unwrap_or(u32::MAX);
        self.attention = Attention::Up {
            restore: now.moment + pause,
        };
        let index = self.restore_next % count;
        self.restore_next = index + 1;
        if self
            .slots
            .get(index)
            .is_some_and(|slot| slot.resource.needs_board() && !slot.is_ill())
        {
            self.tell(index, &Event::Restore, now, effects);
        }
    }

    /// Gives one event to one resource, takes note of how it went, and returns whether it went well.
    fn tell(
        &mut self,
        index: usize,
        event: &Event<'_>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let slot = &mut self.slots[index];
        let mut away = NoBoard;
        let board: &mut dyn Board = match &mut self.board {
            // the probe that precedes a start or a restore has just seen it; a stop is worth a try
            Some(board) if self.attention.is_up() || matches!(event, Event::Stop) => board.as_mut(),
            _ => &mut away,
        };
        let mut cx = Context {
            now,
            name: &slot.name,
            board,
            effects,
            refused: &mut self.refused,
            wake: &mut slot.wake,
        };
        let outcome = slot.resource.handle(event, &mut cx);
        if matches!(event, Event::Start) && outcome.is_ok() {
            slot.started = true;
        }
        let went_well = outcome.is_ok();
        self.faults += u64::from(!went_well);
        match outcome {
            // a moment's noise is told only if the first look finds the board away
            Err(error) if error.is_about_the_board() && self.board.is_some() => {
                if self.attention.is_up() && !slot.strike(&error, now, effects) {
                    self.attention = Attention::away(now.moment);
                }
            }
            // of the others only these show that the port answers: they read it, or restored its output
            Ok(()) if matches!(event, Event::Restore) && !slot.resource.restores_all() => {}
            Ok(())
                if !matches!(
                    event,
                    Event::Start | Event::Restore | Event::Back | Event::Tick
                ) => {}
            outcome => slot.note(outcome, now, effects),
        }
        went_well
    }
}
