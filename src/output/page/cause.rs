//! A failure in words, as Markdown.

use crate::output::page::markdown_escape::Inline;
use crate::output::text::cause::{Below, Explained};

pub(super) fn in_one_line<'a>(it: impl Into<Explained<'a>>) -> String {
    let it = it.into();
    std::iter::once(Inline::prose(it.message).to_string()).chain(below(it)).collect::<Vec<_>>().join("<br>")
}

pub(super) fn below(it: Explained<'_>) -> Vec<String> {
    let shown = |it: Below<'_>| match it {
        Below::Help(help) => format!("Help: {}", Inline::prose(help)),
        Below::CorrelationId(id) => format!("Correlation id: {}", Inline::code(id)),
    };
    it.below().map(shown).collect()
}
