//! The tables, and the same as JSON.

use crate::figures::Figure;
use crate::machine::Machine;
use crate::scale::Size;
use serde::Serialize;

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whether too little was measured for the figures to mean anything.
    pub quick: bool,
    pub machine: Machine,
    pub figures: Vec<Figure>,
    pub resources: Vec<Size>,
    pub things: Vec<Size>,
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
            "\n{:<40} {:>4} {:>8} {:>9} {:>12} {:>8} {:>8}  met",
            "", "", "target", "original", "counterpart", "ours", "ours/it"
        );
        for figure in &self.figures {
            print_figure(figure);
        }
        print_sizes("buttons on a thing", &self.resources);
        print_sizes("things on a broker", &self.things);
    }
}

fn print_figure(figure: &Figure) {
    let ratio = match (figure.ours, figure.counterpart) {
        (Some(ours), Some(counterpart)) if counterpart > 0.0 => Some(ours / counterpart),
        _ => None,
    };
    let met = match (figure.ours, figure.target) {
        (Some(ours), Some(target)) if ours <= target => "yes",
        (Some(ours), Some(_)) if !ours.is_nan() => "NO",
        _ => "",
    };
    println!(
        "{:<40} {:>4} {:>8} {:>9} {:>12} {:>8} {:>8}  {met}",
        figure.name,
        figure.unit,
        number(figure.target),
        figure.original.unwrap_or("-"),
        number(figure.counterpart),
        number(figure.ours),
        number(ratio),
    );
}

fn print_sizes(what: &str, sizes: &[Size]) {
    if sizes.is_empty() {
        return;
    }
    println!(
        "\n{what:<20} {:>7} {:>7} {:>7} {:>7} {:>5} {:>7} {:>9} {:>6} {:>9} {:>9} {:>8} {:>7}",
        "p50 ms",
        "p90",
        "p99",
        "max",
        "lost",
        "CPU %",
        "sleeps/s",
        "bus %",
        "samples/s",
        "Pss MB",
        "broker %",
        "boards %"
    );
    for size in sizes {
        println!(
            "{:<20} {:>7.2} {:>7.2} {:>7.2} {:>7.2} {:>5} {:>7.2} {:>9.0} {:>6.1} {:>9.1} {:>9.2} {:>8.2} {:>7.1}",
            size.count,
            size.p50_ms,
            size.p90_ms,
            size.p99_ms,
            size.max_ms,
            size.lost,
            size.cpu_percent,
            size.sleeps_per_s,
            size.bus_percent,
            size.samples_per_s,
            size.memory_mb,
            size.broker_percent,
            size.boards_percent
        );
    }
}

/// Three digits that mean something.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.is_nan() => "-".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) if value.abs() < 1.0 => format!("{value:.3}"),
        Some(value) if value.abs() < 10.0 => format!("{value:.2}"),
        Some(value) if value.abs() < 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}
