//! What a job can do in the runner's unit, and what it cannot.

use super::installed::{RUNNER, Root};
use super::support::{CpuFreqTree, Machine, skipped};
use super::tries::{Try, fails, fails_anyway, judge, lay, works};
use std::path::Path;
use std::process::Command;

const STATE: &str = "/var/lib/mqtt-thing-runner";

const TRIES: [Try; 30] = [
    works(
        "read which jobs are permitted",
        "cat /etc/mqtt-thing/topology.toml",
    ),
    // each of these lies open to everybody
    fails("read the thing's key", "cat /etc/mqtt-thing/key"),
    fails("look into the thing's state", "ls /var/lib/mqtt-thing"),
    fails(
        "read a credential",
        "cat /etc/credstore/mqtt-thing.password",
    ),
    works(
        "know no password of the environment",
        "test -z \"$MQTT_THING_PASSWORD$MQTT_THING_PASSWORD_FILE\"",
    ),
    works("have what else stands there", "test \"$A_WISH\" = granted"),
    fails("speak to the broker", "mosquitto_pub -t try -m try"),
    works(
        "talk to itself",
        "/usr/bin/python3 -c 'import socket as s; l=s.create_server((\"127.0.0.1\",0)); s.create_connection(l.getsockname())'",
    ),
    fails(
        "make a raw socket",
        "/usr/bin/python3 -c 'import socket as s; s.socket(s.AF_PACKET, s.SOCK_RAW)'",
    ),
    fails("find the I2C bus", "test -e /dev/i2c-1"),
    fails("find a disk", "test -e /dev/disk0"),
    fails_anyway(
        "make the I2C bus",
        "mknod $STATE_DIRECTORY/bus c 89 1 && : <>$STATE_DIRECTORY/bus",
    ),
    fails("reach the system's services", "ls /run/dbus"),
    works("write to its folder", "echo x >$STATE_DIRECTORY/x"),
    works("write to /tmp", "echo x >/tmp/x"),
    fails("see the /tmp of others", "test -e /tmp/others"),
    // open to everybody
    fails("write elsewhere", "echo x >/opt/open/x"),
    fails("look into a home folder", "ls /root"),
    works(
        "set the governor",
        "echo performance >/sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
    ),
    fails(
        "write another file there",
        "echo 1 >/sys/devices/system/cpu/cpufreq/policy0/scaling_driver",
    ),
    works(
        "have no way to more rights",
        "grep -q 'NoNewPrivs:.1' /proc/self/status && grep -q 'CapBnd:.0*$' /proc/self/status",
    ),
    fails("make a user namespace", "unshare --user true"),
    fails("trace a process", "strace -o /dev/null true"),
    fails("take the processor for good", "chrt --fifo 10 true"),
    fails("see the processes of others", "test -d /proc/1"),
    works(
        "be nice",
        "test \"$(nice -n 5 nice)\" = 5 && taskset -c 0 true && ionice -c 3 true",
    ),
    works("limit itself", "ulimit -n 64 && test \"$(ulimit -c)\" = 0"),
    works(
        "compile as it runs",
        "/usr/bin/python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
    ),
    works(
        "look at the machine",
        "cat /proc/cpuinfo /proc/meminfo /proc/loadavg /proc/stat",
    ),
    works(
        "be the first that a kernel out of memory ends",
        "test \"$(cat /proc/self/oom_score_adj)\" = 500",
    ),
];

/// What the attempts are made with, and is not part of every system.
pub(super) fn tools() -> bool {
    let packages = [
        ("mosquitto", "mosquitto"),
        ("mosquitto_pub", "mosquitto-clients"),
        ("strace", "strace"),
        ("ip", "iproute2"),
        ("/usr/bin/python3", "python3"),
    ];
    for (program, package) in packages {
        let there = Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output();
        if !there.is_ok_and(|its| its.status.success()) {
            skipped(package);
            return false;
        }
    }
    true
}

/// A root with things that lie open, and would be open to a process that nothing is kept from.
pub(super) fn open_root() -> Root {
    let root = Root::with(Path::new("/bin/true"));
    root.put("etc/mqtt-thing/topology.toml", 0o644, b"");
    root.put("etc/mqtt-thing/key", 0o644, b"secret");
    root.put("etc/credstore/mqtt-thing.password", 0o644, b"secret");
    root.put(
        "etc/default/mqtt-thing",
        0o644,
        b"MQTT_THING_PASSWORD=secret\nMQTT_THING_PASSWORD_FILE=/etc/x\nA_WISH=granted\n",
    );
    root.put("proc/devices", 0o444, b"Character devices:\n 89 i2c\n");
    let cpu = CpuFreqTree::pi();
    for (path, text) in cpu.all() {
        let place = path.strip_prefix(cpu.root()).unwrap().to_str().unwrap();
        root.put(place, 0o644, text.as_bytes());
    }
    root
}

/// Boots it, makes the users and folders, starts the broker, and opens what shall lie open.
pub(super) fn open_machine(root: &Root) -> Option<Machine> {
    let machine = Machine::boot(root.path())?;
    for line in [
        "systemd-sysusers mqtt-thing.conf",
        "systemd-tmpfiles --create mqtt-thing.conf",
        "systemd-run --unit=broker --property=Type=simple mosquitto -p 1883",
        "mknod /dev/i2c-1 c 89 1",
        "mknod /dev/other c 90 1",
        "mknod /dev/disk0 b 254 0",
        "chmod 666 /dev/i2c-1 /dev/other",
        "install -d -m 777 /run/dbus /opt/open",
        "touch /tmp/others",
        // a unit's own start takes this back, so of each only the other's folder stays open
        "chmod 777 /var/lib/mqtt-thing /var/lib/mqtt-thing-runner",
    ] {
        machine.run(&line.split(' ').collect::<Vec<_>>());
    }
    super::support::wait_for("the broker inside", || {
        machine
            .try_run(&["mosquitto_pub", "-t", "try", "-m", "try"])
            .then_some(())
    });
    Some(machine)
}

#[test]
fn a_job_has_what_measuring_needs_and_nothing_of_others() {
    if !tools() {
        return;
    }
    let root = open_root();
    lay(&root, RUNNER, &TRIES);
    let Some(machine) = open_machine(&root) else {
        return;
    };
    judge(&machine, RUNNER, STATE, &TRIES);
}
