//! The embedded org: a simulated org that answers as the API document says.
//!
//! It shares no type with the client: the two meet in JSON only, so that a misspelt field cannot pass on both sides.

pub mod access;
pub mod config;
pub mod definitions;
pub mod document;
pub mod error;
pub mod exchange;
pub mod faults;
pub mod generation1;
pub mod http;
pub mod org;
pub mod seed;
pub mod temper;
pub mod users;
