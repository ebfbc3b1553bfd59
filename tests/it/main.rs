//! Behaviour, tested from outside.

mod api;
mod config;
mod plan;
mod render;
mod sandbox;
