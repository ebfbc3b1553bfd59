//! The client of the platform: `Reader`, `Writer`, and every operation they have.
//!
//! ```text
//!  policy (pure) ── wire (one exchange) ─┬─ http (sockets)      endpoints (which hosts)
//!                     │                  └─ in_process (axum)
//!  shapes (JSON) ── error, operations ── session (token, pace, retries) ── reader ── writer
//! ```

pub mod endpoints;
pub mod http;
pub mod in_process;
pub mod policy;
pub mod wire;

pub use endpoints::{EndpointError, Endpoints};
pub use http::HttpWire;
pub use in_process::InProcess;
pub use wire::{Limits, Wire};
