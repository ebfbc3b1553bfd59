//! A page of Markdown that never passes its limit: what does not fit is left out at whole rows, and said to be.

use std::fmt::Write as _;

use crate::model::observed::Organization;
use crate::model::text;
use crate::output::page::block::{
    By, Item, Keep, Lead, Page, PageBody, PageColumn, PageKind, PageLine, PageLines, Piece, Section, Title,
};
use crate::output::page::markdown_escape::{Inline, in_cell};
use crate::plan::change::Action;

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

/// Rows that stand together, as they are printed. A row is left out whole or not at all.
#[derive(Debug, Clone)]
struct Printed {
    noun: &'static str,
    keep: Keep,
    /// Before the rows.
    head: String,
    /// Each with its line break.
    rows: Vec<String>,
    /// After the rows.
    foot: String,
}

impl Printed {
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

/// A page, as much of it as there is room for.
pub(super) fn print(page: &Page<'_>, room: PageRoom) -> String {
    let mut lead = marker(page.kind, page.org);
    // Writing to a String cannot fail.
    let _ = page.first.as_ref().map_or(Ok(()), |it| writeln!(lead, "> **Look first**: {}.\n", line(it)));
    let _ = writeln!(lead, "{}", line(&page.line));
    for it in &page.leads {
        let _ = match it {
            Lead::Alert(title, text) => writeln!(lead, "\n> **{}**: {}.", line(title), line(text)),
            Lead::Paragraph(By::Html, _) => Ok(()),
            Lead::Paragraph(_, lines) => {
                writeln!(lead, "\n{}", lines.iter().map(line).collect::<Vec<_>>().join("<br>"))
            }
        };
    }
    let sections: Vec<Printed> = page.sections.iter().filter(|it| it.by != By::Html).map(printed).collect();
    fitted(&lead, &sections, room)
}

/// The lead, then the sections, with an empty line between them.
fn fitted(lead: &str, sections: &[Printed], room: PageRoom) -> String {
    let sections: Vec<&Printed> = sections.iter().filter(|it| !it.rows.is_empty()).collect();
    // Where nothing is left out, the note is not written; its room is small beside the rest.
    let note_max = format!("\n> **Not everything is here**: {}.\n", room.elsewhere).len();
    let least = |it: &&Printed| it.length().min(it.left_out(0).len()) + 1;
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

fn printed(Section { by: _, noun, keep, title, body, foot }: &Section) -> Printed {
    let (mut head, mut end) = match title {
        Title::Implied(_) => (String::new(), String::new()),
        Title::Heading(words) => (format!("#### {}\n\n", line(words)), String::new()),
        Title::Folded(words) => (format!("<details><summary>{words}</summary>\n\n"), "\n</details>\n".to_owned()),
    };
    end.push_str(&foot.map_or_else(String::new, |it| format!("\n{it}\n")));
    let rows = match body {
        PageBody::Table(table) => {
            head.push_str(&table_head(&table.columns));
            table.rows.iter().map(|row| table_row(&table.columns, row)).collect()
        }
        PageBody::List(_, rows) => {
            rows.iter().map(|items| items.iter().filter(|it| it.by != By::Html).map(item).collect()).collect()
        }
    };
    Printed { noun, keep: *keep, head, rows, foot: end }
}

fn table_head(columns: &[PageColumn]) -> String {
    let shown = columns.iter().filter(|it| it.by != By::Html);
    let heads: Vec<String> =
        shown.map(|it| if it.is_plain { String::new() } else { in_cell(&line(&it.head)) }).collect();
    format!("| {} |\n| {} |\n", heads.join(" | "), vec!["---"; heads.len()].join(" | "))
}

fn table_row(columns: &[PageColumn], row: &[PageLines]) -> String {
    let shown = columns.iter().zip(row).filter(|(column, _)| column.by != By::Html);
    let cells: Vec<String> = shown.map(|(_, cell)| in_cell(&lines(cell))).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn lines(lines: &PageLines) -> String {
    let shown = lines.iter().filter(|(by, _)| *by != By::Html);
    shown.map(|(_, it)| line(it)).collect::<Vec<_>>().join("<br>")
}

fn line(pieces: &PageLine) -> String {
    pieces.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Plain(words) | Piece::Remark(words) => words.clone(),
        Piece::Name(raw) | Piece::Id(raw, _) | Piece::Anchor(raw) => Inline::code(raw).to_string(),
        Piece::Sentence(raw) => Inline::prose(raw).to_string(),
        Piece::Strong(words) => format!("**{}**", line(words)),
        Piece::Quiet(words) => line(words),
        Piece::Tag(_, words) => format!("**{words}**"),
        Piece::Action(action) => format!("{} {}", sign(*action), action.verb()),
        Piece::Sign(sign, _) => (*sign).to_owned(),
        Piece::Label { locale, label, fate: _ } => format!("{} {}", Inline::code(locale), Inline::code(label)),
        Piece::Removed(locale) => format!("{} *removed*", Inline::code(locale)),
        Piece::Link(..) => String::new(),
    }
}

/// A sign before the verb, so that a long table can be skimmed.
fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "➕",
        Action::Update => "✏️",
        Action::Reactivate => "🔁",
        Action::Supersede => "🔀",
        Action::Deactivate => "⏸",
        Action::Delete => "🗑",
    }
}

fn item(Item { by: _, is_nested, line: words, yaml: to_paste }: &Item) -> String {
    let (indent, below) = if *is_nested { ("  ", "    ") } else { ("", "  ") };
    let pasted = if to_paste.is_empty() { String::new() } else { yaml(to_paste, below) };
    format!("{indent}- {}\n{pasted}", line(words))
}

/// Lines to paste, indented as a part of a list. The fence is longer than any run of backticks in them.
fn yaml(lines: &[String], indent: &str) -> String {
    let lines: Vec<String> = lines.iter().map(|it| text::terminal(it).to_string()).collect();
    let longest = lines.iter().flat_map(|it| it.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut block = format!("{indent}{fence}yaml\n");
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(block, "{indent}{line}");
    }
    let _ = writeln!(block, "{indent}{fence}");
    block
}

/// The line by which anyone who posts this finds what to update in place: one for each kind and org.
fn marker(kind: PageKind, org: Option<&Organization>) -> String {
    // An id is foreign, too, and could end the comment that it stands in.
    let id = match org {
        _ if kind.is_of_several() => "orgs",
        Some(org) => org.id.as_str(),
        None => "unknown",
    };
    let org: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!("<!-- presencectl:{} {} -->\n", name(kind), org.replace("--", "__"))
}

fn name(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Plan | PageKind::FleetPlan => "plan",
        PageKind::Report | PageKind::FleetReport => "report",
        PageKind::Drift | PageKind::FleetDrift => "drift",
    }
}
