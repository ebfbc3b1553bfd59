//! One test per planning rule: the state of the org, the edit, and the output.

mod actions;
mod alike;
mod base;
mod divisions;
mod evidence;
mod guards;
mod matching;
mod odd;
mod only;
mod order;
mod properties;
mod questions;
mod reviewed;
mod saved;
mod several;
mod standing;
mod twins;
mod usage;
