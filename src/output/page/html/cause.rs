//! A failure in words, as a part of a page.

use crate::output::page::html::escape::sentence;
use crate::output::page::html::frame::code;
use crate::output::text::cause::{Below, Explained};

/// The sentence, and what stands below it.
pub(super) fn explained<'a>(it: impl Into<Explained<'a>>) -> String {
    let it = it.into();
    format!("<p>{}</p>\n{}", sentence(it.message), below(it))
}

pub(super) fn below(it: Explained<'_>) -> String {
    let paragraph = |it: Below<'_>| match it {
        Below::Help(help) => format!("<p>Help: {}</p>\n", sentence(help)),
        Below::CorrelationId(id) => format!("<p>Correlation id: {}</p>\n", code(id)),
    };
    it.below().map(paragraph).collect::<Vec<_>>().concat()
}
