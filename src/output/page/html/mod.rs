//! Plans, reports and failures as one page of HTML that needs nothing from elsewhere: no script, no font, no
//! picture. It reads by keyboard and screen reader, light, dark and on paper.

mod base;
mod cause;
mod drift;
mod escape;
mod failure;
mod frame;
mod plan;
mod report;

pub use crate::output::page::html::drift::drift;
pub use crate::output::page::html::escape::{Escaped, escaped, sentence};
pub use crate::output::page::html::failure::failure;
pub use crate::output::page::html::plan::plan;
pub use crate::output::page::html::report::report;
