//! Verifies an edit independently of the code that made it.

use crate::config::edit::changes::{Changes, EntryChange};
use crate::config::edit::layout::{Remark, TextLayout, at_path, remarks};
use crate::config::edit::meaning::{self, Meaning};
use crate::config::edit::request::{EntryComment, MapEntries, read};
use crate::config::tree::{Node, Spanned};

pub(super) const ELSEWHERE: &str = "what the file says elsewhere";

fn expected(tree: &Spanned<Node>, changes: &Changes) -> Meaning {
    match meaning::of(tree) {
        Meaning::Map(before) => Meaning::Map(meaning::after(before, changes)),
        other => other,
    }
}

/// Does the edited text have the meaning of the original with these changes?
pub(super) fn means(text: &str, changes: &Changes, edited: &str) -> bool {
    match (read(text), read(edited)) {
        (Some(before), Some(after)) => meaning::of(&after) == expected(&before, changes),
        _ => false,
    }
}

/// The fault of an edited text. `None` if it can be written.
pub(super) fn fault(text: &str, tree: &Spanned<Node>, changes: &Changes, edited: &str) -> Option<&'static str> {
    let Node::Map(entries) = &tree.value else { return Some("the file") };
    let Some(after) = read(edited) else { return Some("the file into one that does not read") };
    if meaning::of(&after) != expected(tree, changes) {
        return Some(ELSEWHERE);
    }
    let mut touched =
        Touched { layout: TextLayout { text }, lines: Vec::new(), gone: Vec::new(), comments: Vec::new() };
    let in_braces = touched.layout.is_flow(tree);
    if in_braces {
        touched.lines.push((0, text.len()));
    }
    touched.changes(entries, &[], changes, in_braces);
    if comments(text, tree, &touched, edited, &after) {
        return Some("a comment, or the entry that it stands at");
    }
    if !lines_stay(text, &touched.lines, edited) {
        return Some("a line that it is not about");
    }
    // If every line of the file ends with CRLF, new ones do too.
    let bare_ends = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
    (bare_ends(text) == 0 && bare_ends(edited) > 0).then_some("the line ends of the file")
}

/// The parts of a file that the changes may affect.
struct Touched<'a> {
    layout: TextLayout<'a>,
    /// Byte ranges of whole lines.
    lines: Vec<(usize, usize)>,
    /// Byte ranges of removed lines.
    gone: Vec<(usize, usize)>,
    /// New comments, with the entry of each.
    comments: Vec<(Vec<String>, bool, String)>,
}

impl Touched<'_> {
    /// A comment cannot be inside braces, so new comments there are dropped.
    fn changes(&mut self, entries: &MapEntries, above: &[String], changes: &Changes, in_braces: bool) {
        for (key, change) in changes {
            let path: Vec<String> = above.iter().chain([key]).cloned().collect();
            let found = at_path(entries, std::slice::from_ref(key));
            match (found, change) {
                (None, change) if !in_braces => self.new_comments(&path, change),
                (None, _) => {}
                (Some((key, value)), EntryChange::Remove) => self.removed(key, value),
                (Some((key, value)), EntryChange::Map(inner, _)) => {
                    let is_empty = !matches!(&value.value, Node::Map(below) if !below.is_empty());
                    let is_flow = self.layout.is_flow(value);
                    if is_empty || is_flow {
                        self.whole(key, value);
                    }
                    let below: &MapEntries = if let Node::Map(below) = &value.value { below } else { &[] };
                    self.changes(below, &path, inner, in_braces || (is_flow && !is_empty));
                }
                (Some((key, value)), EntryChange::Leaf(..) | EntryChange::Append(..)) => self.whole(key, value),
            }
        }
    }

    fn whole(&mut self, key: &Spanned<String>, value: &Spanned<Node>) {
        let start = self.layout.line_start(key.place.start as usize);
        self.lines.push((start, self.layout.next_line(self.layout.content_end(key, value))));
    }

    fn removed(&mut self, key: &Spanned<String>, value: &Spanned<Node>) {
        let start = key.place.start as usize;
        let lines = (self.layout.first_line(start), self.layout.last_line(key, value));
        self.lines.push(lines);
        // In the middle of a line, only the entry is removed, with its content.
        let is_alone = self.layout.column(start).is_some();
        self.gone.push(if is_alone { lines } else { (start, self.layout.content_end(key, value)) });
    }

    fn new_comments(&mut self, path: &[String], change: &EntryChange) {
        if let EntryChange::Leaf(_, EntryComment { above, beside })
        | EntryChange::Map(_, EntryComment { above, beside })
        | EntryChange::Append(_, EntryComment { above, beside }) = change
        {
            self.comments.extend(above.iter().map(|it| (path.to_owned(), false, it.clone())));
            self.comments.extend(beside.iter().map(|it| (path.to_owned(), true, it.clone())));
        }
        if let EntryChange::Map(inner, _) = change {
            for (key, change) in inner {
                let path: Vec<String> = path.iter().chain([key]).cloned().collect();
                self.new_comments(&path, change);
            }
        }
    }
}

/// Is a comment missing, unexpected, or at another entry?
fn comments(text: &str, tree: &Spanned<Node>, touched: &Touched<'_>, edited: &str, after: &Spanned<Node>) -> bool {
    let is_gone = |it: &Remark| touched.gone.iter().any(|(start, end)| (*start..*end).contains(&it.start));
    let known = |it: Remark| (it.owner.unwrap_or_default(), it.is_beside, it.text);
    let mut expected: Vec<_> = remarks(text, tree).into_iter().filter(|it| !is_gone(it)).map(known).collect();
    expected.extend(touched.comments.iter().cloned());
    let mut found: Vec<_> = remarks(edited, after).into_iter().map(known).collect();
    expected.sort();
    found.sort();
    expected != found
}

/// Is every untouched line still there, byte by byte and in order?
fn lines_stay(text: &str, touched: &[(usize, usize)], edited: &str) -> bool {
    let mut new = edited.split_inclusive('\n');
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let is_touched = touched.iter().any(|(from, to)| (*from..*to).contains(&(start + line.len() - 1)));
        start += line.len();
        if !is_touched && !new.any(|it| without_mark(it) == without_mark(line)) {
            return false;
        }
    }
    true
}

/// The first line may change, but the byte-order mark stays.
fn without_mark(line: &str) -> &str {
    line.strip_prefix('\u{FEFF}').unwrap_or(line)
}
