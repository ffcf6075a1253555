//! Faults of the files.

use crate::matrix::{Row, row};
use crate::patient::FILE;

pub(crate) const ROWS: &[Row] = &[
    row("no topology file", "topology-missing", |patient| {
        patient.remove(FILE);
        true
    }),
    row(
        "a topology with two mistakes",
        "topology-broken",
        |patient| {
            patient.topology(
                "",
                "a = { kind = \"buton\" }\nb = { kind = \"led\", port = \"D9\" }",
            );
            true
        },
    ),
];
