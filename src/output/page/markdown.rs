//! A page of Markdown that never passes its limit: what does not fit is left out at whole rows, and said to be.

use std::fmt::Write as _;

use crate::model::observed::Organization;
use crate::model::text;
use crate::output::page::markdown_escape::{Inline, in_cell};

/// How much of Markdown fits somewhere, and what is said where something did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRoom {
    /// Bytes of UTF-8.
    pub bytes_max: usize,
    /// Where the whole is.
    pub elsewhere: &'static str,
}

/// A comment. GitHub's answer to a longer one speaks of 65,536 characters; people who tried found 262,144 bytes, or
/// 65,536 characters, by the kind of text. No character is less than a byte, so this many bytes are safe by either
/// count, and leave room for what an action writes around it.
pub const COMMENT: PageRoom = PageRoom {
    bytes_max: 60_000,
    elsewhere: "a comment holds no more. The whole is in the log of the run that made it, or in its files",
};

/// A step summary. GitHub takes 1 MiB of one step and drops all of a longer one; this leaves room for others.
pub const SUMMARY: PageRoom = PageRoom {
    bytes_max: 960_000,
    elsewhere: "a step summary holds no more. The whole is in the files that this run kept (`--output html=FILE`, \
                `--output json=FILE`)",
};

/// How dear a section is: where there is no room, the last ones go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

/// Rows that stand together. A row is left out whole or not at all.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// What a row is called: "change".
    pub(super) noun: &'static str,
    pub(super) keep: Keep,
    /// Before the rows.
    pub(super) head: String,
    /// Each with its line break.
    pub(super) rows: Vec<String>,
    /// After the rows.
    pub(super) foot: String,
}

impl Section {
    fn length(&self) -> usize {
        self.head.len() + self.rows.iter().map(String::len).sum::<usize>() + self.foot.len()
    }

    /// As many rows, with what is said of the others.
    fn written(&self, rows: usize) -> String {
        if rows == self.rows.len() {
            return format!("{}{}{}", self.head, self.rows.concat(), self.foot);
        }
        if rows == 0 {
            return self.left_out(0);
        }
        format!("{}{}\n{}{}", self.head, self.rows[..rows].concat(), self.left_out(rows), self.foot)
    }

    fn left_out(&self, rows: usize) -> String {
        let (left_out, more) = (self.rows.len() - rows, if rows == 0 { "" } else { "more " });
        let are = if left_out == 1 { "is" } else { "are" };
        format!("**{} {are} not shown here.**\n", text::count(left_out, &format!("{more}{}", self.noun)))
    }

    /// How many rows fit into so many bytes, the words about the others included.
    fn fit(&self, bytes: usize) -> usize {
        if self.length() <= bytes {
            return self.rows.len();
        }
        let mut left = bytes.saturating_sub(self.head.len() + 1 + self.left_out(1).len() + self.foot.len());
        self.rows
            .iter()
            .take_while(|row| {
                let fits = row.len() <= left;
                left = left.saturating_sub(row.len());
                fits
            })
            .count()
    }
}

/// The lead, then the sections, with an empty line between them.
pub(super) fn page(lead: &str, sections: &[Section], room: PageRoom) -> String {
    let sections: Vec<&Section> = sections.iter().filter(|it| !it.rows.is_empty()).collect();
    // Where nothing is left out, the note is not written; its room is small beside the rest.
    let note_max = format!("\n> **Not everything is here**: {}.\n", room.elsewhere).len();
    let least = |it: &&Section| it.length().min(it.left_out(0).len()) + 1;
    let mut left = room.bytes_max.saturating_sub(lead.len() + note_max + sections.iter().map(least).sum::<usize>());
    let mut shown = vec![0; sections.len()];
    let mut by_worth: Vec<usize> = (0..sections.len()).collect();
    by_worth.sort_by_key(|index| sections[*index].keep);
    for index in by_worth {
        let (section, least) = (sections[index], least(&sections[index]) - 1);
        shown[index] = section.fit(left + least);
        left = (left + least).saturating_sub(section.written(shown[index]).len());
    }
    let is_whole = sections.iter().zip(&shown).all(|(section, rows)| section.rows.len() == *rows);
    let mut page = lead.to_owned();
    if !is_whole {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n> **Not everything is here**: {}.\n", room.elsewhere);
    }
    for (section, rows) in sections.iter().zip(&shown) {
        page.push('\n');
        page.push_str(&section.written(*rows));
    }
    page
}

pub(super) fn table_head(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|it| (*it).to_owned()).collect();
    table_row(&columns) + &table_row(&vec!["---".to_owned(); columns.len()])
}

pub(super) fn table_row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|it| in_cell(it)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The begin and the end of what a reader has to unfold. `summary` is not foreign.
pub(super) fn folded(summary: &str) -> (String, String) {
    (format!("<details><summary>{summary}</summary>\n\n"), "\n</details>\n".to_owned())
}

/// Lines to paste, indented as a part of a list. The fence is longer than any run of backticks in them.
pub(super) fn lines(language: &str, lines: &[String], indent: &str) -> String {
    let lines: Vec<String> = lines.iter().map(|it| text::terminal(it).to_string()).collect();
    let longest = lines.iter().flat_map(|it| it.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut block = format!("{indent}{fence}{language}\n");
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(block, "{indent}{line}");
    }
    let _ = writeln!(block, "{indent}{fence}");
    block
}

/// What is posted, each in its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// A plan, or that there is none.
    Plan,
    /// The report of an apply or an undo, or that there is none.
    Report,
    Drift,
}

impl PageKind {
    fn name(self) -> &'static str {
        match self {
            PageKind::Plan => "plan",
            PageKind::Report => "report",
            PageKind::Drift => "drift",
        }
    }
}

/// The line by which whoever posts this finds what to update in place: one for each kind and org.
pub(super) fn marker(kind: PageKind, org: Option<&Organization>) -> String {
    // An id is foreign, too, and could end the comment that it stands in.
    let id = org.map_or("unknown", |it| it.id.as_str());
    let org: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!("<!-- presencectl:{} {} -->\n", kind.name(), org.replace("--", "__"))
}

pub(super) fn org(org: Option<&Organization>) -> String {
    match org {
        Some(org) => format!("{} ({})", Inline::code(&org.name), Inline::code(org.id.as_str())),
        None => "an org that has not said who it is".to_owned(),
    }
}

/// A sentence where nothing real is at stake.
pub(super) fn sandbox(sandbox: bool) -> &'static str {
    if sandbox { " A sandbox: nothing real is written." } else { "" }
}
