//! The table, and the same as JSON.

use crate::Way;
use crate::machine::Machine;
use serde::Serialize;
use std::collections::BTreeMap;

/// A line of the table: a number for each entrance.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    /// In the order of [`Way::ALL`].
    pub values: [Option<f64>; 4],
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whether too little was measured for the figures to mean anything.
    pub quick: bool,
    pub machine: Machine,
    pub figures: Vec<Figure>,
    /// What was left out, and other things to know.
    pub notes: Vec<String>,
}

/// The numbers of every round, by what they are of.
#[derive(Debug, Default)]
pub struct Rounds {
    names: Vec<(String, &'static str)>,
    numbers: BTreeMap<(String, usize), Vec<f64>>,
}

impl Rounds {
    pub fn note(&mut self, name: &str, unit: &'static str, way: Way, number: f64) {
        if !self.names.iter().any(|(known, _)| known == name) {
            self.names.push((name.to_owned(), unit));
        }
        let key = (name.to_owned(), way as usize);
        self.numbers.entry(key).or_default().push(number);
    }

    /// The median of the rounds: whoever else wants the machine for a while changes it least.
    pub fn figures(self) -> impl Iterator<Item = Figure> {
        let Self { names, mut numbers } = self;
        names.into_iter().map(move |(name, unit)| {
            let values = Way::ALL.map(|way| {
                let mut all = numbers.remove(&(name.clone(), way as usize))?;
                all.sort_by(f64::total_cmp);
                Some(all[all.len() / 2])
            });
            Figure { name, unit, values }
        })
    }
}

impl Report {
    pub fn print(&self) {
        self.machine.print();
        if self.quick {
            println!("--quick: these figures only show that the bench works");
        }
        for note in &self.notes {
            println!("{note}");
        }
        print!("\n{:<44} {:>5}", "", "");
        for (nth, way) in Way::ALL.into_iter().enumerate() {
            print!(" {:>8}", way.name());
            if nth > 0 {
                print!(" {:>6}", "ratio");
            }
        }
        println!();
        for figure in &self.figures {
            print!("{:<44} {:>5}", figure.name, figure.unit);
            let plain = figure.values[0];
            for (nth, value) in figure.values.into_iter().enumerate() {
                print!(" {:>8}", number(value));
                if nth > 0 {
                    let ratio = value.zip(plain).map(|(value, plain)| value / plain);
                    print!(" {:>6}", number(ratio));
                }
            }
            println!();
        }
    }
}

/// Three digits that mean something.
fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if !value.is_finite() => "-".to_owned(),
        None => "-".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) if value.abs() < 1.0 => format!("{value:.3}"),
        Some(value) if value.abs() < 10.0 => format!("{value:.2}"),
        Some(value) if value.abs() < 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}
