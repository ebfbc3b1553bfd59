//! A page as a list of blocks, which Markdown and HTML print each in its own way. Foreign text has pieces of its own,
//! and a printer can print those only escaped.

use crate::model::names::DefinitionId;
use crate::model::observed::Organization;
use crate::model::source::{Sources, Span};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::output::table::short_ids;
use crate::output::text::problem::{Below, Explained};
use crate::plan::answer::Answer;
use crate::plan::change::Action;

/// What is posted, each in its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// A plan, or that there is none.
    Plan,
    /// The report of an apply or an undo, or that there is none.
    Report,
    Drift,
    /// The plans of several orgs, or which of them a change affects.
    FleetPlan,
    /// The drift of several orgs.
    FleetDrift,
    /// What became of the applies of several orgs.
    FleetReport,
}

impl PageKind {
    pub(super) fn is_of_several(self) -> bool {
        matches!(self, PageKind::FleetPlan | PageKind::FleetDrift | PageKind::FleetReport)
    }
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words of ours, and nothing foreign in them.
    Plain(String),
    /// A name, a label, an id: foreign as a whole.
    Name(String),
    /// A sentence of ours that may hold foreign text; what stands between backticks is a name.
    Sentence(String),
    Strong(PageLine),
    /// What is said less loudly where a printer can.
    Quiet(PageLine),
    /// An id, and how many of its first bytes are unique on the page, where that was counted.
    Id(String, Option<usize>),
    /// What is done to a row: Markdown has a sign for it.
    Action(Action),
    /// What becomes of a row, in words of ours.
    Tag(Tone, String),
    /// The same, and less to look at.
    Remark(String),
    /// A sign, and what it is read as.
    Sign(&'static str, &'static str),
    Label {
        locale: String,
        label: String,
        fate: LabelFate,
    },
    /// The label of this locale goes away, and none comes.
    Removed(String),
    /// A name that a link of the page leads to.
    Anchor(String),
    /// Words that lead to the anchor of a name. Markdown has no anchors of its own and prints nothing.
    Link(&'static str, String),
}

pub(super) type PageLine = Vec<Piece>;

/// What becomes of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelFate {
    Goes,
    Comes,
    Stays,
}

/// Who prints something. HTML has room for all of it in its place; a comment has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Both,
    Markdown,
    Html,
}

/// A cell of a table, or a paragraph: lines below each other.
pub(super) type PageLines = Vec<(By, PageLine)>;

pub(super) fn plain(words: impl Into<String>) -> Piece {
    Piece::Plain(words.into())
}

pub(super) fn name(raw: impl Into<String>) -> Piece {
    Piece::Name(raw.into())
}

pub(super) fn sentence(raw: impl Into<String>) -> Piece {
    Piece::Sentence(raw.into())
}

pub(super) fn strong(words: impl Into<String>) -> Piece {
    Piece::Strong(vec![plain(words)])
}

pub(super) fn id(of: &DefinitionId) -> Piece {
    Piece::Id(of.as_str().to_owned(), None)
}

/// For printers in the same way, one line.
pub(super) fn cell(line: PageLine) -> PageLines {
    vec![(By::Both, line)]
}

/// A place in a file behind some words, if there is one.
pub(super) fn at(before: &str, span: Option<Span>, sources: &Sources) -> PageLine {
    span.map_or_else(Vec::new, |span| vec![plain(before), name(sources.place(span).to_string())])
}

/// Names in a row: `a`, `b` and `c`.
pub(super) fn listed(names: Vec<Piece>) -> PageLine {
    let last = names.len().saturating_sub(1);
    let between = |index| match index {
        0 => "",
        index if index == last => " and ",
        _ => ", ",
    };
    names.into_iter().enumerate().flat_map(|(index, it)| [plain(between(index)), it]).collect()
}

/// What it is known by, if by anything, and where it belongs.
pub(super) fn subject(known_as: Option<&str>, system_presence: &str) -> PageLine {
    let known_as = known_as.into_iter().flat_map(|it| [name(it), plain(" ")]);
    known_as.chain([plain("("), sentence(system_presence), plain(")")]).collect()
}

/// A failure in words: the sentence, what to do, and what the platform calls the exchange.
pub(super) fn explained<'a>(it: impl Into<Explained<'a>>) -> Vec<PageLine> {
    let it = it.into();
    std::iter::once(vec![sentence(it.message)]).chain(below(it)).collect()
}

pub(super) fn below(it: Explained<'_>) -> Vec<PageLine> {
    let shown = |it: Below<'_>| match it {
        Below::Help(help) => vec![plain("Help: "), sentence(help)],
        Below::CorrelationId(id) => vec![plain("Correlation id: "), name(id)],
    };
    it.below().map(shown).collect()
}

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
#[derive(Debug)]
pub(super) struct Section {
    pub(super) by: By,
    /// What a row is called: "change".
    pub(super) noun: &'static str,
    pub(super) keep: Keep,
    pub(super) title: Title,
    pub(super) body: PageBody,
    /// Below the rows, in words of ours.
    pub(super) foot: Option<&'static str>,
}

#[derive(Debug)]
pub(super) enum Title {
    /// Said by HTML alone: there all has a heading.
    Implied(&'static str),
    Heading(PageLine),
    /// Its rows are folded below it.
    Folded(String),
}

#[derive(Debug)]
pub(super) enum PageBody {
    Table(Table),
    List(Tone, Vec<Vec<Item>>),
}

#[derive(Debug)]
pub(super) struct Table {
    /// What kind of table it is, for the style.
    pub(super) class: &'static str,
    /// What it holds, for those who do not see the heading.
    pub(super) caption: String,
    pub(super) columns: Vec<PageColumn>,
    pub(super) rows: Vec<Vec<PageLines>>,
    /// The index of the column that names the row.
    pub(super) names: usize,
}

#[derive(Debug)]
pub(super) struct PageColumn {
    pub(super) by: By,
    pub(super) head: PageLine,
    /// Its cells speak for themselves to anyone who sees them.
    pub(super) is_plain: bool,
}

impl PageColumn {
    pub(super) fn new(head: &str) -> PageColumn {
        PageColumn { by: By::Both, head: vec![plain(head)], is_plain: false }
    }

    pub(super) fn of(by: By, head: &str) -> PageColumn {
        PageColumn { by, ..PageColumn::new(head) }
    }

    pub(super) fn plain(head: &str) -> PageColumn {
        PageColumn { is_plain: true, ..PageColumn::new(head) }
    }
}

/// An item of a list, and lines to paste.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) by: By,
    /// It stands below the item before it.
    pub(super) is_nested: bool,
    pub(super) line: PageLine,
    pub(super) yaml: Vec<String>,
}

impl Item {
    pub(super) fn new(line: PageLine) -> Item {
        Item { by: By::Both, is_nested: false, line, yaml: Vec::new() }
    }

    pub(super) fn nested(line: PageLine) -> Item {
        Item { is_nested: true, ..Item::new(line) }
    }

    pub(super) fn by(self, by: By) -> Item {
        Item { by, ..self }
    }

    /// What to write, with the lines for it.
    pub(super) fn answer(mut before: PageLine, Answer { say, lines }: Answer) -> Item {
        before.push(sentence(say));
        before.extend((!lines.is_empty()).then(|| plain(":")));
        Item { yaml: lines, ..Item::new(before) }
    }
}

/// What stands before the sections.
#[derive(Debug)]
pub(super) enum Lead {
    /// Something no one may miss: a title and a sentence without its full stop.
    Alert(PageLine, PageLine),
    Paragraph(By, Vec<PageLine>),
}

/// All of a page.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) kind: PageKind,
    pub(super) org: Option<&'a Organization>,
    pub(super) sandbox: bool,
    /// What stands before all else, where something guards it.
    pub(super) first: Option<PageLine>,
    /// What it is and what it comes to, as the head of a page.
    pub(super) what: &'static str,
    pub(super) summary: Summary,
    /// The same as a line of a comment.
    pub(super) line: PageLine,
    pub(super) leads: Vec<Lead>,
    pub(super) sections: Vec<Section>,
}

impl Page<'_> {
    /// Counts how much of each id is unique on the page.
    pub(super) fn with_short_ids(mut self) -> Self {
        let mut ids = Vec::new();
        self.each_id(&mut |id, _| ids.push(id.clone()));
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut short = short_ids(&all, &[]).into_iter().map(str::len);
        self.each_id(&mut |_, unique| *unique = short.next());
        self
    }

    fn each_id(&mut self, found: &mut dyn FnMut(&mut String, &mut Option<usize>)) {
        let mut lines: Vec<&mut PageLine> = Vec::new();
        for section in &mut self.sections {
            match &mut section.body {
                PageBody::Table(table) => lines.extend(table.rows.iter_mut().flatten().flatten().map(|(_, it)| it)),
                PageBody::List(_, rows) => lines.extend(rows.iter_mut().flatten().map(|it| &mut it.line)),
            }
        }
        let mut pieces: Vec<&mut Piece> = lines.into_iter().flatten().collect();
        pieces.reverse();
        while let Some(piece) = pieces.pop() {
            match piece {
                Piece::Id(id, unique) => found(id, unique),
                Piece::Strong(inner) | Piece::Quiet(inner) => pieces.extend(inner.iter_mut().rev()),
                _ => {}
            }
        }
    }
}

impl Section {
    pub(super) fn list(noun: &'static str, keep: Keep, title: Title, tone: Tone, rows: Vec<Vec<Item>>) -> Section {
        Section { by: By::Both, noun, keep, title, body: PageBody::List(tone, rows), foot: None }
    }

    pub(super) fn table(noun: &'static str, keep: Keep, title: Title, table: Table) -> Section {
        Section { by: By::Both, noun, keep, title, body: PageBody::Table(table), foot: None }
    }
}

impl Title {
    pub(super) fn heading(words: &str) -> Title {
        Title::Heading(vec![plain(words)])
    }
}

/// Which org, in a line.
pub(super) fn org(org: Option<&Organization>) -> PageLine {
    match org {
        Some(org) => vec![name(org.name.as_str()), plain(" ("), name(org.id.as_str()), plain(")")],
        None => vec![plain("an org that has not said who it is")],
    }
}

/// A sentence where nothing real is at stake.
pub(super) fn sandbox(sandbox: bool) -> Piece {
    plain(if sandbox { " A sandbox: nothing real is written." } else { "" })
}
