//! One test for every rule of planning: what the org had, what a person did, and what a person sees.

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
