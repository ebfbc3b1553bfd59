//! What is around the executable: the action, the workflows, their shell, and the commands in the pages.

mod action;
mod alone;
mod cancelled;
mod checks;
mod comment;
mod drift;
mod github;
mod gitlab;
mod install;
mod newest;
mod packaging;
mod pages;
mod proposal;
mod release;
mod reports;
mod retries;
mod reviewed;
mod steps;
mod workflow;
