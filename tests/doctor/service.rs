//! Faults of the services. `systemctl` is a stand-in here: what it says is what the manual says that it would.

use crate::matrix::{Row, row};
use crate::patient::UNIT;

const THING: &str = "mqtt-thing.service";
const RUNNER: &str = "mqtt-thing-runner.service";

pub(crate) const ROWS: &[Row] = &[
    row(
        "no service is installed",
        "service-not-installed",
        |patient| {
            patient.systemd();
            patient.remove(UNIT);
            patient.service(
                THING,
                &[
                    ("LoadState", "not-found"),
                    ("ActiveState", "inactive"),
                    ("UnitFileState", ""),
                ],
            );
            true
        },
    ),
    row(
        "the service does not begin with the machine",
        "service-not-enabled",
        |patient| {
            patient.running(|_| {});
            patient.service(THING, &[("UnitFileState", "disabled")]);
            true
        },
    ),
    row(
        "the service was stopped",
        "service-not-running",
        |patient| {
            patient.systemd();
            patient.service(
                THING,
                &[
                    ("ActiveState", "inactive"),
                    ("SubState", "dead"),
                    ("UnitFileState", "disabled"),
                ],
            );
            true
        },
    ),
    row("the service is masked", "service-not-running", |patient| {
        patient.systemd();
        patient.service(
            THING,
            &[
                ("LoadState", "masked"),
                ("ActiveState", "inactive"),
                ("UnitFileState", "masked"),
            ],
        );
        true
    }),
    row(
        "the service ends again and again",
        "service-failing",
        |patient| {
            patient.systemd();
            let failing = [
                ("ActiveState", "activating"),
                ("SubState", "auto-restart"),
                ("Result", "exit-code"),
                ("NRestarts", "17"),
                ("ExecMainCode", "1"),
                ("ExecMainStatus", "1"),
            ];
            patient.service(THING, &failing);
            patient.log(THING, "starting\nmqtt-thing: it burns\n");
            true
        },
    ),
    row(
        "the watchdog ended the service",
        "service-failing",
        |patient| {
            patient.systemd();
            let failed = [
                ("ActiveState", "failed"),
                ("SubState", "failed"),
                ("Result", "watchdog"),
                ("ExecMainCode", "2"),
                ("ExecMainStatus", "6"),
            ];
            patient.service(THING, &failed);
            true
        },
    ),
    row("the runner does not run", "runner-not-running", |patient| {
        patient.running(|_| {});
        patient.service(RUNNER, &[("ActiveState", "inactive"), ("SubState", "dead")]);
        true
    }),
    row(
        "an older version runs than is installed",
        "restart-needed",
        |patient| {
            patient.running(|report| report["version"] = "0.0.9".into());
            true
        },
    ),
    row(
        "the thing has told nothing for long",
        "thing-frozen",
        |patient| {
            patient.running(|report| {
                let written = report["written_at"].as_u64().unwrap();
                report["written_at"] = (written - 900).into();
            });
            true
        },
    ),
];
