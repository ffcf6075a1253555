//! What waits: threads, tasks and timers that carry inputs to things and their effects away, and decide nothing.

mod anywhere;
mod arrivals;
pub mod building;
pub mod client;
mod clock;
pub mod commander;
pub mod console;
mod former;
mod hands;
mod home;
mod host;
mod identity;
mod inbox;
mod jobs;
mod lookout;
mod node;
mod node_options;
pub mod onlooker;
pub mod overseen;
mod presence;
mod report;
mod route;
mod service;
pub mod sim_fleet;
mod throttle;
pub mod topics_heard;
mod trusted;
mod voice;
mod whole;

pub use clock::Clock;
pub use former::Former;
pub use host::{Host, HostReport};
pub use identity::{Choose, Common, choose, common_outputs, current_id, has_address};
pub use inbox::{Inbox, InboxCounts, Sense};
pub use jobs::{
    JobNews, JobSettings, Runner, RunnerOptions, RunnerPlace, RunnerService, RunnerServiceOptions,
    SocketError, bind,
};
pub use node::Node;
pub use node_options::{NodeError, NodeOptions};
pub use presence::{About, AboutResource};
pub use report::{
    BoardState, CannotConnect, FaultyResource, Health, REPORTS, Report, SILENT, SessionState,
};
pub use service::Service;
pub use trusted::TrustError;
