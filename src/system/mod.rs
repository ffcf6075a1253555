//! What the machine tells about itself. Every path lies under a root that a test can move.

mod addresses;
mod clock_sync;
mod config_folder;
pub mod cpufreq;
mod frequency;
mod guarded_file;
mod host_state;
mod listener;
mod load;
mod memory;
mod process;
pub mod programs;
mod secret;
mod state_folder;
mod sysfs;
mod temperature;
mod terminal;
mod throttling;
mod users;

pub use addresses::{AddressError, default_route, interface_address, local_addresses};
pub use clock_sync::clock_synchronised;
pub use config_folder::config_folder;
pub use guarded_file::{GuardedFile, GuardedFileError};
pub use host_state::HostState;
pub use listener::{Listener, listener};
pub use memory::{peak_resident_kib, resident_kib};
pub use process::ProcessState;
pub use programs::{ProgramError, Programs, User};
pub use secret::{NoLine, Secret, SecretError, read_secret};
pub use state_folder::{
    StateFolderError, executor_folder, executor_place, executor_places_with, state_folder,
    state_place,
};
pub use terminal::TerminalSettings;
pub use users::{own_user_id, peer_user_id, user_id};

use std::path::{Path, PathBuf};

/// Where `/proc`, `/sys` and `/dev` are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Default for Root {
    fn default() -> Self {
        Self(PathBuf::from("/"))
    }
}

impl Root {
    /// A root elsewhere, for tests.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The path of `absolute` under this root.
    #[must_use]
    pub fn path(&self, absolute: &str) -> PathBuf {
        self.0.join(Path::new(absolute.trim_start_matches('/')))
    }
}
