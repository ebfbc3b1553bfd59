//! Markdown as a parser of GitHub's dialect reads it, with every extension on that a host might have.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};

/// What a page consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// The kinds of its blocks, in order.
    pub(super) blocks: Vec<&'static str>,
    /// The spans of code, as they read.
    pub(super) code: Vec<String>,
    /// What is text, and not code, joined.
    pub(super) text: String,
    /// What has no business in a page of ours.
    pub(super) strangers: Vec<String>,
    /// HTML, unchanged.
    pub(super) html: Vec<String>,
}

pub(super) fn parsed(markdown: &str) -> Parsed {
    let arena = Arena::new();
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.inline_footnotes = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.alerts = true;
    extension.superscript = true;
    let mut found = Parsed::default();
    visit(parse_document(&arena, markdown, &options), &mut found);
    found
}

fn visit<'a>(node: &'a AstNode<'a>, found: &mut Parsed) {
    match &node.data.borrow().value {
        NodeValue::Document | NodeValue::Strong | NodeValue::SoftBreak => {}
        NodeValue::Text(text) => found.text.push_str(text),
        NodeValue::Code(code) => found.code.push(code.literal.clone()),
        NodeValue::HtmlInline(html) => found.html.push(html.trim().to_owned()),
        NodeValue::HtmlBlock(block) => found.html.push(block.literal.trim().to_owned()),
        NodeValue::Paragraph => found.blocks.push("paragraph"),
        NodeValue::Heading(_) => found.blocks.push("heading"),
        NodeValue::List(_) => found.blocks.push("list"),
        NodeValue::Item(_) => found.blocks.push("item"),
        NodeValue::CodeBlock(_) => found.blocks.push("lines"),
        NodeValue::BlockQuote => found.blocks.push("quote"),
        NodeValue::Table(_) => found.blocks.push("table"),
        NodeValue::TableRow(_) => found.blocks.push("row"),
        NodeValue::TableCell => found.blocks.push("cell"),
        other => found.strangers.push(format!("{other:?}")),
    }
    for child in node.children() {
        visit(child, found);
    }
}
