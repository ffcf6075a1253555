//! Warns of entries that allow more than they seem to: programs that can start or overwrite anything.
//!
//! Source: the programs' manual pages. The list cannot be complete; it has what people put on an allow list of a test
//! bench, and what the collections of such programs (GTFOBins and its like) name first.

use super::pattern::{Pattern, Program};

/// What an entry could do that it may not be meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Which entry of the list, from 0.
    pub entry: usize,
    /// The program that it is about; nothing for `*`.
    pub program: Option<String>,
    /// What it could do.
    pub message: String,
    /// A narrower example, or what to do instead.
    pub help: String,
}

/// From when on a program is a danger.
enum When {
    /// As soon as its entry has a wildcard.
    AnyWildcard,
    /// With a wildcard, unless the first argument is a certain file: what follows goes to that.
    NoScript,
    /// What follows is a program itself: as much as that is.
    Behind,
    /// When one of these can be among its arguments.
    Options(&'static [&'static str]),
}

/// What is known of some programs.
struct Danger {
    programs: &'static [&'static str],
    can: &'static str,
    narrower: &'static str,
    when: When,
}

const fn danger(
    programs: &'static [&'static str],
    can: &'static str,
    narrower: &'static str,
) -> Danger {
    Danger {
        programs,
        can,
        narrower,
        when: When::AnyWildcard,
    }
}

const DANGERS: &[Danger] = &[
    Danger {
        programs: &["stress-ng"],
        can: "overwrites any file by -Y or --log-file, writes anywhere by --temp-path, reads any by -j",
        narrower: "stress-ng --cpu * --timeout *s --metrics-brief",
        when: When::Options(&[
            "-Y",
            "--yaml",
            "-j",
            "--job",
            "--log-file",
            "--temp-path",
            "--dev-file",
        ]),
    },
    Danger {
        programs: &[
            "sh", "bash", "dash", "ash", "ksh", "zsh", "fish", "csh", "tcsh",
        ],
        can: "is a shell: it starts and overwrites anything",
        narrower: "/opt/lab/bench.sh --runs *",
        when: When::NoScript,
    },
    Danger {
        programs: &[
            "python", "pypy", "perl", "ruby", "node", "nodejs", "lua", "luajit", "php", "tclsh",
            "expect", "java",
        ],
        can: "runs any code that it is given",
        narrower: "python3 /opt/lab/bench.py --runs *",
        when: When::NoScript,
    },
    Danger {
        programs: &["sudo", "doas", "nohup", "setsid"],
        can: "starts any program",
        narrower: "sudo /opt/lab/bench.sh --runs *",
        when: When::Behind,
    },
    danger(
        &[
            "env",
            "nice",
            "ionice",
            "timeout",
            "stdbuf",
            "taskset",
            "chrt",
            "time",
            "watch",
            "xargs",
            "parallel",
            "strace",
            "ltrace",
            "gdb",
            "perf",
            "flock",
            "script",
            "unshare",
            "nsenter",
            "chroot",
            "setpriv",
            "prlimit",
            "numactl",
            "su",
            "pkexec",
            "runuser",
            "start-stop-daemon",
            "systemd-run",
            "at",
            "batch",
            "crontab",
            "screen",
            "tmux",
            "busybox",
            "toybox",
            "ld.so",
            "run-parts",
            "socat",
            "nc",
            "ncat",
            "netcat",
        ],
        "starts any program",
        "/opt/lab/bench.sh --runs *",
    ),
    danger(
        &["find"],
        "starts any program by -exec and deletes by -delete",
        "find /opt/lab/results -name '*.csv'",
    ),
    danger(
        &["tar", "zip", "cpio", "rsync"],
        "starts any program by an option and overwrites any file",
        "tar -cf /tmp/results.tar /opt/lab/results",
    ),
    danger(
        &[
            "awk", "gawk", "mawk", "nawk", "sed", "ed", "ex", "vi", "vim", "nvim", "nano", "emacs",
            "less", "more", "man",
        ],
        "starts any program and overwrites any file",
        "sed -n 1,20p /opt/lab/results.txt",
    ),
    danger(
        &[
            "dd", "tee", "cp", "mv", "ln", "rm", "install", "truncate", "shred", "chmod", "chown",
            "chattr", "mount", "umount", "mkfs", "sort", "split", "patch",
        ],
        "overwrites, moves or opens up any file",
        "cp /opt/lab/results.csv /opt/lab/old/",
    ),
    danger(
        &[
            "systemctl",
            "service",
            "reboot",
            "shutdown",
            "poweroff",
            "halt",
            "kill",
            "killall",
            "pkill",
        ],
        "stops any service or process, this one as well",
        "systemctl restart lab-load.service",
    ),
    danger(
        &["ssh", "scp", "sftp"],
        "starts any program, here by -o ProxyCommand, and on other machines",
        "ssh lab@10.0.0.9 uptime",
    ),
    danger(
        &["docker", "podman", "nerdctl", "ctr", "lxc"],
        "is as good as root: a container can be given every file",
        "docker start lab-load",
    ),
    danger(
        &[
            "git", "make", "cmake", "ninja", "cargo", "npm", "pip", "apt", "apt-get", "dpkg",
            "snap", "gcc", "cc", "modprobe", "insmod",
        ],
        "starts or installs any program",
        "make -C /opt/lab bench",
    ),
    danger(
        &["curl", "wget"],
        "overwrites any file by -o and sends any file away",
        "curl -fsS http://10.0.0.5/start",
    ),
    danger(
        &["fio", "sysbench", "iperf", "sqlite", "openssl", "tcpdump"],
        "overwrites any file or starts any program by an option",
        "fio /opt/lab/read.fio",
    ),
];

/// Looks at each entry of an allow list. Entries with mistakes are passed over; reading them tells.
///
/// ```
/// let allow = ["env *".to_owned(), "stress-ng --cpu * --timeout *s".to_owned()];
/// let warnings = mqtt_thing::fleet::advice::advice(&allow);
/// assert_eq!(warnings.len(), 1);
/// assert_eq!(warnings[0].message, "`env` starts any program");
/// ```
#[must_use]
pub fn advice(allow: &[String]) -> Vec<Warning> {
    let read = |text: &String| Pattern::parse(text).ok();
    let entries = allow.iter().enumerate();
    entries
        .filter_map(|(entry, text)| about(entry, &read(text)?))
        .collect()
}

fn about(entry: usize, pattern: &Pattern) -> Option<Warning> {
    let (Program::Named(program) | Program::At(program)) = pattern.program() else {
        return Some(Warning {
            entry,
            program: None,
            message: "`*` allows every program with any arguments".to_owned(),
            help: "name what is needed, as in \"stress-ng --cpu * --timeout *s\"".to_owned(),
        });
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    // python3.11 is python
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let known =
        |danger: &&Danger| danger.programs.contains(&plain) || danger.programs.contains(&name);
    let danger = DANGERS.iter().find(known)?;
    let is_danger = match danger.when {
        When::AnyWildcard => !pattern.is_exact(),
        When::NoScript => {
            let script = pattern.first_argument();
            !pattern.is_exact() && !script.is_some_and(|script| script.starts_with('/'))
        }
        When::Behind => match pattern.behind() {
            Some(behind) => return about(entry, &behind),
            None => !pattern.is_exact(),
        },
        When::Options(options) => options.iter().any(|option| pattern.lets_through(option)),
    };
    is_danger.then(|| Warning {
        entry,
        program: Some(name.to_owned()),
        message: format!("`{name}` {}", danger.can),
        help: format!("narrower, for example: \"{}\"", danger.narrower),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(entry: &str) -> Option<String> {
        let warnings = advice(&[entry.to_owned()]);
        assert!(warnings.len() <= 1);
        warnings.first().map(|warning| warning.message.clone())
    }

    #[test]
    fn programs_that_can_do_anything_are_named_with_what_they_can_do() {
        for (entry, message) in [
            ("*", "`*` allows every program with any arguments"),
            ("env *", "`env` starts any program"),
            ("/usr/bin/env *", "`env` starts any program"),
            (
                "find /opt *",
                "`find` starts any program by -exec and deletes by -delete",
            ),
            (
                "tar -cf /tmp/x.tar *",
                "`tar` starts any program by an option and overwrites any file",
            ),
            ("python *", "`python` runs any code that it is given"),
            (
                "python3.11 -c *",
                "`python3.11` runs any code that it is given",
            ),
            (
                "bash -c *",
                "`bash` is a shell: it starts and overwrites anything",
            ),
            ("sudo *", "`sudo` starts any program"),
            ("sudo -u * true", "`sudo` starts any program"),
            (
                "sudo find *",
                "`find` starts any program by -exec and deletes by -delete",
            ),
            (
                "nohup sudo dd *",
                "`dd` overwrites, moves or opens up any file",
            ),
            ("timeout * true", "`timeout` starts any program"),
            (
                "stress-ng *",
                "`stress-ng` overwrites any file by -Y or --log-file, writes anywhere by --temp-path, reads any by -j",
            ),
            (
                "stress-ng --*",
                "`stress-ng` overwrites any file by -Y or --log-file, writes anywhere by --temp-path, reads any by -j",
            ),
            (
                "stress-ng --cpu 1 --yaml *.yml",
                "`stress-ng` overwrites any file by -Y or --log-file, writes anywhere by --temp-path, reads any by -j",
            ),
        ] {
            assert_eq!(told(entry).as_deref(), Some(message), "{entry}");
        }
    }

    #[test]
    fn entries_that_say_all_that_they_allow_are_left_alone() {
        for entry in [
            "env",
            "find /opt/lab -name '*.csv'",
            "python3 /opt/lab/bench.py *",
            "sh /opt/lab/bench.sh --runs *",
            "sudo cpufreq-set -r -f *",
            "sudo reboot",
            "stress-ng --cpu * --timeout *s --metrics-brief",
            "stress-ng --cpu=*",
            "/opt/lab/bench.sh *",
            "uptime *",
            "a;b",
        ] {
            assert_eq!(told(entry), None, "{entry}");
        }
    }

    #[test]
    fn every_narrower_example_is_an_entry_without_a_warning() {
        for danger in DANGERS {
            assert!(
                Pattern::parse(danger.narrower).is_ok(),
                "{}",
                danger.narrower
            );
            assert_eq!(told(danger.narrower), None, "{}", danger.narrower);
        }
    }

    #[test]
    fn no_program_is_in_the_list_twice() {
        let mut all: Vec<&str> = DANGERS
            .iter()
            .flat_map(|danger| danger.programs)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
