//! Plans, reports, failures and drifts as one self-contained page: no script, and nothing from elsewhere. The markup is
//! written by `maud`, which escapes all that is not markup.

use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use crate::config::coverage::Coverage;
use crate::config::diagnostic::Findings;
use crate::model::observed::Target;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::report::Report;
use crate::ops::drift::Drift;
use crate::output::combined::Combined;
use crate::output::drifted::DriftedOrg;
use crate::output::json::FleetPlanV1;
use crate::output::page::block::{
    By, Item, LabelFate, Lead, Page, PageBody, PageColumn, PageKind, PageLine, PageLines, Piece, Section, Table, Title,
};
use crate::output::page::{
    combined as combined_page, drift as drift_page, failure as failure_page, fleet as fleet_page, plan as plan_page,
    report as report_page,
};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::plan::Plan;
use crate::plan::change::Action;

/// All of the style. Nothing of a page comes from elsewhere.
const STYLE: &str = include_str!("page.css");

/// What a browser may load for a page: nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A whole plan, complete however long it is.
pub fn plan(plan: &Plan, coverage: &Coverage, target: &Target, sources: &Sources) -> String {
    print(plan_page::page(plan, Some(coverage), target, sources, None))
}

/// The plans of several orgs, complete however long they are.
pub fn fleet_plan(plan: &FleetPlanV1) -> String {
    print(fleet_page::page(plan, None))
}

/// A whole report.
pub fn report(report: &Report, target: &Target, sources: &Sources) -> String {
    print(report_page::page(report, target, sources))
}

/// A whole drift, complete however long it is.
pub fn drift(drift: &Drift, target: &Target, sources: &Sources) -> String {
    print(drift_page::page(drift, target, sources))
}

/// The drift of several orgs, complete however long it is.
pub fn drifted(orgs: &[DriftedOrg], sources: &Sources) -> String {
    print(drift_page::page_of_several(orgs, sources))
}

/// The drifts or reports of several orgs, from the documents of their jobs.
pub fn combined(combined: &Combined) -> String {
    print(combined_page::page(combined))
}

/// What is wrong and what to do about it, with the findings in the files.
pub fn failure(
    problem: &Problem,
    known_org: &KnownOrg,
    diagnostics: &Findings,
    sources: &Sources,
    instead_of: PageKind,
) -> String {
    print(failure_page::page(problem, known_org, diagnostics, sources, instead_of))
}

/// Foreign text, without anything hidden.
struct Foreign<'a>(&'a str);

impl Render for Foreign<'_> {
    fn render_to(&self, page: &mut String) {
        text::terminal(self.0).as_str().render_to(page);
    }
}

fn print(page: Page<'_>) -> String {
    let page = page.with_short_ids();
    let Page { kind, org, sandbox, first, what, summary, line: _, leads, sections } = &page;
    let Summary { tone, words, more } = summary;
    let is_of_several = kind.is_of_several();
    let whose = match org {
        Some(org) => org.name.as_str(),
        None if is_of_several => "several orgs",
        None => "org not verified",
    };
    let markup = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            "\n" head {
                "\n" meta charset="utf-8";
                "\n" meta http-equiv="Content-Security-Policy" content=(POLICY);
                "\n" meta name="viewport" content="width=device-width, initial-scale=1";
                "\n" meta name="color-scheme" content="light dark";
                "\n" meta name="referrer" content="no-referrer";
                "\n" title { (Foreign(&format!("{what}: {words} - {whose}"))) }
                "\n" style { "\n" (PreEscaped(STYLE)) }
                "\n"
            }
            "\n" body {
                "\n" a class="skip" href="#main" { "Skip to the content" }
                "\n" header class={ "verdict " (class(*tone)) } {
                    "\n" h1 { (what) ": " (Foreign(words)) }
                    @if let Some(more) = more { "\n" p { (sentence(more)) "." } }
                    "\n" p {
                        @if !is_of_several { "Org: " }
                        @match org {
                            Some(org) => { bdi { (Foreign(&org.name)) } " " code { (Foreign(org.id.as_str())) } },
                            None if is_of_several => { "Several orgs" },
                            None => { "not verified" },
                        }
                        @if *sandbox { " (sandbox: nothing real is written)" }
                    }
                    "\n"
                }
                "\n" main id="main" {
                    "\n"
                    @if let Some(first) = first { (alert(&html! { "Look first" }, first)) }
                    @for it in leads { (lead(it)) }
                    @for it in sections { (section(it)) }
                }
                "\n" footer { "Written by presencectl " (env!("CARGO_PKG_VERSION")) "." }
                "\n"
            }
            "\n"
        }
        "\n"
    };
    markup.into_string()
}

/// The name of a colour in the style.
fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Open => "open",
        Tone::Bad => "bad",
    }
}

fn alert(title: &Markup, text: &PageLine) -> Markup {
    html! { article class="warning" { h2 { (title) } p { (line(text)) "." } } "\n" }
}

fn lead(it: &Lead) -> Markup {
    match it {
        Lead::Alert(title, text) => alert(&line(title), text),
        Lead::Paragraph(By::Markdown, _) => Markup::default(),
        Lead::Paragraph(_, lines) => html! { @for it in lines { p { (line(it)) } "\n" } },
    }
}

fn section(Section { by, noun: _, keep: _, title, body, foot }: &Section) -> Markup {
    let is_empty = match body {
        PageBody::Table(table) => table.rows.is_empty(),
        PageBody::List(_, rows) => rows.is_empty(),
    };
    if *by == By::Markdown || is_empty {
        return Markup::default();
    }
    let body = html! {
        @match body {
            PageBody::Table(it) => (table(it)),
            PageBody::List(tone, rows) => @for items in rows { (card(*tone, items)) },
        }
        @if let Some(foot) = foot { p class="quiet" { (foot) } "\n" }
    };
    html! {
        @match title {
            Title::Implied(words) => { h2 { (words) } "\n" (body) },
            Title::Heading(words) => { h2 { (line(words)) } "\n" (body) },
            Title::Folded(words) => { details { "\n" summary { (words) } "\n" (body) } "\n" },
        }
    }
}

/// A row of a list.
fn card(tone: Tone, items: &[Item]) -> Markup {
    html! {
        article class=[(tone != Tone::Bad).then_some("warning")] {
            "\n"
            @for Item { by: _, is_nested: _, line: words, yaml } in items.iter().filter(|it| it.by != By::Markdown) {
                p { (line(words)) } "\n"
                // The keyboard scrolls only an element that it can reach.
                @if !yaml.is_empty() {
                    pre tabindex="0" { code {
                        @for (index, it) in yaml.iter().enumerate() { @if index > 0 { "\n" } (Foreign(it)) }
                    } }
                    "\n"
                }
            }
        }
        "\n"
    }
}

/// A table. On a narrow screen its rows are cards, and a matrix scrolls within itself.
fn table(Table { class, caption, columns, rows, names }: &Table) -> Markup {
    let shown = |by: By| by != By::Markdown;
    html! {
        div class="scroll" role="region" aria-label=(caption) tabindex="0" {
            "\n" table class=(class) {
                "\n" caption { (caption) }
                "\n" thead { tr {
                    @for PageColumn { by, head, is_plain: _ } in columns {
                        @if shown(*by) { th scope="col" { (line(head)) } }
                    }
                } }
                "\n" tbody {
                    "\n"
                    @for row in rows {
                        tr {
                            @for (index, (column, cell)) in columns.iter().zip(row).enumerate() {
                                @if index == *names { th scope="row" { (lines(cell)) } }
                                @else if shown(column.by) { td data-head=[(!column.is_plain).then(|| words(&column.head))] { (lines(cell)) } }
                            }
                        }
                        "\n"
                    }
                }
                "\n"
            }
            "\n"
        }
        "\n"
    }
}

fn lines(lines: &PageLines) -> Markup {
    let shown = lines.iter().filter(|(by, it)| *by != By::Markdown && !it.is_empty());
    html! { @for (_, it) in shown { p { (line(it)) } } }
}

/// The words of a heading of ours, for a screen that has no room for the row of headings.
fn words(head: &PageLine) -> String {
    let words = head.iter().map(|it| match it {
        Piece::Plain(words) => words.as_str(),
        _ => "",
    });
    words.collect()
}

fn line(pieces: &PageLine) -> Markup {
    html! { @for it in pieces { (piece(it)) } }
}

fn piece(piece: &Piece) -> Markup {
    match piece {
        Piece::Plain(words) => html! { (words) },
        Piece::Name(raw) => code(raw),
        Piece::Sentence(raw) => sentence(raw),
        Piece::Strong(words) => html! { strong { (line(words)) } },
        Piece::Quiet(words) => html! { span class="quiet" { (line(words)) } },
        Piece::Id(whole, unique) => {
            let shown = unique.and_then(|it| whole.get(..it)).unwrap_or(whole);
            html! { code title=[(shown != whole).then_some(Foreign(whole))] { bdi { (Foreign(shown)) } } }
        }
        Piece::Action(action) => html! { span class={ "tag " (class(tone(*action))) } { (action.verb()) } },
        Piece::Tag(tone, words) => html! { span class={ "tag " (class(*tone)) } { (words) } },
        Piece::Remark(words) => html! { span class="tag open" { (words) } },
        Piece::Sign(sign, says) => html! { span role="img" aria-label=(says) { (sign) } },
        Piece::Removed(locale) => html! { span class="locale" { (Foreign(locale)) } em { "removed" } },
        Piece::Anchor(raw) => html! { span id=(anchor(raw)) { (code(raw)) } },
        Piece::Link(words, to) => html! { a href={ "#" (anchor(to)) } { (words) } },
        Piece::Label { locale, label, fate } => html! {
            span class="locale" { (Foreign(locale)) }
            // `del` and `ins` say the same as the colours.
            @match fate {
                LabelFate::Goes => del class="label" { bdi { (Foreign(label)) } },
                LabelFate::Comes => ins class="label" { bdi { (Foreign(label)) } },
                LabelFate::Stays => span class="label" { bdi { (Foreign(label)) } },
            }
        },
    }
}

fn tone(action: Action) -> Tone {
    match action {
        Action::Create | Action::Reactivate => Tone::Good,
        Action::Update => Tone::Open,
        Action::Supersede | Action::Deactivate | Action::Delete => Tone::Bad,
    }
}

/// An id of an element holds no blank, and no name of a file leads elsewhere.
fn anchor(name: &str) -> String {
    let kept =
        |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_string() } else { format!("_{:x}", u32::from(c)) };
    format!("coverage-{}", name.chars().map(kept).collect::<String>())
}

/// Foreign text that may run from right to left, kept apart from what is around it.
fn code(raw: &str) -> Markup {
    html! { code { bdi { (Foreign(raw)) } } }
}

/// A sentence of ours that may contain foreign text. Text between backticks is code.
fn sentence(raw: &str) -> Markup {
    html! {
        @for (is_code, part) in text::code_spans(raw) {
            @if is_code { (code(part)) } @else { (Foreign(part)) }
        }
    }
}
