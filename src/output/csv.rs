//! A table as CSV: UTF-8, a line of headings, one line per record, and no cell that a spreadsheet would read as a
//! formula.

use crate::model::formula::guarded;
use crate::model::{ci_commands, text};
use crate::output::table::TableColumn;

/// The text of a table, by its columns.
pub fn records<'a, R: 'a>(columns: &[TableColumn<'_, R>], rows: impl IntoIterator<Item = &'a R>) -> String {
    let headings: Vec<String> = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let cells = |row: &R| columns.iter().map(|(_, cell)| cell(row)).collect();
    csv(&headings, &rows.into_iter().map(cells).collect::<Vec<Vec<String>>>())
}

/// The text of a table. Cells are raw and made safe here.
pub fn csv(headings: &[String], rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in std::iter::once(headings).chain(rows.iter().map(Vec::as_slice)) {
        // Writing to memory cannot fail, and every record has the width of the headings.
        let _ = writer.write_record(record.iter().map(|it| safe(it)));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Escapes hidden and effective characters and CI commands, and puts an apostrophe before a formula. All kinds of
/// spaces stay, and the characters that emoji and scripts need.
fn safe(raw: &str) -> String {
    let mut visible = String::with_capacity(raw.len());
    let mut before = Before::Nothing;
    let mut flag = "";
    for (index, c) in raw.char_indices() {
        if c == FLAG {
            flag = flag_tags(&raw[index + c.len_utf8()..]);
        }
        let is_tag = flag.starts_with(c) && is_tag(c);
        if is_tag {
            flag = &flag[c.len_utf8()..];
        }
        let stays = is_tag || stays(c, before);
        if stays {
            visible.push(c);
        } else {
            visible.push_str(text::terminal(&c.to_string()).as_str());
        }
        before = match c {
            _ if !stays => Before::Nothing,
            _ if is_selector(c) => Before::Selector,
            JOINER | NON_JOINER => Before::Joiner,
            _ => Before::Visible,
        };
    }
    guarded(&ci_commands::without_commands(&visible))
}

/// The relevant kind of the preceding character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Visible,
    Selector,
    Joiner,
}

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
/// The start of the flags of England, Scotland and Wales. Tag characters follow it.
const FLAG: char = '\u{1F3F4}';
const TAGS_END: char = '\u{E007F}';
/// The longest tag sequence is the code of a part of a country.
const TAGS_MAX: usize = 7;

/// Variation selectors choose the look of the preceding character.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}' | '\u{180F}')
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}' | TAGS_END)
}

/// The tag characters of a flag, if they form one.
fn flag_tags(after: &str) -> &str {
    let tags = after.split_inclusive(TAGS_END).next().unwrap_or_default();
    let is_flag = tags.ends_with(TAGS_END) && tags.chars().all(is_tag) && tags.chars().count() <= TAGS_MAX;
    if is_flag { tags } else { "" }
}

fn stays(c: char, before: Before) -> bool {
    match c {
        JOINER | NON_JOINER => matches!(before, Before::Visible | Before::Selector),
        c if is_selector(c) => before == Before::Visible,
        '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}' => false,
        c => !c.is_control() && !text::is_ignorable(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let cells = ["Lunch", "", " a ", "a,b", "\"quoted\"", "it's", "昼食", "👩\u{200D}🍳", "a;b"];
        let row: Vec<String> = cells.iter().map(|it| (*it).to_owned()).collect();
        let text = csv(&row, &[row.clone(), row.clone()]);
        assert_eq!(read(&text), [row.clone(), row.clone(), row]);
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_but_for_what_writing_needs() {
        let england = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
        for kept in ["❤\u{FE0F}\u{200D}🔥", "می\u{200C}خواهم", "क्\u{200D}ष", "葛\u{E0100}", "1\u{A0}000", england]
        {
            assert_eq!(safe(kept), kept);
        }
        for (raw, shown) in [
            ("a\u{200B}b\u{2060}\u{FEFF}\u{AD}\u{3164}", "a\\u200Bb\\u2060\\uFEFF\\xAD\\u3164"),
            ("\u{200D}a\u{200D}\u{200D}", "\\u200Da\u{200D}\\u200D"),
            ("a\u{FE0F}\u{FE0E}\u{FE0F}", "a\u{FE0F}\\uFE0E\\uFE0F"),
            ("a\u{E0061}\u{E007F}", "a\\U000E0061\\U000E007F"),
            ("\u{1F3F4}\u{E0061}b", "\u{1F3F4}\\U000E0061b"),
            ("\u{FFF0}\u{E0FFF}\u{2028}", "\\uFFF0\\U000E0FFF\\u2028"),
            ("##vso[x]", "#\\x23vso[x]"),
        ] {
            assert_eq!(safe(raw), shown, "{raw:?}");
        }
    }

    #[test]
    fn nothing_is_a_formula_and_nothing_acts_on_a_terminal() {
        let raw = [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            " =1",
            "\t=1",
            "\r\n",
            "a\u{1b}[31m",
            "\u{202E}evil",
            "1-1",
            "##[x]",
            " ::a::b",
        ];
        let text = csv(&raw.map(str::to_owned), &[]);
        let cells = read(&text).remove(0);
        assert_eq!(
            cells,
            [
                "'=1+1",
                "'+1",
                "'-1",
                "'@SUM(A1)",
                "' =1",
                "\\t=1",
                "\\r\\n",
                "a\\x1B[31m",
                "\\u202Eevil",
                "1-1",
                "#\\x23[x]",
                " \\x3A:a::b"
            ]
        );
        assert_eq!(text.lines().count(), 1);
    }
}
