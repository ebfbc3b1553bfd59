//! Behaviour, tested from outside.

mod api;
mod apply;
mod cli;
mod config;
mod conformance;
mod exhaustive;
mod faults;
mod hostile;
mod import;
mod layers;
mod messages;
mod paper;
mod plan;
mod properties;
mod render;
mod retire;
mod sandbox;
mod show;
mod simulation;
mod users;
mod views;
