//! A thousand clients.

use super::*;

#[test]
fn a_thousand_clients_walk_three_steps() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a", "b", "c"])]));
    let names: Vec<String> = (0..1000).map(|n| format!("pi{n}")).collect();
    names.iter().for_each(|name| bench.about(name, None));
    bench.wait(secs(5));
    let mut answered = 0;
    loop {
        let sent = bench.sent();
        bench.effects.retain(|e| matches!(e, Effect::Finished(_)));
        if sent.is_empty() {
            break;
        }
        for out in sent {
            bench.answer(&out.client, &out.id.unwrap(), "succeeded");
            answered += 1;
        }
    }
    assert_eq!(answered, 3000);
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn what_one_message_costs_does_not_grow_with_the_number_of_clients() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a", "b"])]));
    (0..5000).for_each(|n| bench.register(&format!("c{n}")));
    bench.wait(secs(5));
    bench.effects.clear();
    bench.old_answer("c77", "a");
    let effects = bench.effects.len();
    assert!(effects <= 7, "{effects} effects for one answer");
}
