//! The thing in its unit: what it can do there, and that it does its work.

use super::installed::{Root, THING};
use super::jobs::{open_machine, open_root, tools};
use super::support::{LIMIT, Machine, SimBus, Target, wait_for};
use super::tries::{Try, fails, judge, lay, works};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Timing;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const STATE: &str = "/var/lib/mqtt-thing";

const TRIES: [Try; 24] = [
    works("read its topology", "cat /etc/mqtt-thing/topology.toml"),
    works(
        "have the credential that is there",
        "test \"$(cat $CREDENTIALS_DIRECTORY/mqtt-thing.password)\" = secret",
    ),
    works(
        "have no other",
        "test \"$(ls $CREDENTIALS_DIRECTORY)\" = mqtt-thing.password",
    ),
    fails(
        "find where they are kept",
        "cat /etc/credstore/mqtt-thing.password",
    ),
    // open to everybody
    fails(
        "look into the runner's state",
        "ls /var/lib/mqtt-thing-runner",
    ),
    works(
        "write its state and its report",
        "echo x >$STATE_DIRECTORY/x; echo x >$RUNTIME_DIRECTORY/x",
    ),
    fails("write elsewhere", "echo x >/opt/open/x"),
    fails("look into a home folder", "ls /root"),
    works("speak to the broker", "mosquitto_pub -t try -m try"),
    works(
        "ask for its addresses",
        "/usr/bin/python3 -c 'import socket as s; s.socket(s.AF_NETLINK, s.SOCK_RAW, 0)'",
    ),
    fails(
        "make a raw socket",
        "/usr/bin/python3 -c 'import socket as s; s.socket(s.AF_PACKET, s.SOCK_RAW)'",
    ),
    // there is no driver behind either: the question is who says no
    works(
        "open the I2C bus",
        "/usr/bin/python3 -c 'import os; os.open(\"/dev/i2c-1\", os.O_RDWR)' 2>&1 | grep 'No such device or address'",
    ),
    works(
        "open no other device",
        "/usr/bin/python3 -c 'import os; os.open(\"/dev/other\", os.O_RDWR)' 2>&1 | grep 'not permitted'",
    ),
    fails(
        "set the governor",
        "echo performance >/sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
    ),
    works(
        "tell how the machine is",
        "cat /proc/loadavg /proc/net/route /proc/sys/kernel/random/boot_id /sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
    ),
    works("run a program of the system", "/usr/bin/true"),
    fails(
        "run what it wrote",
        "cp /usr/bin/true $STATE_DIRECTORY/program; $STATE_DIRECTORY/program",
    ),
    fails(
        "write code into its memory",
        "/usr/bin/python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
    ),
    works(
        "have no way to more rights",
        "grep -q 'NoNewPrivs:.1' /proc/self/status && grep -q 'CapBnd:.0*$' /proc/self/status",
    ),
    fails("make a user namespace", "unshare --user true"),
    fails("trace a process", "strace -o /dev/null true"),
    fails("change a priority", "test \"$(nice -n 5 nice)\" = 5"),
    fails("take the processor for good", "chrt --fifo 10 true"),
    fails("see the processes of others", "test -d /proc/1"),
];

#[test]
fn the_thing_has_its_board_and_its_broker_and_little_else() {
    if !tools() {
        return;
    }
    let root = open_root();
    lay(&root, THING, &TRIES);
    let Some(machine) = open_machine(&root) else {
        return;
    };
    judge(&machine, THING, STATE, &TRIES);
}

/// A machine whose thing sees a simulated board, and a broker in it.
fn with_board(bus: &SimBus) -> Option<Machine> {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_mqtt-thing"));
    let root = Root::with(&binary);
    let seen = bus.command(Target::Host, Path::new("true"));
    let of = |name: &str| {
        let (_, value) = seen.get_envs().find(|(its, _)| *its == name).unwrap();
        PathBuf::from(value.unwrap())
    };
    let library = std::fs::read(of("LD_PRELOAD")).unwrap();
    root.put("usr/lib/mqtt-thing-i2c.so", 0o755, &library);
    root.put(
        "etc/mqtt-thing/topology.toml",
        0o644,
        br#"
[broker]
url = "mqtt://127.0.0.1:1883"
[things.inner]
address = "127.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
"#,
    );
    let lines = "[Service]\nEnvironment=LD_PRELOAD=/usr/lib/mqtt-thing-i2c.so\n\
                 Environment=MQTT_THING_TEST_I2C=/run/shared/i2c\n";
    root.drop_in(THING, lines);
    let machine = Machine::boot(root.path())?;
    machine.run(&["systemd-sysusers", "mqtt-thing.conf"]);
    machine.run(&["systemd-tmpfiles", "--create", "mqtt-thing.conf"]);
    // the socket's own folder is mounted, because a socket cannot be copied
    let socket = of("MQTT_THING_TEST_I2C");
    std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o666)).unwrap();
    std::fs::hard_link(&socket, machine.shared().join("i2c")).unwrap();
    Some(machine)
}

#[test]
fn the_locked_thing_does_its_work_and_comes_back_after_a_crash() {
    if !tools() || Target::Host.missing_package().is_some() {
        return;
    }
    let bus = SimBus::start(Timing::Bus);
    let Some(machine) = with_board(&bus) else {
        return;
    };
    let pins = bus.pins();
    machine.run(&["systemctl", "start", THING]);
    // READY=1 came: `start` waits for it
    assert_eq!(machine.property(THING, "ActiveState"), "active");
    // the broker comes after the thing, as after a power cut
    let broker = "systemd-run --unit=broker --property=Type=simple mosquitto -p 1883";
    machine.run(&broker.split(' ').collect::<Vec<_>>());

    let press = |on: bool| {
        pins.set_digital(Port::D3, on);
        let lit = pins.wait_output(Port::D4, LIMIT, |output| output.is_on() == on);
        assert!(lit.is_ok(), "the LED did not follow: {}", machine.journal());
    };
    press(true);
    press(false);

    let first = machine.property(THING, "MainPID");
    machine.run(&["systemctl", "kill", "--signal=KILL", THING]);
    wait_for("systemd to start it again", || {
        let now = machine.property(THING, "MainPID");
        (now != "0" && now != first && machine.property(THING, "ActiveState") == "active")
            .then_some(())
    });
    press(true);

    machine.run(&["systemctl", "stop", THING]);
    assert_eq!(machine.property(THING, "Result"), "success");
    let rests = pins.wait_output(Port::D4, LIMIT, |output| !output.is_on());
    assert!(rests.is_ok(), "the LED was left on");
}
