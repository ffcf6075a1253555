//! Faults of the bus and the board.

use crate::matrix::{Row, row};
use crate::patient::{FILE, UNIT};
use mqtt_thing::board::sim::Fault;
use rustix::fs::{FlockOperation, flock};
use serde_json::json;
use std::fs::File;

pub(crate) const ROWS: &[Row] = &[
    row("I2C is switched off", "i2c-off", |patient| {
        patient.remove("/dev/i2c-1");
        patient.put("/boot/firmware/config.txt", "#dtparam=i2c_arm=on\n");
        true
    }),
    row(
        "I2C was switched on, without a new start",
        "i2c-off",
        |patient| {
            patient.remove("/dev/i2c-1");
            true
        },
    ),
    row(
        "the module i2c-dev is not loaded",
        "i2c-module",
        |patient| {
            patient.remove("/dev/i2c-1");
            patient.folder("/sys/bus/i2c/devices/i2c-1", 0o755);
            true
        },
    ),
    row(
        "the file names a bus that there is not",
        "bus-missing",
        |patient| {
            patient.edit(
                FILE,
                "address = \"10.77.0.1\"",
                "address = \"10.77.0.1\"\nbus = 3",
            );
            true
        },
    ),
    row(
        "the service's user is not in the group i2c",
        "i2c-forbidden",
        |patient| {
            patient.edit(UNIT, "SupplementaryGroups=i2c\n", "");
            // as the one user that somebody else than root has
            if !crate::patient::is_root() {
                patient.mode("/dev/i2c-1", 0o060);
            }
            true
        },
    ),
    row(
        "a ranger listens for echoes on the board of a button",
        "slow-sensor",
        |patient| {
            let button = "button0 = { kind = \"button\"";
            let ranger = format!("ranger0 = {{ kind = \"ultrasonic\", port = \"D8\" }}\n{button}");
            patient.edit(FILE, button, &ranger);
            true
        },
    ),
    row(
        "the service's user is not in the group gpio",
        "gpio-forbidden",
        |patient| {
            patient.edit(
                FILE,
                "address = \"10.77.0.1\"",
                "address = \"10.77.0.1\"\nreset_gpio = 8",
            );
            patient.put("/dev/gpiomem", "");
            patient.mode(
                "/dev/gpiomem",
                if crate::patient::is_root() {
                    0o660
                } else {
                    0o060
                },
            );
            true
        },
    ),
    row("another program has the bus", "bus-held", |patient| {
        let device = File::options()
            .read(true)
            .write(true)
            .open(patient.path("/dev/i2c-1"))
            .unwrap();
        flock(&device, FlockOperation::NonBlockingLockExclusive).unwrap();
        patient.keep(device);
        true
    }),
    row("the device does not work", "bus-unusable", |patient| {
        // EIO
        patient.bus.refuse_to_open(5);
        true
    }),
    row("the board is pulled out", "board-silent", |patient| {
        patient.bus.pins().unplug();
        true
    }),
    row("the board hangs", "board-silent", |patient| {
        patient.bus.pins().freeze();
        true
    }),
    row(
        "the running thing's board is away",
        "board-silent",
        |patient| {
            patient.running(|report| {
            report["board"] = json!({"up": false, "firmware": "1.4.0", "error": "Remote I/O error (os error 121)"});
            report["faults"] = json!([{"resource": "button0", "error": "the board does not answer", "since": 1}]);
        });
            true
        },
    ),
    row(
        "a board with another firmware",
        "board-other-firmware",
        |patient| {
            patient.running(|report| report["board"]["firmware"] = "1.2.2".into());
            true
        },
    ),
    row("a bad bus", "bus-errors", |patient| {
        patient
            .bus
            .pins()
            .random_faults(7, &[(Fault::Nak, 0.02), (Fault::Eio, 0.02)]);
        true
    }),
    row("the running thing's bus is bad", "bus-errors", |patient| {
        patient.running(|report| report["health"]["bus"]["retries"] = 9000.into());
        true
    }),
    row(
        "a single port does not work",
        "resource-faulty",
        |patient| {
            patient.running(|report| {
                let error =
                    "the board answered command 01 03 00 00 with 255; at most 1 is possible";
                report["faults"] = json!([{"resource": "button0", "error": error, "since": 1}]);
            });
            true
        },
    ),
];
