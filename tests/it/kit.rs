//! What stands around the executable: the action, the workflows, their shell, and the commands in the pages.

mod action;
mod comment;
mod drift;
mod github;
mod gitlab;
mod install;
mod pages;
mod reviewed;
mod steps;
