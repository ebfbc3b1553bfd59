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
mod kit;
mod layers;
mod messages;
mod paper;
mod plan;
mod properties;
mod render;
mod reported;
mod retire;
mod rules;
mod sandbox;
mod show;
mod simulation;
mod tools;
mod undo;
mod users;
mod views;
