//! A table for people: a line of headings, columns as wide as what stands in them.

use crate::render::style::Style;
use crate::text::Shown;

/// What stands between two columns.
const GAP: &str = "  ";

/// The text of a table. A row that is too short ends early; what has no heading is left out.
#[must_use]
pub fn table(headings: &[&str], rows: &[Vec<Shown>], style: Style) -> String {
    let width = |column: usize, heading: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|it| measured(it.as_str()));
        cells.chain([measured(heading)]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = headings.iter().enumerate().map(|(column, heading)| width(column, heading)).collect();
    let heading = line(headings.iter().copied(), &widths);
    let mut table = style.bold(&heading);
    table.push('\n');
    for row in rows {
        table.push_str(&line(row.iter().map(Shown::as_str), &widths));
        table.push('\n');
    }
    table
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let padded = cells.zip(widths).map(|(cell, width)| {
        let padding = width.saturating_sub(measured(cell));
        format!("{cell}{}", " ".repeat(padding))
    });
    padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
}

fn measured(shown: &str) -> usize {
    console::measure_text_width(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn columns_stand_below_each_other_in_every_script() {
        let row = |cells: [&str; 3]| cells.map(text::terminal).to_vec();
        let rows = [row(["Meal", "昼食", "a"]), row(["OnQueue", "Lunch\n", ""]), row(["", "Cafe\u{301}", "b"])];
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
}
