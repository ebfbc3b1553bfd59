//! A table as CSV: UTF-8, a line of headings, every record on one line, and no cell that a spreadsheet
//! would take for a formula.

use crate::text;

/// The text of a table. Cells are raw; each is made safe here.
#[must_use]
pub fn csv(headings: &[String], rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in std::iter::once(headings).chain(rows.iter().map(Vec::as_slice)) {
        // A vector takes whatever it is given, and every record has the width of the headings.
        let _ = writer.write_record(record.iter().map(|it| safe(it)));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Characters that act on their surroundings, and commands to a runner, are escaped, and what would begin a formula gets an
/// apostrophe before it. What else cannot be seen stays: emoji and many scripts need it.
fn safe(raw: &str) -> String {
    let acts = |c: char| c.is_control() || text::is_bidi_control(c);
    let mut visible = String::with_capacity(raw.len());
    for c in raw.chars() {
        if acts(c) { visible.push_str(text::terminal(&c.to_string()).as_str()) } else { visible.push(c) }
    }
    let visible = text::without_commands(visible);
    if visible.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{visible}") } else { visible }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader of CSV gets.
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
