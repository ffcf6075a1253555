use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use tempfile::TempDir;

/// A machine whose files belong to whoever runs the tests.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.mode("", 0o755);
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    fn mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn program(&self, path: &str) -> &Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), "#!/bin/sh\n").unwrap();
        let mut folder = Path::new(path).parent();
        while let Some(at) = folder {
            self.mode(at.to_str().unwrap(), 0o755);
            folder = at.parent();
        }
        self.mode(path, 0o755)
    }

    fn link(&self, path: &str, to: &str) -> &Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        symlink(to, self.at(path)).unwrap();
        self
    }

    fn find(&self, user: &User, name: &str) -> Result<PathBuf, ProgramError> {
        Programs::new(Root::at(self.0.path()), user.clone()).find(name)
    }

    /// What is said to a user who owns nothing here.
    fn told(&self, name: &str) -> String {
        match self.find(&another(), name) {
            Ok(path) => path.display().to_string(),
            Err(error) => format!("{}: {error}", error.name()),
        }
    }

    fn group(&self, path: &str) -> u32 {
        fs::metadata(self.at(path)).unwrap().gid()
    }
}

/// Somebody who owns none of the files.
fn another() -> User {
    User {
        uid: rustix::process::geteuid().as_raw() + 1000,
        groups: vec![],
    }
}

#[test]
fn a_name_is_looked_for_in_the_folders_in_their_order() {
    let machine = Machine::new();
    machine
        .program("/usr/bin/a")
        .program("/bin/a")
        .program("/bin/b");
    assert_eq!(machine.told("a"), "/usr/bin/a");
    assert_eq!(machine.told("b"), "/bin/b");
    machine.program("/usr/local/sbin/a");
    assert_eq!(machine.told("a"), "/usr/local/sbin/a");
    assert_eq!(
        machine.told("c"),
        "program-not-found: there is no program `c` in /usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin; install it, or name its absolute path"
    );
}

#[test]
fn what_cannot_be_executed_is_passed_over_and_named_if_there_is_nothing_better() {
    let machine = Machine::new();
    machine.program("/usr/bin/a").mode("/usr/bin/a", 0o644);
    assert_eq!(
        machine.told("a"),
        "program-not-executable: /usr/bin/a may not be executed by this user; `sudo chmod a+rx /usr/bin/a` lets it"
    );
    machine.program("/bin/a");
    assert_eq!(machine.told("a"), "/bin/a");
    // its owner and its group may, others may not
    machine.mode("/bin/a", 0o750);
    assert!(machine.told("a").contains("/usr/bin/a may not"));
    let with_group = User {
        groups: vec![machine.group("/bin/a")],
        ..another()
    };
    assert!(machine.find(&with_group, "a").is_ok());
    fs::create_dir_all(machine.at("/usr/bin/d")).unwrap();
    assert_eq!(
        machine.told("d"),
        "program-not-executable: /usr/bin/d is no file; a program is one"
    );
}

#[test]
fn an_absolute_path_is_taken_as_it_is_and_any_other_path_is_none() {
    let machine = Machine::new();
    machine.program("/opt/lab/bench.sh");
    assert_eq!(machine.told("/opt/lab/bench.sh"), "/opt/lab/bench.sh");
    assert_eq!(
        machine.told("/opt/lab/x"),
        "program-not-found: there is no file /opt/lab/x"
    );
    assert_eq!(
        machine.told("/opt/lab/bench.sh/x"),
        "program-not-found: there is no file /opt/lab/bench.sh/x"
    );
    for name in ["", ".", "..", "./a", "lab/bench.sh"] {
        assert!(machine.told(name).starts_with("program-path: "), "{name}");
    }
}

#[test]
fn a_link_keeps_its_name_and_what_it_leads_to_is_looked_at() {
    let machine = Machine::new();
    machine
        .program("/usr/lib/busybox")
        .link("/usr/bin/a", "../lib/busybox")
        .link("/usr/bin/b", "/usr/lib/busybox")
        .link("/usr/bin/c", "c")
        .link("/usr/bin/d", "/gone")
        .link("/sbin", "usr/bin");
    machine.mode("/usr/bin", 0o755);
    assert_eq!(machine.told("a"), "/usr/bin/a");
    assert_eq!(machine.told("b"), "/usr/bin/b");
    assert_eq!(machine.told("/sbin/a"), "/sbin/a");
    assert_eq!(
        machine.told("c"),
        "program-unreadable: /usr/bin/c leads over more than 40 links"
    );
    assert!(machine.told("d").starts_with("program-not-found: "));
    machine.mode("/usr/lib/busybox", 0o757);
    for name in ["a", "b", "/sbin/a"] {
        let told = machine.told(name);
        assert!(
            told.contains("the file /usr/lib/busybox may be written to by everybody"),
            "{told}"
        );
    }
}

#[test]
fn what_a_job_could_replace_is_refused_with_the_command_that_mends_it() {
    let machine = Machine::new();
    machine.program("/opt/lab/a").mode("/opt/lab/a", 0o777);
    assert_eq!(
        machine.told("/opt/lab/a"),
        "program-writable: /opt/lab/a could be replaced by a job: the file /opt/lab/a may be written to by everybody; `sudo chmod o-w /opt/lab/a` mends it"
    );
    machine.mode("/opt/lab/a", 0o755).mode("/opt", 0o757);
    assert_eq!(
        machine.told("/opt/lab/a"),
        "program-writable: /opt/lab/a could be replaced by a job: the folder /opt may be written to by everybody; `sudo chmod o-w /opt` mends it"
    );
    // as /tmp: only an owner replaces what is in it
    machine.mode("/opt", 0o1777);
    assert_eq!(machine.told("/opt/lab/a"), "/opt/lab/a");
}

#[test]
fn a_group_counts_for_those_who_are_in_it() {
    let machine = Machine::new();
    machine.program("/opt/a").mode("/opt", 0o775);
    assert_eq!(machine.told("/opt/a"), "/opt/a");
    let group = machine.group("/opt");
    let with_group = User {
        groups: vec![group + 1, group],
        ..another()
    };
    let error = machine.find(&with_group, "/opt/a").unwrap_err().to_string();
    let expected = format!(
        "the folder /opt may be written to by group {group}; `sudo chmod g-w /opt` mends it"
    );
    assert!(error.ends_with(&expected), "{error}");
}

#[test]
fn what_belongs_to_who_runs_the_jobs_is_refused_even_if_it_is_not_writable() {
    let machine = Machine::new();
    machine
        .program("/opt/a")
        .mode("/opt/a", 0o555)
        .link("/opt/b", "/opt/a");
    let owner = fs::metadata(machine.at("/opt/a")).unwrap().uid();
    // the tests may be run by root, whose rule is another: see below
    if owner == 0 {
        std::os::unix::fs::lchown(machine.at("/opt/b"), Some(4321), None).unwrap();
        let jobs = User {
            uid: 4321,
            groups: vec![],
        };
        let error = machine.find(&jobs, "/opt/b").unwrap_err().to_string();
        assert_eq!(
            error,
            "/opt/b could be replaced by a job: the link /opt/b belongs to user 4321, who runs the jobs; `sudo chown -h root /opt/b` mends it"
        );
        std::os::unix::fs::chown(machine.at("/opt/a"), Some(4321), None).unwrap();
        let error = machine.find(&jobs, "/opt/a").unwrap_err().to_string();
        assert!(
            error.contains("the file /opt/a belongs to user 4321, who runs the jobs"),
            "{error}"
        );
    } else {
        let jobs = User {
            uid: owner,
            groups: vec![],
        };
        let error = machine.find(&jobs, "/opt/a").unwrap_err();
        assert_eq!(error.name(), "program-writable");
    }
}

#[test]
fn for_root_everything_on_the_way_belongs_to_root_and_nobody_else_writes_to_it() {
    let machine = Machine::new();
    machine.program("/opt/a");
    let root = User {
        uid: 0,
        groups: vec![0],
    };
    let told = |machine: &Machine| match machine.find(&root, "/opt/a") {
        Ok(path) => path.display().to_string(),
        Err(error) => error.to_string(),
    };
    let owner = fs::metadata(machine.at("/opt/a")).unwrap().uid();
    if owner != 0 {
        assert!(told(&machine).contains(&format!("the folder / belongs to user {owner}")));
        return;
    }
    assert_eq!(told(&machine), "/opt/a");
    machine.mode("/opt", 0o1777);
    assert_eq!(told(&machine), "/opt/a");
    std::os::unix::fs::chown(machine.at("/opt/a"), Some(4321), None).unwrap();
    assert_eq!(
        told(&machine),
        "/opt/a could be replaced by others than root: the file /opt/a belongs to user 4321; `sudo chown -h root /opt/a` mends it"
    );
    std::os::unix::fs::chown(machine.at("/opt/a"), Some(0), None).unwrap();
    machine.mode("/opt", 0o775);
    assert!(
        told(&machine).contains("the folder /opt may be written to by group"),
        "{}",
        told(&machine)
    );
}

#[test]
fn a_program_that_could_be_replaced_is_not_passed_over_for_another_of_its_name() {
    let machine = Machine::new();
    machine
        .program("/usr/local/bin/a")
        .program("/usr/bin/a")
        .mode("/usr/local/bin", 0o757);
    assert!(
        machine
            .told("a")
            .starts_with("program-writable: /usr/local/bin/a ")
    );
    // while a folder that does not have it does no harm
    fs::remove_file(machine.at("/usr/local/bin/a")).unwrap();
    assert_eq!(machine.told("a"), "/usr/bin/a");
}

#[test]
fn this_machine_has_a_shell_that_only_root_may_replace() {
    let user = User::effective();
    let found = Programs::new(Root::default(), user).find("sh").unwrap();
    assert!(found.is_absolute() && found.ends_with("sh"), "{found:?}");
}
