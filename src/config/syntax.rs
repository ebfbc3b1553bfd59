//! Turns errors of the YAML parser into the terms of the file's author.

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::model::source::{FileId, Span};
use crate::model::text;

/// The parser's error as a finding with its place.
pub(super) fn diagnostic(error: &ScanError, text: &str, file: FileId, depth_max: usize) -> Diagnostic {
    let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let start = (0..=start).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
    let one = |start: usize| {
        let end = start + text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        Span { file, start: offset(start), end: offset(end) }
    };
    let found = finding(error.kind(), depth_max);
    if let Finding::Syntax { .. } = found {
        if let Some((index, length)) = odd_space_before(text, start) {
            return Diagnostic::at(one(index), odd_space(&text[index..index + length]));
        }
        if let Some(index) = typographic_quote(text, start) {
            let problem = "typographic quotes do not quote in YAML".to_owned();
            return Diagnostic::at(one(index), Finding::Syntax { problem, advice: Some("write `\"`".to_owned()) });
        }
        let looked_from = looked_from(error.kind(), text, start);
        if let Some((index, comment)) = looked_from.and_then(|from| comment_in_brackets(text, from)) {
            let problem = format!("{} is a comment, and the bracket before it is not closed", text::ticked(comment));
            let advice =
                Some("quote the value if it belongs to it; else begin the comment after the bracket".to_owned());
            return Diagnostic::at(one(index), Finding::Syntax { problem, advice });
        }
    }
    Diagnostic::at(one(start), found)
}

const APOSTROPHE: &str = "in 'single quotes' an apostrophe is written twice: 'l''heure'; or use \"double quotes\"";

/// The finding for a text with an unusual space.
pub(super) fn odd_space(text: &str) -> Finding {
    let found = text.chars().find(|c| text::is_odd_space(*c)).map_or(0, u32::from);
    let problem = format!("U+{found:04X} stands here in the place of a space");
    Finding::Syntax { problem, advice: Some("it looks like a space and is none to YAML: type it again".to_owned()) }
}

/// An unusual space where YAML expects an ordinary one: at the start of the error's line or of the two lines before it,
/// or after a mark there. Returns the nearest one with its length.
fn odd_space_before(text: &str, error: usize) -> Option<(usize, usize)> {
    const LINES: usize = 3;
    let end = text[error..].find('\n').map_or(text.len(), |index| error + index);
    let mut ends = end;
    for line in text[..end].rsplit('\n').take(LINES) {
        let begin = ends - line.len();
        let is_expected = |index: usize| {
            let before = line[..index].trim_end_matches(|c: char| c == ' ' || text::is_odd_space(c));
            before.is_empty() || before.ends_with([':', '-', ',', '{', '['])
        };
        let odd = line.char_indices().filter(|(_, c)| text::is_odd_space(*c) && *c != '\u{FEFF}');
        if let Some((index, c)) = odd.into_iter().find(|(index, _)| is_expected(*index)) {
            return Some((begin + index, c.len_utf8()));
        }
        ends = begin.saturating_sub(1);
    }
    None
}

/// The first word of a comment on this line whose `#` is not followed by a space.
pub(super) fn comment_after(text: &str, end: usize) -> Option<(usize, &str)> {
    // Most values end their line.
    if matches!(text.as_bytes().get(end), None | Some(b'\n')) {
        return None;
    }
    let line = text.get(end..)?.lines().next()?;
    let comment = line.trim_start_matches([' ', '\t']);
    let word = comment.split_whitespace().next()?;
    // `#####` is a separator between sections. A single `#` alone is no comment text.
    let is_row = word.trim_start_matches('#').is_empty() && comment.trim_end() != "#";
    let is_meant = comment.len() == line.len() || !word.starts_with('#') || is_row;
    (!is_meant).then(|| (end + line.len() - comment.len(), word))
}

/// Typographic quotes by kind, with the ASCII quote that closes them if only one was replaced.
const QUOTES: [&str; 4] = ["“”„‟＂\"", "‘’‚‛´＇'", "«»", "‹›"];

/// The most characters of a line that are searched for a closing quote.
const QUOTED_CHARS_MAX: usize = 200;

fn quotes(opening: char) -> Option<&'static str> {
    QUOTES.into_iter().find(|it| !opening.is_ascii() && it.contains(opening))
}

/// Is the plain text `value` in typographic quotes? `rest` follows it on its line: in braces, a comma ends it.
pub(super) fn is_in_typographic_quotes(value: &str, rest: &str) -> bool {
    let Some(kind) = value.chars().next().and_then(quotes) else { return false };
    let value: Vec<char> = value.chars().collect();
    let line: Vec<char> = value.iter().copied().chain(rest.chars().take(QUOTED_CHARS_MAX)).collect();
    let is_letter = |index: usize| line.get(index).is_some_and(|it| it.is_alphanumeric());
    // An apostrophe is between two letters.
    let closes = |index: &usize| kind.contains(line[*index]) && !(is_letter(index - 1) && is_letter(index + 1));
    (1..line.len()).find(closes).is_some_and(|index| index + 1 >= value.len())
}

/// The first typographic quote that starts a value in the line of an error.
fn typographic_quote(text: &str, error: usize) -> Option<usize> {
    let begin = text[..error].rfind('\n').map_or(0, |index| index + 1);
    let line = text[begin..].lines().next()?;
    let begins_value = |index: usize| {
        let before = line[..index].trim_end();
        before.is_empty() || before.ends_with([':', '-', ',', '{', '['])
    };
    let mut marks = line.char_indices().filter(|(_, c)| quotes(*c).is_some());
    marks.find(|(index, _)| begins_value(*index)).map(|(index, _)| begin + index)
}

/// From where a bracket that a comment leaves open can be the cause of an error. None if it cannot.
fn looked_from(kind: &ErrorKind, text: &str, error: usize) -> Option<usize> {
    // The line of the error and the two before it.
    const BREAKS: usize = 3;
    match kind {
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => Some(0),
        // The next line is read as more of the value in the bracket.
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement | ErrorKind::InvalidIndentation => {
            let breaks = text[..error].rmatch_indices('\n');
            Some(breaks.map(|(index, _)| index + 1).nth(BREAKS - 1).unwrap_or(0))
        }
        _ => None,
    }
}

/// What begins a comment, without a space after its `#`, in a line whose bracket is not closed before it.
fn comment_in_brackets(text: &str, from: usize) -> Option<(usize, &str)> {
    let mut begin = from;
    for line in text[from..].split_inclusive('\n') {
        for (index, _) in line.match_indices(" #") {
            let count = |marks: [char; 2]| line[..index].matches(marks).count();
            let is_open = count(['{', '[']) > count(['}', ']']);
            if let (true, Some(comment)) = (is_open, comment_after(text, begin + index)) {
                return Some(comment);
            }
        }
        begin += line.len();
    }
    None
}

fn offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn finding(kind: &ErrorKind, depth_max: usize) -> Finding {
    match kind {
        ErrorKind::RecursionLimitExceeded => return Finding::TooDeep { limit: depth_max },
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => return Finding::TabIndentation { count: 1 },
        _ => {}
    }
    let (problem, advice) = words(kind);
    Finding::Syntax { problem, advice: advice.map(str::to_owned) }
}

fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    const QUOTE: &str = "text with `: `, ` #` or a leading special character must be quoted: \"like: this\"";
    const CLOSE: &str = "close the bracket where it ends; quote text with brackets, `,` or `: ` inside: \"like: this\"";
    const COLON: &str = "quote text with `: ` inside: \"like: this\"; or the line before lacks its own `:`";
    let (problem, advice) = match kind {
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. } => ("a `{` or `[` is not closed", None),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket closes nothing that is open", None)
        }
        ErrorKind::ExpectedFlowMappingSeparator => ("a `,` or `}` is expected here", Some(CLOSE)),
        ErrorKind::ExpectedFlowSequenceSeparator => ("a `,` or `]` is expected here", Some(CLOSE)),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quotation mark is not closed", None)
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("there is text after the closing quotation mark", Some(APOSTROPHE))
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate => {
            ("this escape does not exist", Some("write `\\\\` for a backslash, or use 'single quotes'"))
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "there is text after the closing quotation mark",
            Some(
                "close the quotation mark where its text ends, perhaps a line above; inside \"double quotes\" write \\\"",
            ),
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::MappingKeyNotAllowed => (
            "a line `key: value` is expected here",
            Some("check the indentation of this line and of the one before, and look for a missing `:`"),
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            ("there is a `:` where no key can be", Some(COLON))
        }
        ErrorKind::UnexpectedCharacter { .. } | ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            ("no value can begin with this character", Some(QUOTE))
        }
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => {
            ("a list cannot begin here", Some("begin it on a line of its own, or write `[one, two]`"))
        }
        ErrorKind::UnexpectedEof => ("the file ends too early", None),
        // The rest is rare. The parser's own messages are lower-case fragments too.
        other => return (other.to_string(), None),
    };
    (problem.to_owned(), advice)
}
