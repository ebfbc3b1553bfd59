//! Makes strings from outside safe to show. It also has small grammar for sentences: plurals and lists.
//!
//! Every label, name or message from the org or a file is hostile to a terminal. Control characters move the cursor,
//! bidirectional overrides reorder what a reviewer reads, and zero-width characters hide differences.
//! They all become visible escapes here, in the spelling of YAML and JSON (`\u202E`). So do the commands that a CI
//! would read from its log.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::model::ci_commands::{ESCAPED_MARK, without_commands, without_inner_commands};

/// Text without effect on a terminal: hidden characters are escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown(String);

impl Shown {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One line of text for a terminal. Line breaks are escaped too.
pub fn terminal(raw: &str) -> Shown {
    let mut safe = String::with_capacity(raw.len());
    for c in raw.chars() {
        if is_hidden(c) {
            escape_into(&mut safe, c);
        } else {
            safe.push(c);
        }
    }
    Shown(without_commands(&safe))
}

/// A label in quotes, shortened and safe to show.
pub fn quoted(label: &str) -> String {
    format!("\"{}\"", within_quotes(&shortened(label)))
}

/// Text between double quotes on a terminal. Like [`terminal`], and escapes `"` and `\` too, so that its end is certain
/// and no typed text looks like an escape.
pub fn within_quotes(raw: &str) -> Shown {
    let mut safe = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            _ if is_hidden(c) => escape_into(&mut safe, c),
            _ => safe.push(c),
        }
    }
    Shown(without_inner_commands(&safe, ESCAPED_MARK))
}

/// Does it contain right-to-left text? A terminal with bidi support would reorder its line.
pub fn runs_right_to_left(raw: &str) -> bool {
    raw.chars().any(|c| {
        matches!(c,
            '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
    })
}

/// Does this character act on its surroundings, or is it invisible?
///
/// It covers controls (Cc), format characters (Cf: bidirectional marks and overrides, zero-width, tags), line and
/// paragraph separators, blank Braille, and spaces that look like an ordinary one.
/// It also covers `Default_Ignorable_Code_Point`, which is invisible without a suitable font, and noncharacters, some
/// of which YAML accepts only as escapes.
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control() || is_ignorable(c) || is_format(c) || is_blank(c) || is_noncharacter(c)
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{FDD0}'..='\u{FDEF}') || u32::from(c) & 0xFFFE == 0xFFFE
}

/// A space other than the ordinary one, a tab or a line break. YAML treats it as a letter.
pub fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && (c.is_whitespace() || c == '\u{FEFF}')
}

/// What to do about a name with an unusual space or an invisible character. `None` if it has neither.
pub fn unseen_in_name(name: &str) -> Option<String> {
    let unseen = name.chars().find(|c| is_odd_space(*c) || is_hidden(*c))?;
    let what =
        if unseen.is_whitespace() { "a space that is not the one of the space bar" } else { "which cannot be seen" };
    Some(format!("it contains U+{:04X}, {what}: type it again", u32::from(unseen)))
}

/// Why bytes are not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    Utf16,
    Utf32,
    /// The byte at this index is not UTF-8.
    NotUtf8(usize),
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotText::Utf16 => f.write_str("it is UTF-16, as `>` in Windows PowerShell writes it: save it as UTF-8"),
            NotText::Utf32 => f.write_str("it is UTF-32: save it as UTF-8"),
            NotText::NotUtf8(_) => f.write_str("it is not UTF-8"),
        }
    }
}

/// The bytes of a text without the byte-order mark that some editors add.
pub fn without_mark(bytes: &[u8]) -> Result<&[u8], NotText> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..]
        | [0, 0, 0xFE, 0xFF, ..]
        | [1..=0xFF, 0, 0, 0, 1..=0xFF, ..]
        | [0, 0, 0, 1..=0xFF, ..] => Err(NotText::Utf32),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0xFF, ..] | [1..=0xFF, 0, 1..=0xFF, 0, ..] => Err(NotText::Utf16),
        _ => Ok(bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes)),
    }
}

/// The text of a file without a byte-order mark.
pub fn of_bytes(bytes: &[u8]) -> Result<&str, NotText> {
    let text = without_mark(bytes)?;
    str::from_utf8(text).map_err(|error| NotText::NotUtf8(bytes.len() - text.len() + error.valid_up_to()))
}

/// The characters that reorder the text around them.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Is it invisible, whether it has an effect or not? (Unicode's `Default_Ignorable_Code_Point`.)
pub fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The format characters (Cf) that are not ignorable.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{0600}'..='\u{0605}' | '\u{06DD}' | '\u{070F}' | '\u{0890}'..='\u{0891}' | '\u{08E2}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}')
}

fn is_blank(c: char) -> bool {
    matches!(c, '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{2800}')
}

fn escape_into(out: &mut String, c: char) {
    let code = u32::from(c);
    // Writing to a String cannot fail.
    let _ = match code {
        0x0A => out.write_str("\\n"),
        0x0D => out.write_str("\\r"),
        0x09 => out.write_str("\\t"),
        0..=0xFF => write!(out, "\\x{code:02X}"),
        0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}

/// `1 label`, `2 labels`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `a`, `a and b`, `a, b and c`, with the given conjunction.
pub fn list<T: fmt::Display>(items: &[T], joined_by: &str) -> String {
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(if index + 1 == items.len() { joined_by } else { "," });
            text.push(' ');
            if index + 1 == items.len() {
                // The conjunction is between two spaces, a comma before one.
                text.insert(text.len() - 1 - joined_by.len(), ' ');
            }
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{item}");
    }
    text
}

/// Names, and the number of further ones.
pub fn list_and(mut names: Vec<String>, more: usize) -> String {
    names.extend((more > 0).then(|| format!("{more} more")));
    list(&names, "and")
}

/// One word of a command line. A shell's special characters are quoted.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The most names in a sentence. The rest is counted.
const NAMED_MAX: usize = 3;

/// The first names, and the number of further ones: `a, b, c (10 more)`.
pub fn some<T: fmt::Display>(names: &[T]) -> String {
    let first: Vec<String> = names.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    match names.len().saturating_sub(NAMED_MAX) {
        0 => list(&first, "and"),
        more => format!("{} ({more} more)", first.join(", ")),
    }
}

/// A foreign name between backticks, in a sentence of ours. Its own backticks are escaped. Otherwise the rest of the
/// name would be read as Markdown.
pub fn ticked(name: impl fmt::Display) -> String {
    format!("`{}`", unticked(name))
}

/// The message about several ids with the typed prefix.
pub fn ambiguous<T: fmt::Display>(typed: &str, ids: &[T]) -> String {
    let ids: Vec<String> = ids.iter().map(ticked).collect();
    format!("{} begins more than one id: {}", ticked(typed), some(&ids))
}

/// Foreign text in a sentence of ours, without backticks.
pub fn unticked(text: impl fmt::Display) -> String {
    text.to_string().replace('`', "\\x60")
}

/// The most characters of a label in texts. Documents have the whole label.
const SHOWN_CHARS_MAX: usize = 300;

/// A label in texts. A very long one is cut, and its length is shown.
pub fn shortened(label: &str) -> Cow<'_, str> {
    match label.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}… ({} characters)", &label[..end], label.chars().count())),
        None => Cow::Borrowed(label),
    }
}

/// A sentence of ours with very long names shortened.
pub fn with_short_names(sentence: &str) -> Cow<'_, str> {
    if sentence.len() <= SHOWN_CHARS_MAX {
        return Cow::Borrowed(sentence);
    }
    let part = |(is_code, part): (bool, &str)| if is_code { format!("`{}`", shortened(part)) } else { part.to_owned() };
    Cow::Owned(code_spans(sentence).map(part).collect())
}

/// The same sentence of ours without the ids of objects, which are other ones in each org: `(Meal, ID)` becomes
/// `(Meal)`, `(ID, deactivated)` becomes `(deactivated)`, and ` (ID)` is left out. Foreign names, which are between
/// backticks, stay as they are.
pub fn without_ids(sentence: &str, is_object: impl Fn(&str) -> bool) -> String {
    let plain = |part: &str| {
        let (mut text, mut rest) = (String::with_capacity(part.len()), part);
        while let Some(c) = rest.chars().next() {
            if let Some((kept, after)) = after_id(rest, &is_object) {
                text.push_str(kept);
                rest = after;
            } else {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        text
    };
    let part = |(is_code, part): (bool, &str)| if is_code { part.to_owned() } else { plain(part) };
    code_spans(sentence).map(part).collect::<Vec<_>>().join("`")
}

/// The text behind an id that it begins with, and what stays in its place.
fn after_id<'t>(text: &'t str, is_object: &impl Fn(&str) -> bool) -> Option<(&'static str, &'t str)> {
    let behind = |before: &str| {
        let text = text.strip_prefix(before)?;
        is_object(text.get(..ID_CHARS)?).then(|| &text[ID_CHARS..])
    };
    if let Some(rest) = behind(" (").and_then(|it| it.strip_prefix(')')) {
        return Some(("", rest));
    }
    if let Some(rest) = behind("(").and_then(|it| it.strip_prefix(", ")) {
        return Some(("(", rest));
    }
    behind(", ").filter(|it| it.starts_with([')', ','])).map(|it| ("", it))
}

/// The length of a GUID.
const ID_CHARS: usize = 36;

/// Splits a sentence of ours at its backticks. The flag is true for the text between them. An unpaired backtick is
/// plain text.
pub fn code_spans(sentence: &str) -> impl Iterator<Item = (bool, &str)> {
    let last = sentence.matches('`').count();
    sentence.split('`').enumerate().map(move |(index, part)| (index % 2 == 1 && index < last, part))
}

pub fn capitalized(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The longest name that is compared with others, in characters: a comparison costs the product of both lengths.
const COMPARED_LENGTH_MAX: usize = 100;

/// Is this label allowed only for a pinned definition?
pub fn is_odd_label(raw: &str) -> bool {
    raw.trim().is_empty() || control_or_override(raw).is_some()
}

/// The first character that moves a cursor or reorders text, described. Marks such as U+200F do not count: Arabic and
/// Hebrew labels need them.
pub fn control_or_override(text: &str) -> Option<String> {
    let found =
        text.chars().find(|c| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))?;
    let kind = if found.is_control() { "control" } else { "bidirectional-override" };
    Some(format!("the {kind} character U+{:04X}", u32::from(found)))
}

/// The nearest of `known` to a mistyped name, if one is near enough.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    if length > COMPARED_LENGTH_MAX {
        return None;
    }
    let near = |distance: usize, name: &str| distance * 3 <= name.chars().count().max(length) + 1;
    known
        .into_iter()
        // Names of very different lengths are never near.
        .filter(|name| near(name.chars().count().abs_diff(length), name))
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .filter(|(distance, name)| near(*distance, name))
        .min()
        .map(|(_, name)| name)
}

/// A JSON document that is safe on a terminal. The pretty printer only adds line breaks and spaces, so hidden
/// characters are inside strings, where an escape reads back as the same character.
pub fn without_hidden(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04X}");
            }
        } else {
            safe.push(c);
        }
    }
    // A CI runner may read the log with this document.
    without_inner_commands(&safe, "\\u0023")
}

/// The path that may be meant by one that does not exist: the same with `/` for `\`, a similar name in its folder, or
/// the same name in a similar folder. `names_in` returns nothing for a path that is no folder.
pub fn nearest_path(
    path: &Path,
    is_there: &dyn Fn(&Path) -> bool,
    names_in: &dyn Fn(&Path) -> Option<Vec<String>>,
) -> Option<PathBuf> {
    // So Windows parts folders.
    let slashed = path.to_str().map(|it| PathBuf::from(it.replace('\\', "/")));
    if let Some(slashed) = slashed.filter(|it| *it != path && is_there(it)) {
        return Some(slashed);
    }
    let folder = path.parent()?;
    let opened = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if !is_there(opened) {
        let other = nearest_path(folder, is_there, names_in)?.join(path.file_name()?);
        return is_there(&other).then_some(other);
    }
    let names = names_in(opened)?;
    let near = nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(folder.join(near))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ci_commands;

    #[test]
    fn ids_are_left_out_and_the_rest_stays() {
        let (id, other) = ("436f8417-0000-4000-8000-000000000002", "436f8417-0000-4000-8000-000000000003");
        let told = |sentence: &str| without_ids(&sentence.replace("ID", id), |it| it == id);
        assert_eq!(told("looks like `Lunch` (Meal, ID)"), "looks like `Lunch` (Meal)");
        assert_eq!(told("exists under Break (ID) and Busy (ID)"), "exists under Break and Busy");
        assert_eq!(
            told("pinned to ID, which (ID, deactivated) is (Meal, ID, the platform's own) (short)"),
            format!("pinned to {id}, which (deactivated) is (Meal, the platform's own) (short)")
        );
        // It is a part of a name, or the id of something else.
        for sentence in ["it looks like `Lunch (ID)` (Meal)", "`Lunch, ID)`", "`a` and `(ID, b`"] {
            assert_eq!(told(sentence), sentence.replace("ID", id));
        }
        assert_eq!(told(&format!("under Meal ({other}) (ID)")), format!("under Meal ({other})"));
        assert_eq!(told("an odd ` (ID)"), "an odd `");
        assert_eq!(told("ä, (é"), "ä, (é");
    }

    #[test]
    fn nothing_hidden_passes_a_terminal() {
        assert_eq!(terminal("L\u{1b}[31mRED\u{202E}evil\u{200B}\n").as_str(), "L\\x1B[31mRED\\u202Eevil\\u200B\\n");
        assert_eq!(terminal("Café 昼食 غداء 🍽").as_str(), "Café 昼食 غداء 🍽");
    }

    /// Compared with the tables of ICU: a new version of Unicode may add characters.
    #[test]
    fn everything_that_unicode_calls_invisible_is_hidden() {
        use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
        use icu_properties::{CodePointMapData, CodePointSetData};
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let category = CodePointMapData::<GeneralCategory>::new();
        let mut count = 0;
        for c in '\0'..=char::MAX {
            assert_eq!(is_ignorable(c), ignorable.contains(c), "{:04X}", u32::from(c));
            if ignorable.contains(c) || category.get(c) == GeneralCategory::Format {
                assert!(is_hidden(c), "{:04X}", u32::from(c));
                assert!(terminal(&c.to_string()).as_str().starts_with('\\'));
                count += 1;
            }
        }
        assert!(count > 4_000, "{count}");
    }

    #[test]
    fn nothing_is_a_command_to_a_runner() {
        assert_eq!(terminal("##vso[task.setvariable x]y").as_str(), "#\\x23vso[task.setvariable x]y");
        assert_eq!(within_quotes("a##teamcity[x] ##VSO[").as_str(), "a#\\x23teamcity[x] #\\x23VSO[");
        assert_eq!(terminal("##vso x[ #vso[ ##v1[").as_str(), "##vso x[ #vso[ ##v1[");
        assert_eq!(ci_commands::parts_without_commands(["a##v", "so", "[b##["]), ["a#\\x23v", "so", "[b#\\x23["]);
        assert_eq!(ci_commands::parts_without_commands(["##", "", "x"]), ["##", "", "x"]);
        assert_eq!(terminal("a ##[error]b ###[x").as_str(), "a #\\x23[error]b ##\\x23[x");
        assert_eq!(within_quotes("##[error]").as_str(), "#\\x23[error]");
        assert_eq!(terminal("## [a] #[b]").as_str(), "## [a] #[b]");
        assert_eq!(terminal("::error::x").as_str(), "\\x3A:error::x");
        assert_eq!(terminal("  :::").as_str(), "  \\x3A::");
        assert_eq!(terminal("a ::error::x").as_str(), "a ::error::x");
        assert_eq!(within_quotes("::error::x").as_str(), "::error::x");
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        let spans = |sentence: &'static str| code_spans(sentence).collect::<Vec<_>>();
        assert_eq!(spans("a `b` c"), [(false, "a "), (true, "b"), (false, " c")]);
        assert_eq!(spans("`b`"), [(false, ""), (true, "b"), (false, "")]);
        assert_eq!(spans("a ` b"), [(false, "a "), (false, " b")]);
        assert_eq!(spans("a"), [(false, "a")]);
    }

    #[test]
    fn a_very_long_name_is_shortened_for_people() {
        let long = "x".repeat(70_000);
        let shown = with_short_names(&format!("`lunch` was {} before", ticked(&long))).into_owned();
        assert!(shown.starts_with("`lunch` was `xxx") && shown.ends_with("… (70000 characters)` before"), "{shown}");
        assert!(shown.len() < 400);
        assert_eq!(with_short_names("`a` ` b"), "`a` ` b");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list(&["a"], "and"), "a");
        assert_eq!(list(&["a", "b"], "and"), "a and b");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
    }

    #[test]
    fn a_word_of_a_command_line_stays_one() {
        let quoted = ["a/b_1.yaml", "", "a b", "it's", "$HOME", "Büro"].map(shell_word);
        assert_eq!(quoted, ["a/b_1.yaml", "''", "'a b'", r"'it'\''s'", "'$HOME'", "Büro"]);
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        assert_eq!(nearest("Braek", ["Break", "Busy"]), Some("Break"));
        assert_eq!(nearest("meal", ["Meal", "Meeting"]), Some("Meal"));
        assert_eq!(nearest("Unicorn", ["Meal", "Meeting"]), None);
        let long = "x".repeat(COMPARED_LENGTH_MAX + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
