//! Values: names, labels, desired and observed state, source places, and texts. No IO.

pub mod alike;
pub mod desired;
pub mod division;
pub mod forge;
pub mod formula;
pub mod freeze;
pub mod generation;
pub mod label_cycle;
pub mod labels;
pub mod limits;
pub mod moment;
pub mod names;
pub mod observed;
pub mod odd;
pub mod pattern;
pub mod pins;
pub mod platform;
pub mod problem;
pub mod region;
pub mod run_metadata;
pub mod slug;
pub mod source;
pub mod text;
pub mod usage;
pub mod user;
pub mod yaml;
