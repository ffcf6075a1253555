//! The table, and the same as JSON.

use crate::machine::Machine;
use serde::Serialize;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Better {
    Less,
    More,
}

/// A line of the table.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub better: Better,
    pub target: Option<f64>,
    /// As measured on the original, on its own machine.
    pub original: Option<&'static str>,
    pub counterpart: Option<f64>,
    pub ours: Option<f64>,
}

impl Figure {
    pub fn new(
        name: impl Into<String>,
        unit: &'static str,
        ours: Option<f64>,
        counterpart: Option<f64>,
    ) -> Self {
        Self {
            name: name.into(),
            unit,
            better: Better::Less,
            target: None,
            original: None,
            counterpart,
            ours,
        }
    }

    pub fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    pub fn original(mut self, original: &'static str) -> Self {
        self.original = Some(original);
        self
    }

    pub fn more_is_better(mut self) -> Self {
        self.better = Better::More;
        self
    }

    fn met(&self) -> &'static str {
        let (Some(ours), Some(target)) = (self.ours, self.target) else {
            return "";
        };
        let met = match self.better {
            Better::Less => ours <= target,
            Better::More => ours >= target,
        };
        if met { "yes" } else { "NO" }
    }
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

impl Report {
    pub fn print(&self) {
        self.machine.print();
        if self.quick {
            println!("--quick: these figures only show that the bench works");
        }
        for note in &self.notes {
            println!("{note}");
        }
        println!(
            "\n{:<52} {:>5} {:>8} {:>9} {:>12} {:>8} {:>8}  met",
            "", "", "target", "original", "counterpart", "ours", "ours/it"
        );
        for figure in &self.figures {
            let ratio = figure
                .ours
                .zip(figure.counterpart)
                .map(|(ours, its)| ours / its);
            println!(
                "{:<52} {:>5} {:>8} {:>9} {:>12} {:>8} {:>8}  {}",
                figure.name,
                figure.unit,
                number(figure.target),
                figure.original.unwrap_or("-"),
                number(figure.counterpart),
                number(figure.ours),
                number(ratio),
                figure.met(),
            );
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
