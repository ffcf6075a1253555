//! What is wrong with or odd about `[sut]` of the governor's `config.ini`: each rule with its exact message.

use super::Frame::Governor;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::UnknownKeyInSut,
        Governor,
        r#"[sut]
alow = *
"#,
        r#"config.ini:2:1: error: [sut] has no key `alow`
 2 | alow = *
   | ^^^^
   = did you mean `allow`?
"#,
    ),
    row(
        Rule::UnknownKeyInSut,
        Governor,
        r#"[sut]
allow = *
limit = 5
"#,
        r#"config.ini:3:1: error: [sut] has no key `limit`
 3 | limit = 5
   | ^^^^^
   = its keys: client_id, allow, shell, parallel, timeout_s, kill_after_s, queue, spool_mib, spool_total_mib, keep_days, progress_s, native_cpufreq and 14 more
"#,
    ),
    row(
        Rule::UnsignedAlone,
        Governor,
        r#"[sut]
allow = seq *
unsigned = true
"#,
        r#"config.ini:3:12: error: `unsigned = true` without `governor_allow`
 3 | unsigned = true
   |            ^^^^
   = say in `governor_allow` what may run although nobody signs it, narrower than the executor's own `allow`
"#,
    ),
    row(
        Rule::UnsignedUnsaid,
        Governor,
        r#"[sut]
allow = seq *
  date
governor_allow = date
"#,
        r#"config.ini:4:1: error: `governor_allow` is what may run although nobody signs it, and `unsigned = true` is missing
 4 | governor_allow = date
   | ^^^^^^^^^^^^^^
   = write that beside it, or leave it out
"#,
    ),
    row(
        Rule::UnsignedWide,
        Governor,
        r#"[sut]
allow = seq *
  date
unsigned = yes
governor_allow = date
  uptime
"#,
        r#"config.ini:6:3: error: the executor's own `allow` does not have this program, so it never runs
 6 |   uptime
   |   ^^^^^^
   = both lists must allow a command; this one picks from the other
"#,
    ),
    row(
        Rule::FolderRelative,
        Governor,
        r#"[sut]
allow = *
working_directory = jobs
"#,
        r#"config.ini:3:21: error: `working_directory` is `jobs`; it takes an absolute path
 3 | working_directory = jobs
   |                     ^^^^
   = when left out, the executor has a folder of its own
"#,
    ),
    row(
        Rule::EnvironmentLine,
        Governor,
        r#"[sut]
allow = *
environment = A=1
  B 3
"#,
        r#"config.ini:4:3: error: `B 3` is no NAME=value
 4 |   B 3
   |   ^^^
   = a variable a line, as in LAB=3
"#,
    ),
    row(
        Rule::AllowEntry,
        Governor,
        r#"[sut]
allow = stress-ng *
  date | sort
"#,
        r#"config.ini:3:8: error: the entry is not only words: `|` at byte 5 is an operator of the shell, and no shell runs here; quoted it is a character
 3 |   date | sort
   |        ^
   = an entry is a program and its arguments, as in "stress-ng --cpu * --timeout *s"
"#,
    ),
    row(
        Rule::IniNumber,
        Governor,
        r#"[sut]
parallel = 65
spool_mib = 0.5
"#,
        r#"config.ini:2:12: error: `parallel` is `65`; it takes a whole number, 1 to 64
 2 | parallel = 65
   |            ^^
   = how many jobs run at a time; 1 when left out
config.ini:3:13: error: `spool_mib` is `0.5`; it takes a whole number, 0 to 1048576
 3 | spool_mib = 0.5
   |             ^^^
   = how much of each stream of a job is kept on the disk; 64 when left out
"#,
    ),
    row(
        Rule::EnvironmentName,
        Governor,
        r#"[sut]
environment = A=1
  2B=3
"#,
        r#"config.ini:3:3: error: `2B` is no name of a variable
 3 |   2B=3
   |   ^^
   = a name has letters, digits and _, and does not begin with a digit
"#,
    ),
    row(
        Rule::EnvironmentLoader,
        Governor,
        r#"[sut]
environment =
  A=1
  LD_PRELOAD=/opt/x.so
"#,
        r#"config.ini:4:3: error: `LD_PRELOAD` puts other code into every program that is allowed
 4 |   LD_PRELOAD=/opt/x.so
   |   ^^^^^^^^^^
   = set it in a script of root's, and allow that script
"#,
    ),
    row(
        Rule::EnvironmentPath,
        Governor,
        r#"[sut]
environment = PATH=bin:/usr/bin
"#,
        r#"config.ini:2:20: error: `PATH` leads through the folder that a job is in
 2 | environment = PATH=bin:/usr/bin
   |                    ^^^^^^^^^^^^
   = each part between `:` is an absolute path; allowed programs are not looked for here, but what they start is
"#,
    ),
    row(
        Rule::EnvironmentPath,
        Governor,
        r#"[sut]
environment = PATH=
"#,
        r#"config.ini:2:20: error: `PATH` leads through the folder that a job is in
 2 | environment = PATH=
   |                    ^
   = each part between `:` is an absolute path; allowed programs are not looked for here, but what they start is
"#,
    ),
    row(
        Rule::KeyTwice,
        Governor,
        r#"[sut]
environment = A=1
  A=2
"#,
        r#"config.ini:3:3: error: `A` stands here a second time
 3 |   A=2
   |   ^
   = keep one of the two
"#,
    ),
    row(
        Rule::DangerousProgram,
        Governor,
        r#"[sut]
allow = true
  env *
  *
"#,
        r#"config.ini:3:3: warning: `env` starts any program
 3 |   env *
   |   ^^^^^
   = narrower, for example: "/opt/lab/bench.sh --runs *"
config.ini:4:3: warning: `*` allows every program with any arguments
 4 |   *
   |   ^
   = name what is needed, as in "stress-ng --cpu * --timeout *s"
"#,
    ),
    row(
        Rule::ShellOpen,
        Governor,
        r#"[sut]
allow = *
shell = True
"#,
        r#"config.ini:3:9: warning: with `shell = true` and `*`, whoever reaches the broker may do anything as this user
 3 | shell = True
   |         ^^^^
   = as the original does; a list of programs without `shell` is safer
"#,
    ),
    row(
        Rule::ShellIdle,
        Governor,
        r#"[sut]
allow = true
shell = True
"#,
        r#"config.ini:3:9: warning: `shell = true` changes nothing without an entry `*`
 3 | shell = True
   |         ^^^^
   = a list means nothing behind a shell, so what it allows runs without one; leave `shell` out
"#,
    ),
    row(
        Rule::EnvironmentInherited,
        Governor,
        r#"[sut]
inherit_environment = yes
"#,
        r#"config.ini:2:23: warning: commands see the thing's whole environment, and what is secret in it
 2 | inherit_environment = yes
   |                       ^^^
   = name what they need in `environment`
"#,
    ),
    row(
        Rule::ShellAlone,
        Governor,
        r#"[sut]
shell = yes
"#,
        r#"config.ini:2:1: warning: `shell` without `allow` lets nothing run
 2 | shell = yes
   | ^^^^^
   = `allow = *` beside it is what the original does: anybody on the broker may do anything here
"#,
    ),
];
