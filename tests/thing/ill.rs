//! One port that does not answer while the board does.

use crate::bench::{Bench, spec};
use mqtt_thing::board::{Board, BoardError, Port, Request};
use mqtt_thing::thing::Effect;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A board whose analog inputs may be dead.
struct DeadAnalog {
    board: Box<dyn Board>,
    dead: Arc<AtomicBool>,
}

impl Board for DeadAnalog {
    fn transact(&mut self, request: Request, reply: &mut [u8]) -> Result<(), BoardError> {
        if request.command() == 3 && self.dead.load(Ordering::Relaxed) {
            return Err(BoardError::Echo {
                request,
                expected: 3,
                found: 0xff,
            });
        }
        self.board.transact(request, reply)
    }

    fn write_to(&mut self, address: u8, bytes: &[u8]) -> Result<(), BoardError> {
        self.board.write_to(address, bytes)
    }
}

fn bench() -> (Bench, Arc<AtomicBool>) {
    let dead = Arc::new(AtomicBool::new(false));
    let its = Arc::clone(&dead);
    let specs = [
        spec("button0", "button", Some(Port::D3)),
        spec("rotary0", "rotary", Some(Port::A0)),
        spec("button1", "button", Some(Port::D2)),
    ];
    let mut bench = Bench::on(&specs, |board| Box::new(DeadAnalog { board, dead: its }));
    bench.start();
    bench.take();
    (bench, dead)
}

#[test]
fn a_port_that_does_not_answer_is_told_and_the_others_go_on() {
    let (mut bench, dead) = bench();
    dead.store(true, Ordering::Relaxed);
    bench.pass(5000);
    let said = bench.take();
    let offline = said
        .iter()
        .filter(|line| line.ends_with("/availability offline"))
        .collect::<Vec<_>>();
    assert_eq!(offline, ["*10.0.0.7/sensors/rotary0/availability offline"]);
    assert_eq!(
        said.iter().filter(|line| line.contains("/fault ")).count(),
        1,
        "{said:?}"
    );
    assert!(said.len() < 12, "it is no flood: {said:?}");
    let ups = bench
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::BoardUp(_)))
        .count();
    assert!(
        ups < 8,
        "the board is not taken for away again and again: {ups}"
    );

    bench.pins.set_digital(Port::D2, true);
    bench.pass(20);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/button1 True"]);
}

#[test]
fn a_port_that_answers_again_is_told_with_its_value() {
    let (mut bench, dead) = bench();
    dead.store(true, Ordering::Relaxed);
    bench.pass(20_000);
    bench.take();
    dead.store(false, Ordering::Relaxed);
    bench.pins.set_analog(Port::A0.analog().unwrap(), 700);
    bench.pass(1000);
    let said = bench.take();
    assert_eq!(said[0], "*10.0.0.7/sensors/rotary0 700");
    assert_eq!(said[1], "*10.0.0.7/sensors/rotary0/availability online");
    assert!(said[2].contains("\"error\":null"), "{said:?}");
    assert_eq!(said.len(), 3, "{said:?}");
}

#[test]
fn a_connection_does_not_make_an_ill_port_well() {
    let (mut bench, dead) = bench();
    dead.store(true, Ordering::Relaxed);
    bench.pass(5000);
    bench.take();
    bench.input(&mqtt_thing::thing::Input::Connected);
    let said = bench.take();
    assert!(
        said.contains(&"*10.0.0.7/sensors/rotary0/availability offline".to_owned()),
        "{said:?}"
    );
    assert!(
        !said.contains(&"*10.0.0.7/sensors/rotary0/availability online".to_owned()),
        "{said:?}"
    );
}
