//! The tables, and the same as JSON.

use crate::figures::Figure;
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

/// Where it was measured, and how quiet it was there.
#[derive(Debug, Default, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    /// How many cores others kept busy just before, and just after.
    pub others_before: f64,
    pub others_after: f64,
}

impl Machine {
    pub fn new() -> Self {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = text
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .map(|name| name.trim_start_matches([' ', '\t', ':']).to_owned());
        Self {
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            ..Self::default()
        }
    }
}

impl Report {
    pub fn print(&self) {
        let machine = &self.machine;
        println!(
            "{} x {}; others kept {:.1} cores busy before and {:.1} after",
            machine.cores, machine.processor, machine.others_before, machine.others_after
        );
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
