//! What the YAML parser complains about, in the words of the person who wrote the file.

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::finding::Finding;
use crate::diagnostic::{Diagnostic, FileId, Span};

/// The parser's error as a finding at its place.
#[must_use]
pub(super) fn diagnostic(error: &ScanError, text: &str, file: FileId, depth_max: usize) -> Diagnostic {
    let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let start = (0..=start).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
    let end = start + text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let place = Span { file, start: offset(start), end: offset(end) };
    Diagnostic::at(place, finding(error.kind(), depth_max))
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
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate => {
            ("this escape does not exist", Some("write `\\\\` for a backslash, or use 'single quotes'"))
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("there is text after the closing quotation mark", Some("quote the whole value"))
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::MappingKeyNotAllowed => (
            "a line `key: value` is expected here",
            Some("look at the indentation of this line and of the one before, and for a missing `:`"),
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
        // The rest is rare; the parser's own words are lower-case fragments as well.
        other => return (other.to_string(), None),
    };
    (problem.to_owned(), advice)
}
