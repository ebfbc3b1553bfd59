//! A table for people: a line of headings, and columns as wide as their content. On a narrower terminal, each row
//! becomes a block.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::model::names::{ID_CHARS_MIN, is_guid};
use crate::model::text::{self, Shown};
use crate::output::style::Style;

const GAP: &str = "  ";

/// The narrowest values of a block.
const VALUE_COLUMNS_MIN: usize = 20;

/// A column: its heading, and the raw text of its cells.
pub type TableColumn<'a, R> = (&'static str, &'a dyn Fn(&R) -> String);

/// The text of a table, by its columns.
pub fn rows<'a, R: 'a>(columns: &[TableColumn<'_, R>], rows: impl IntoIterator<Item = &'a R>, style: Style) -> String {
    let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
    let cells = |row: &R| columns.iter().map(|(_, cell)| text::terminal(&cell(row))).collect();
    table(&headings, &rows.into_iter().map(cells).collect::<Vec<Vec<Shown>>>(), style)
}

/// The text of a table. A short row ends early. Columns without a heading, and columns without any text, are left out.
pub fn table(headings: &[&str], rows: &[Vec<Shown>], style: Style) -> String {
    let is_used = |column: &usize| rows.is_empty() || rows.iter().any(|row| !cell(row, *column).is_empty());
    let used: Vec<usize> = (0..headings.len()).filter(is_used).collect();
    let headings: Vec<&str> = used.iter().map(|it| headings[*it]).collect();
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| used.iter().map(|it| cell(row, *it)).collect()).collect();
    let width = |(column, heading): (usize, &&str)| {
        let cells = rows.iter().map(|row| measured(row[column]));
        cells.chain([measured(heading)]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = headings.iter().enumerate().map(width).collect();
    let whole = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
    if whole > style.columns && !rows.is_empty() {
        return blocks(&headings, &rows, style);
    }
    let mut table = style.bold(&line(&headings, &widths));
    table.push('\n');
    for row in &rows {
        table.push_str(&line(row, &widths));
        table.push('\n');
    }
    table
}

fn cell(row: &[Shown], column: usize) -> &str {
    row.get(column).map_or("", Shown::as_str)
}

fn line(cells: &[&str], widths: &[usize]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| padded(cell, *width)).collect();
    padded.join(GAP).trim_end().to_owned()
}

fn padded(shown: &str, width: usize) -> String {
    format!("{shown}{}", " ".repeat(width.saturating_sub(measured(shown))))
}

/// One line per non-empty cell, and an empty line between two rows.
fn blocks(headings: &[&str], rows: &[Vec<&str>], style: Style) -> String {
    let names: Vec<String> = headings.iter().map(|it| format!("{it}:")).collect();
    let widest = names.iter().map(|it| measured(it)).max().unwrap_or_default();
    let room = style.columns.saturating_sub(widest + 1).max(VALUE_COLUMNS_MIN);
    let mut shown = String::new();
    for row in rows {
        if !shown.is_empty() {
            shown.push('\n');
        }
        for (name, cell) in names.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            let mut name = style.bold(&padded(name, widest));
            for line in wrapped(cell, room) {
                shown.push_str(format!("{name} {line}").trim_end());
                shown.push('\n');
                name = " ".repeat(widest);
            }
        }
    }
    shown
}

/// The lines of a text, broken after spaces. A word that is wider than a line is broken anywhere.
fn wrapped(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut begin, mut after_space, mut width) = (0, None, 0);
    for (index, character) in text.char_indices() {
        let wide = measured(character.encode_utf8(&mut [0; 4]));
        if character == ' ' {
            after_space = Some(index + 1);
        } else if width + wide > room && index > begin {
            let end = after_space.take().unwrap_or(index);
            lines.push(&text[begin..end]);
            (begin, width) = (end, measured(&text[end..index]));
        }
        width += wide;
    }
    lines.push(&text[begin..]);
    lines
}

/// The ids of a column, each shortened to a prefix that is unique among all ids of the column and those elsewhere.
/// Other texts stay.
pub fn short_ids<'a>(column: &[&'a str], elsewhere: &[&'a str]) -> Vec<&'a str> {
    let all: BTreeSet<&str> = column.iter().chain(elsewhere).copied().collect();
    column.iter().map(|id| short(id, &all)).collect()
}

fn short<'a>(id: &'a str, all: &BTreeSet<&str>) -> &'a str {
    if !is_guid(id) {
        return id;
    }
    let before = all.range::<str, _>((Bound::Unbounded, Bound::Excluded(id))).next_back();
    let after = all.range::<str, _>((Bound::Excluded(id), Bound::Unbounded)).next();
    let alike = |other: &&str| id.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let unique = before.into_iter().chain(after).map(alike).max().map_or(0, |it| it + 1);
    id.get(..unique.max(ID_CHARS_MIN)).unwrap_or(id)
}

fn measured(shown: &str) -> usize {
    console::measure_text_width(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<const N: usize>(rows: &[[&str; N]]) -> Vec<Vec<Shown>> {
        rows.iter().map(|row| row.map(text::terminal).to_vec()).collect()
    }

    #[test]
    fn columns_stand_below_each_other_in_every_script() {
        let rows = cells(&[["Meal", "昼食", "a"], ["OnQueue", "Lunch\n", ""], ["", "Cafe\u{301}", "b"]]);
        assert_eq!(
            table(&["SYSTEM", "LABEL", "ID"], &rows, Style::PLAIN),
            "SYSTEM   LABEL    ID\n\
             Meal     昼食     a\n\
             OnQueue  Lunch\\n\n\
             \u{20}        Cafe\u{301}     b\n"
        );
    }

    #[test]
    fn headings_stand_out_where_colour_is_asked_for() {
        assert_eq!(table(&["A"], &[], Style::COLORED), "\u{1b}[1mA\u{1b}[0m\n");
    }

    #[test]
    fn a_column_that_holds_nothing_is_left_out() {
        let rows = cells(&[["Meal", "", "a"], ["Busy", "", ""]]);
        assert_eq!(table(&["SYSTEM", "LABEL", "ID"], &rows, Style::PLAIN), "SYSTEM  ID\nMeal    a\nBusy\n");
    }

    #[test]
    fn each_row_is_a_block_where_the_terminal_is_narrow() {
        let rows = cells(&[["Meal", "Lunch  and a walk after lunch"], ["Busy", ""], ["", "昼食昼食昼食昼食昼食昼食"]]);
        let shown = |columns| table(&["SYSTEM", "LABEL"], &rows, Style { columns, ..Style::PLAIN });
        assert_eq!(
            shown(36),
            "SYSTEM: Meal\n\
             LABEL:  Lunch  and a walk after\n\
             \u{20}       lunch\n\
             \n\
             SYSTEM: Busy\n\
             \n\
             LABEL:  昼食昼食昼食昼食昼食昼食\n"
        );
        assert_eq!(
            shown(28),
            "SYSTEM: Meal\n\
             LABEL:  Lunch  and a walk\n\
             \u{20}       after lunch\n\
             \n\
             SYSTEM: Busy\n\
             \n\
             LABEL:  昼食昼食昼食昼食昼食\n\
             \u{20}       昼食\n"
        );
        assert!(shown(37).starts_with("SYSTEM  LABEL\nMeal    Lunch  and"), "{}", shown(37));
    }

    #[test]
    fn an_id_is_as_short_as_tells_it_from_all_others() {
        let id = |begin: &str| format!("{begin}{}", &"00000000-0000-4000-8000-000000000000"[begin.len()..]);
        let ids = ["2fa68d50-1", "2fa68d50-12", "7ffa01cd", "8c2f6d1e"].map(id);
        let [a, b, c, d] = [&ids[0], &ids[1], &ids[2], &ids[3]].map(String::as_str);
        assert_eq!(short_ids(&[c, "o-1", a, c], &[]), ["7ffa01cd", "o-1", "2fa68d50", "7ffa01cd"]);
        assert_eq!(short_ids(&[b, a], &[d]), ["2fa68d50-12", "2fa68d50-10"]);
        assert_eq!(short_ids(&[a], &[b]), ["2fa68d50-10"], "what is shown below counts");
    }
}
