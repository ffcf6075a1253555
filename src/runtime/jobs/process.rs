//! Starting a process.
//!
//! [`std::process::Command`] goes by `posix_spawn` (that is, `CLONE_VFORK`: no page of ours is copied, however large we
//! are) as long as there is no `pre_exec`, no other user and, beside a `PATH` of its own, only an absolute program. A
//! process group, a working directory and an environment keep it on that way. So everything else is done from outside:
//!
//! - *Niceness* belongs to a thread in Linux (setpriority(2), NOTES) and is inherited by what the thread starts: a thread
//!   that lives no longer lowers itself and then starts the process. It has its niceness from its first instruction on,
//!   and we need no right to rise again.
//! - *Resource limits* are set with prlimit(2) as soon as the process has been started, some ten microseconds after its
//!   `execve`, as a rule before its dynamic loader is through. What it opened or mapped before that stays; a child that
//!   it forked before that has not the limits. They guard against accidents, not against malice.

use super::environment::Environment;
use super::failure::not_started;
use crate::fleet::{JobEnd, ProcessSettings, Run};
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setpriority_process};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

const SHELL: &str = "/bin/sh";

/// How the processes of one executor are started.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) settings: ProcessSettings,
    pub(super) environment: Environment,
    pub(super) directory: PathBuf,
}

impl Recipe {
    /// Starts a program in a process group of its own, with `/dev/null` as its input and pipes as its outputs. What
    /// could not be set is noted; the process runs without it.
    pub(super) fn start(&self, run: &Run, notes: &mut Vec<String>) -> Result<Child, JobEnd> {
        let (path, mut command) = self.command(run)?;
        let started = match self.settings.nice {
            None => command.spawn(),
            Some(nice) => spawn_nice(&mut command, nice, notes),
        };
        let child = started.map_err(|error| not_started(&error, &path, &self.directory))?;
        self.limit(pid(&child), notes);
        Ok(child)
    }

    fn command(&self, run: &Run) -> Result<(PathBuf, Command), JobEnd> {
        let refuse = |reason: String| JobEnd::NotStarted {
            reason,
            not_found: false,
        };
        let (path, mut command) = match run {
            Run::Program { path, argv } => {
                // a relative one would be looked for in PATH
                if !path.is_absolute() {
                    let path = path.display();
                    return Err(refuse(format!("`{path}` is not an absolute path")));
                }
                let mut command = Command::new(path);
                if let Some((name, arguments)) = argv.split_first() {
                    command.arg0(name).args(arguments);
                }
                (path.clone(), command)
            }
            Run::Shell(text) => {
                let mut command = Command::new(SHELL);
                command.arg0("sh").arg("-c").arg(text);
                (SHELL.into(), command)
            }
            Run::CpuFrequency(_) | Run::CpuFrequencyRestore => {
                return Err(refuse("a frequency step is no program".to_owned()));
            }
        };
        self.environment.apply(&mut command);
        command
            .current_dir(&self.directory)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok((path, command))
    }

    fn limit(&self, pid: Pid, notes: &mut Vec<String>) {
        let settings = &self.settings;
        // at its soft limit a process gets XCPU, which tells why it ended; a second later KILL
        let grace = settings.cpu_s.map(|seconds| seconds.saturating_add(1));
        let limits = [
            (Resource::As, settings.memory, settings.memory, "memory"),
            (Resource::Cpu, settings.cpu_s, grace, "cpu_s"),
            (
                Resource::Fsize,
                settings.file_size,
                settings.file_size,
                "file_size",
            ),
            (
                Resource::Nofile,
                settings.open_files,
                settings.open_files,
                "open_files",
            ),
            (
                Resource::Nproc,
                settings.processes,
                settings.processes,
                "processes",
            ),
        ];
        for (resource, soft, hard, name) in limits {
            let Some(soft) = soft else { continue };
            if let Err(error) = lower(pid, resource, soft, hard) {
                notes.push(format!("the limit `{name}` could not be set: {error}"));
            }
        }
        // of a program of another user (sudo) the kernel writes no core anyway, and lets nobody set limits
        let _ = lower(pid, Resource::Core, 0, Some(0));
    }
}

/// Sets a limit, no higher than ours allows. A process that has ended already needs none.
fn lower(pid: Pid, resource: Resource, soft: u64, hard: Option<u64>) -> Result<(), Errno> {
    let highest = getrlimit(resource).maximum;
    let within = |limit: u64| highest.map_or(limit, |highest| limit.min(highest));
    let limit = Rlimit {
        current: Some(within(soft)),
        maximum: hard.map(within),
    };
    match prlimit(Some(pid), resource, limit) {
        Err(Errno::SRCH) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

fn spawn_nice(command: &mut Command, nice: i32, notes: &mut Vec<String>) -> io::Result<Child> {
    thread::scope(|scope| {
        let starter = thread::Builder::new()
            .name("job start".to_owned())
            .stack_size(128 * 1024)
            .spawn_scoped(scope, || {
                if let Err(error) = setpriority_process(None, nice) {
                    notes.push(format!("the niceness {nice} could not be set: {error}"));
                }
                command.spawn()
            })?;
        starter
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it panicked")))
    })
}

/// The process's number, which is its group's too.
pub(super) fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// Makes the folder where jobs start. Only its user can enter it.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}
