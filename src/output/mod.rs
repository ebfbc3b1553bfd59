//! The formats for people and programs: text, pages, JSON and CI formats.

pub mod ci;
pub mod combined;
pub mod csv;
pub mod drifted;
pub mod fleet;
mod fleet_effect;
pub mod json;
pub mod outcome;
pub mod page;
pub mod rows;
pub mod style;
pub mod summary;
pub mod table;
pub mod text;
