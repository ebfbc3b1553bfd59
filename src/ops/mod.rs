//! The operations on an org, without flags and JSON.

pub mod apply;
pub mod ci_files;
pub mod compare;
pub mod definition_edits;
pub mod doctor;
pub mod drift;
pub mod forge;
pub mod history;
pub mod identity;
pub mod import;
pub mod init;
pub mod labels;
pub mod observe;
pub mod orgs;
pub mod pin;
pub mod plan_org;
pub mod promote;
pub mod retire;
pub mod show;
pub mod undo;
pub mod users;
