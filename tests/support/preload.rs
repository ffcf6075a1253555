//! A simulated board behind `/dev/i2c-1` of another process: our side of `tests/preload/i2c.c`.

use embedded_hal::i2c::{I2c, Operation};
use mqtt_thing::board::BusError;
use mqtt_thing::board::sim::{Pins, SimGrovePi, Timing};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// What a program was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// This machine.
    Host,
    /// 32-bit Raspberry Pi OS, under emulation.
    Armv7,
    /// 64-bit Raspberry Pi OS, under emulation.
    Aarch64,
}

impl Target {
    /// The C compiler and the package that has it.
    pub fn compiler(self) -> (&'static str, &'static str) {
        match self {
            Self::Host => ("cc", "gcc"),
            Self::Armv7 => ("arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf"),
            Self::Aarch64 => ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
        }
    }

    /// The emulator and the folder of the target's C library.
    fn emulator(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Host => None,
            Self::Armv7 => Some(("qemu-arm-static", "/usr/arm-linux-gnueabihf")),
            Self::Aarch64 => Some(("qemu-aarch64-static", "/usr/aarch64-linux-gnu")),
        }
    }

    /// The binary for this target, or why there is none to test.
    pub fn binary(self) -> Result<PathBuf, String> {
        let named_by = |variable: &str| {
            let named = std::env::var_os(variable).map(PathBuf::from);
            if named.is_none() && std::env::var_os("MQTT_THING_LONG").is_some() {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "CI must build this binary and name it in {variable}"
                );
            }
            named.ok_or_else(|| format!("build it with deploy/build.sh and name it in {variable}"))
        };
        let path = match self {
            Self::Host => PathBuf::from(env!("CARGO_BIN_EXE_mqtt-thing")),
            Self::Armv7 => named_by("MQTT_THING_ARMV7_BIN")?,
            Self::Aarch64 => named_by("MQTT_THING_AARCH64_BIN")?,
        };
        match self.missing_package() {
            Some(package) => {
                super::skipped(package);
                Err(format!("without {package}"))
            }
            None => Ok(path),
        }
    }

    /// A program of this target without a board, under emulation if it was built for another machine.
    pub fn command(self, program: &Path) -> Command {
        match self.emulator() {
            None => Command::new(program),
            Some((emulator, prefix)) => {
                let mut command = Command::new(emulator);
                command.args(["-L", prefix]).arg(program);
                command
            }
        }
    }

    /// The package that is missing to run this target's programs under the preload, if one is.
    pub fn missing_package(self) -> Option<&'static str> {
        let runs = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
        let (compiler, package) = self.compiler();
        if !runs(compiler) {
            return Some(package);
        }
        self.emulator()
            .is_some_and(|(emulator, _)| !runs(emulator))
            .then_some("qemu-user-static")
    }
}

/// The folder of the C sources.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/preload")
}

/// Compiles a C file for a target, into a file that parallel tests never see half written.
pub fn compile(target: Target, source: &str, result: &str, flags: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let made = tempfile::Builder::new()
        .tempfile_in(folder)
        .unwrap()
        .into_temp_path();
    let output = Command::new(target.compiler().0)
        .args(["-O1", "-Wall", "-Wextra", "-Werror"])
        .args(flags)
        .arg("-o")
        .arg(&made)
        .arg(sources().join(source))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{source} for {target:?}: {said}");
    let path = folder.join(format!("{result}-{target:?}"));
    made.persist(&path).unwrap();
    path
}

/// The preload library for a target.
pub fn build_preload(target: Target) -> &'static Path {
    static BUILT: [OnceLock<PathBuf>; 3] = [const { OnceLock::new() }; 3];
    BUILT[target as usize].get_or_init(|| compile(target, "i2c.c", "i2c.so", &["-shared", "-fPIC"]))
}

/// A simulated board on a bus that programs under the preload see as `/dev/i2c-1`.
pub struct SimBus {
    sim: SimGrovePi,
    folder: TempDir,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    refusal: AtomicI32,
    over: AtomicBool,
    open: Mutex<Vec<UnixStream>>,
}

impl SimBus {
    /// A bus with one board.
    pub fn start(timing: Timing) -> Self {
        let sim = SimGrovePi::new(timing);
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixListener::bind(folder.path().join("i2c")).unwrap();
        let shared = Arc::<Shared>::default();
        let listener = std::thread::spawn({
            let (sim, shared) = (sim.clone(), Arc::clone(&shared));
            move || listen(&socket, &sim, &shared)
        });
        Self {
            sim,
            folder,
            shared,
            listener: Some(listener),
        }
    }

    /// The board's bench.
    pub fn pins(&self) -> Pins {
        self.sim.pins()
    }

    /// Another handle on the same bus, with a driver, for what happened before the program was started.
    pub fn board(&self) -> impl mqtt_thing::board::Board + use<> {
        self.sim.board()
    }

    /// From now on opening the device fails with this errno; 0 for never.
    pub fn refuse_to_open(&self, errno: i32) {
        self.shared.refusal.store(errno, Ordering::SeqCst);
    }

    /// Every handle on the device stops working for good, as when its driver is loaded again.
    pub fn invalidate_handles(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            // It may have been closed by the other side.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// A program that will see this bus, under emulation if it was built for another machine.
    pub fn command(&self, target: Target, program: &Path) -> Command {
        let library = build_preload(target);
        let mut command = match target.emulator() {
            None => {
                let mut command = Command::new(program);
                command.env("LD_PRELOAD", library);
                command
            }
            Some((emulator, prefix)) => {
                let mut command = Command::new(emulator);
                command.args(["-L", prefix, "-E"]);
                command.arg(format!("LD_PRELOAD={}", library.display()));
                command.arg(program);
                command
            }
        };
        command.env("MQTT_THING_TEST_I2C", self.folder.path().join("i2c"));
        command
    }
}

impl Drop for SimBus {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = UnixStream::connect(self.folder.path().join("i2c"));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        self.invalidate_handles();
    }
}

fn listen(socket: &UnixListener, sim: &SimGrovePi, shared: &Shared) {
    for stream in socket.incoming() {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        let mut stream = stream.unwrap();
        let refusal = shared.refusal.load(Ordering::SeqCst);
        if stream.write_all(&refusal.to_le_bytes()).is_err() || refusal != 0 {
            continue;
        }
        shared
            .open
            .lock()
            .unwrap()
            .push(stream.try_clone().unwrap());
        let sim = sim.clone();
        // It ends when the program closes the device, or with the bus.
        std::thread::spawn(move || serve(stream, sim));
    }
}

/// Transfers of one handle, until it is closed.
fn serve(mut stream: UnixStream, mut sim: SimGrovePi) -> io::Result<()> {
    loop {
        let mut head = [0; 6];
        stream.read_exact(&mut head)?;
        let [kind, address, ..] = head;
        let mut sent = vec![0; usize::from(u16::from_le_bytes([head[2], head[3]]))];
        let mut received = vec![0; usize::from(u16::from_le_bytes([head[4], head[5]]))];
        stream.read_exact(&mut sent)?;
        let result = match kind {
            b'W' => sim.write(address, &sent),
            b'R' => sim.read(address, &mut received),
            b'X' => sim.write_read(address, &sent, &mut received),
            // What an SMBus command begins with.
            _ => sim.transaction(address, &mut [Operation::Write(&sent)]),
        };
        let errno = match result {
            Ok(()) => 0,
            Err(error) => BusError::errno(&error).unwrap_or(BusError::IO),
        };
        stream.write_all(&errno.to_le_bytes())?;
        if errno == 0 {
            stream.write_all(&received)?;
        }
    }
}
