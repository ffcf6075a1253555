//! Any number of sensors that say something now and then, the same from the same seed.

use super::parts::{Building, Quantity, Wing};
use super::place::Place;
use super::reading::Reading;
use crate::model::{Draw, Moment, Now};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// The shape of a building, and how often its sensors speak.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Its name.
    pub building: Building,
    /// How many floors, from 0 on; 1 to 1000.
    pub floors: u16,
    /// Its wings.
    pub wings: Vec<Wing>,
    /// How many rooms a wing has on each floor, from 0 on; 1 to 10 000.
    pub rooms: u16,
    /// Which sensors a room has.
    pub sensors: Vec<Quantity>,
    /// Each sensor speaks after a time between these, drawn anew each time.
    pub every: (Duration, Duration),
}

impl Shape {
    /// How many sensors it has.
    #[must_use]
    pub fn sensors(&self) -> usize {
        usize::from(self.floors) * self.wings.len() * usize::from(self.rooms) * self.sensors.len()
    }

    /// How many readings there are in a second, as the mean of many.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // far below 2^53
    pub fn rate(&self) -> f64 {
        let (least, most) = self.every;
        self.sensors() as f64 / ((least + most).as_secs_f64() / 2.0)
    }

    fn place(&self, index: usize) -> Place {
        let (rest, sensor) = (index / self.sensors.len(), index % self.sensors.len());
        let rooms = usize::from(self.rooms);
        let (rest, room) = (rest / rooms, rest % rooms);
        let (floor, wing) = (rest / self.wings.len(), rest % self.wings.len());
        let part = |number: usize| number.to_string();
        Place {
            building: self.building.clone(),
            floor: part(floor).parse().expect("a shape has no more floors"),
            wing: self.wings[wing],
            room: part(room).parse().expect("a shape has no more rooms"),
            sensor: self.sensors[sensor],
        }
    }
}

/// What a sensor said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Where it is.
    pub place: Place,
    /// What it said.
    pub reading: Reading,
}

struct Sensor {
    draw: Draw,
    value: f64,
    said: Option<Reading>,
}

/// A simulated building.
pub struct Simulation {
    shape: Shape,
    sensors: Vec<Sensor>,
    /// When each speaks next.
    due: BinaryHeap<Reverse<(Moment, usize)>>,
}

/// How a quantity wanders: about its mean, by steps, within its range.
const fn course(quantity: Quantity) -> (f64, f64, (f64, f64)) {
    match quantity {
        Quantity::Temperature => (22.0, 2.5, (-10.0, 50.0)),
        Quantity::Humidity => (45.0, 8.0, (0.0, 100.0)),
        Quantity::Illuminance => (400.0, 120.0, (0.0, 2000.0)),
        Quantity::Vibration => (0.5, 0.6, (0.0, 50.0)),
    }
}

/// Between two words of a sensor.
const LEAST_PAUSE: Duration = Duration::from_nanos(1);

/// How much of its way back to the mean a value goes at each step.
const BACK: f64 = 0.1;

impl Simulation {
    /// A building that begins to speak at `now`.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, now: Moment) -> Self {
        let mut sensors = Vec::with_capacity(shape.sensors());
        let mut due = BinaryHeap::with_capacity(shape.sensors());
        for index in 0..shape.sensors() {
            let place = shape.place(index);
            let mut draw = Draw::new(seed, place.topic().as_str(), "reading", 0);
            let (mean, ..) = course(place.sensor);
            // not all at once: the first word comes after a part of the usual time
            let first = shape.every.1.mul_f64(draw.share());
            due.push(Reverse((now + first, index)));
            sensors.push(Sensor {
                draw,
                value: mean,
                said: None,
            });
        }
        Self {
            shape,
            sensors,
            due,
        }
    }

    /// When the next one speaks.
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// The next one that is due by `now`; none if none is. Who is behind speaks late, and not more often for that.
    pub fn speak(&mut self, now: Now) -> Option<Said> {
        let Reverse((at, index)) = *self.due.peek()?;
        if at > now.moment {
            return None;
        }
        self.due.pop();
        let place = self.shape.place(index);
        let sensor = &mut self.sensors[index];
        // who speaks without a pause still lets the others speak first
        let pause = sensor.draw.between(self.shape.every).max(LEAST_PAUSE);
        self.due.push(Reverse((now.moment + pause, index)));
        let (mean, step, (least, most)) = course(place.sensor);
        let wandered =
            sensor.value + (mean - sensor.value) * BACK + (sensor.draw.share() * 2.0 - 1.0) * step;
        sensor.value = wandered.clamp(least, most);
        let reading = Reading {
            value: (sensor.value * 10.0).round() / 10.0,
            unit: place.sensor.unit(),
            time: now.wall,
        };
        sensor.said = Some(reading);
        Some(Said { place, reading })
    }

    /// The last word of each sensor that has spoken, for a broker that forgot it.
    pub fn last_words(&self) -> impl Iterator<Item = Said> + '_ {
        let sensors = self.sensors.iter().enumerate();
        sensors.filter_map(|(index, sensor)| {
            Some(Said {
                place: self.shape.place(index),
                reading: sensor.said?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::time::UNIX_EPOCH;

    fn shape() -> Shape {
        Shape {
            building: "house".parse().unwrap(),
            floors: 3,
            wings: Wing::ALL.to_vec(),
            rooms: 5,
            sensors: Quantity::ALL.to_vec(),
            every: (Duration::from_secs(1), Duration::from_secs(3)),
        }
    }

    fn at(s: u64) -> Now {
        Now::new(Moment::after(Duration::from_secs(s)), UNIX_EPOCH)
    }

    fn all(seed: u64, until_s: u64) -> Vec<Said> {
        let mut simulation = Simulation::new(shape(), seed, Moment::ZERO);
        let mut said = Vec::new();
        for s in 0..=until_s {
            said.extend(std::iter::from_fn(|| simulation.speak(at(s))));
        }
        said
    }

    #[test]
    fn every_sensor_speaks_and_each_within_its_time() {
        let said = all(1, 3);
        let places: HashSet<Place> = said.iter().map(|said| said.place.clone()).collect();
        assert_eq!(places.len(), 3 * 4 * 5 * 4);
        assert_eq!(places.len(), shape().sensors());
        // 1 to 3 s apart, and the clock of this test goes in steps of a second
        let one = &said[0].place;
        let times = all(1, 300).iter().filter(|said| said.place == *one).count();
        assert!((100..=300).contains(&times), "{times}");
    }

    #[test]
    fn the_same_seed_says_the_same_and_another_does_not() {
        assert_eq!(all(1, 5), all(1, 5));
        assert_ne!(all(1, 5), all(2, 5));
    }

    #[test]
    fn values_stay_in_their_range_and_now_and_then_cross_a_threshold() {
        let said = all(7, 600);
        let of = |quantity| {
            said.iter()
                .filter(move |said| said.place.sensor == quantity)
        };
        for quantity in Quantity::ALL {
            let (_, _, (least, most)) = course(quantity);
            assert!(of(quantity).all(|said| (least..=most).contains(&said.reading.value)));
        }
        let hot = of(Quantity::Temperature)
            .filter(|said| said.reading.value > 30.0)
            .count();
        let all = of(Quantity::Temperature).count();
        assert!(hot > 0 && hot * 10 < all, "{hot} of {all}");
    }

    #[test]
    fn the_last_word_of_each_sensor_can_be_said_again() {
        let mut simulation = Simulation::new(shape(), 1, Moment::ZERO);
        assert_eq!(simulation.last_words().count(), 0);
        let mut last = std::collections::HashMap::new();
        for s in 0..10 {
            while let Some(said) = simulation.speak(at(s)) {
                last.insert(said.place, said.reading);
            }
        }
        let again: std::collections::HashMap<_, _> = simulation
            .last_words()
            .map(|said| (said.place, said.reading))
            .collect();
        assert_eq!(again, last);
    }

    #[test]
    fn without_a_pause_each_speaks_in_its_turn() {
        let shape = Shape {
            every: (Duration::ZERO, Duration::ZERO),
            ..shape()
        };
        let mut simulation = Simulation::new(shape, 1, Moment::ZERO);
        for s in 1..4 {
            let said = std::iter::from_fn(|| simulation.speak(at(s)));
            let places: HashSet<Place> = said.map(|said| said.place).collect();
            assert_eq!(places.len(), 3 * 4 * 5 * 4);
        }
    }

    #[test]
    fn who_is_behind_does_not_speak_more_often_for_that() {
        let mut simulation = Simulation::new(shape(), 1, Moment::ZERO);
        let said = std::iter::from_fn(|| simulation.speak(at(1000))).count();
        assert_eq!(said, shape().sensors());
        assert!(simulation.next_wake().unwrap() >= at(1001).moment);
    }
}
