//! The client of the platform: `Reader`, `Writer`, and every operation they have.
//!
//! ```text
//!  policy, pace (pure) ── wire (one exchange) ── http (sockets)   endpoints (which hosts)
//!                          │                                     write_guard (no write after a signal)
//!  entity, shapes (JSON) ── error, operations ── tokens ── session (token, pace, retries) ── reader ── writer
//! ```

mod classify;
pub mod could_write;
pub mod endpoints;
pub mod entity;
pub mod error;
pub mod error_help;
pub mod http;
pub mod json;
pub mod list;
pub mod operations;
pub mod pace;
pub mod policy;
pub mod reader;
pub mod secrets;
pub mod session;
pub mod shapes;
pub mod tokens;
mod trace;
pub mod trust;
pub mod usage;
pub mod user_operations;
pub mod user_shapes;
pub mod users;
pub mod wire;
pub mod write_guard;
pub mod writer;

pub use could_write::{CouldWrite, TrialRemoval};
pub use endpoints::{EndpointError, Endpoints};
pub use error::{ApiError, ApiErrorKind, ErrorContext, Permission, WriteError};
pub use http::{HttpWire, Probe};
pub use reader::Reader;
pub use session::{Options, Session};
pub use shapes::{Fetched, Patch};
pub use tokens::{Credentials, RunSecrets};
pub use trust::Distrust;
pub use users::{UserReader, UserWriter};
pub use wire::{Wire, WireLimits};
pub use write_guard::WriteGuard;
pub use writer::Writer;
