//! Findings with their source line, caret and help, and a last line that counts them.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Severity;
use crate::model::source::{Source, Sources, Span};
use crate::model::{ci_commands, text};
use crate::output::style::Style;
use crate::plan::origin::short;

/// The characters of a line that are shown before and after the marked part.
const CONTEXT_CHARS: usize = 60;

/// The characters of the marked part that are shown.
const MARKED_CHARS: usize = 60;

/// The most warnings of one rule with their source lines. With more, only the first has one, and the others have a line
/// each.
pub(super) const DRAWN_MAX: usize = 3;

/// The most kinds of findings in the command that explains them.
const EXPLAINED_MAX: usize = 5;

/// Wide enough that only the limits above cut text.
const WIDTH: usize = 1_000;

/// Writes the findings to show, and their total number. Empty without findings. Every foreign string is made safe.
pub fn write(out: &mut impl fmt::Write, diagnostics: &Findings, sources: &Sources, style: Style) -> fmt::Result {
    let renderer = renderer(style);
    let draw = |out: &mut dyn fmt::Write, diagnostic: &Diagnostic| {
        let picture = renderer.render(&groups(diagnostic, sources));
        for line in picture.lines().filter(|line| !announces_a_file(line)) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)
    };
    let (errors, warnings): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        diagnostics.iter().partition(|it| it.severity == Severity::Error);
    for (rule, all) in by_rule(&warnings, |it| it.finding.code()) {
        let drawn = if all.len() > DRAWN_MAX { 1 } else { all.len() };
        all[..drawn].iter().try_for_each(|it| draw(out, it))?;
        if drawn < all.len() {
            writeln!(out, "and {} more of `{rule}`:", all.len() - drawn)?;
            for it in &all[drawn..] {
                let message = text::terminal(&text::with_short_names(&it.finding.message()));
                let at = it.place.map(|span| format!("{}: ", text::terminal(&sources.place(span).to_string())));
                writeln!(out, "  --> {}{message}", at.unwrap_or_default())?;
            }
            writeln!(out)?;
        }
    }
    // Errors come last, where a reader of a terminal starts.
    errors.iter().try_for_each(|it| draw(out, it))?;
    if !diagnostics.is_empty() {
        let names = explained(&errors.iter().chain(&warnings).map(|it| it.finding.code()).collect::<Vec<_>>());
        let commit = sources.commit.as_deref().map(|it| format!(" in the commit {}", short(it))).unwrap_or_default();
        let places: Vec<String> = errors.iter().filter_map(|it| Some(sources.place(it.place?).to_string())).collect();
        let at = match places.as_slice() {
            [] => String::new(),
            // It is directly above.
            [_] if diagnostics.total() == 1 => String::new(),
            [one] => format!("; the error is at {}", text::terminal(one)),
            several => format!("; errors at {}", text::terminal(&text::some(several))),
        };
        writeln!(out, "{}{commit}{at}; {names}", summary(diagnostics))?;
    }
    Ok(())
}

/// The command that explains all kinds of findings, errors first.
fn explained(codes: &[&'static str]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for code in codes {
        if !kinds.contains(code) {
            kinds.push(code);
        }
    }
    let names: Vec<&str> = kinds.iter().copied().take(EXPLAINED_MAX).collect();
    let more = match kinds.len() - names.len() {
        0 => String::new(),
        more => format!(", and {} more", text::count(more, "kind")),
    };
    format!("`presencectl explain {}` says more{more}", names.join(" "))
}

/// The findings of each rule, in the order of their first occurrence.
pub(super) fn by_rule<'a, T>(all: &[&'a T], code: impl Fn(&T) -> &'static str) -> Vec<(&'static str, Vec<&'a T>)> {
    let mut rules: Vec<(&'static str, Vec<&T>)> = Vec::new();
    for it in all {
        let code = code(it);
        match rules.iter_mut().find(|(rule, _)| *rule == code) {
            Some((_, rest)) => rest.push(it),
            None => rules.push((code, vec![it])),
        }
    }
    rules
}

pub fn human(diagnostics: &Findings, sources: &Sources, style: Style) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, diagnostics, sources, style);
    text
}

/// A place with its marked line and a note, indented. It is for a message that was already shown.
pub fn pointed_at(span: Span, note: &'static str, sources: &Sources, indent: &str, style: Style) -> String {
    let elements = at(span, sources, AnnotationKind::Primary, Some(note));
    let picture = renderer(style).render(&[Group::with_level(Level::ERROR).elements(elements)]);
    let lines = picture.lines().filter(|line| !announces_a_file(line));
    let lines: Vec<String> = lines.map(|line| format!("{indent}{line}").trim_end().to_owned() + "\n").collect();
    lines.concat()
}

fn renderer(style: Style) -> Renderer {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(WIDTH)
}

/// The crate announces a second file if a position and its line are given separately.
fn announces_a_file(line: &str) -> bool {
    console::strip_ansi_codes(line).trim() == ":::"
}

/// `2 errors, 1 warning`, and the number of hidden ones.
pub fn summary(diagnostics: &Findings) -> String {
    let parts = [(diagnostics.errors, "error"), (diagnostics.warnings, "warning")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| text::count(number, noun)).collect();
    let rest = match diagnostics.not_shown() {
        0 => String::new(),
        more => format!("; {more} of them not shown"),
    };
    parts.join(", ") + &rest
}

fn groups(diagnostic: &Diagnostic, sources: &Sources) -> Vec<Group<'static>> {
    let finding = &diagnostic.finding;
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = text::terminal(&text::with_short_names(&finding.message())).to_string();
    let title = level.primary_title(message).id(finding.code());
    let mut first = Group::with_title(title);
    if let Some(span) = diagnostic.place {
        first = first.elements(at(span, sources, AnnotationKind::Primary, None));
    }
    if let Some(help) = finding.help() {
        first = first.element(Level::HELP.message(text::terminal(&help).to_string()));
    }
    let mut groups = vec![first];
    for (span, note) in &diagnostic.also {
        let title = Level::NOTE.secondary_title(*note);
        groups.push(Group::with_title(title).elements(at(*span, sources, AnnotationKind::Context, None)));
    }
    groups
}

/// `--> file:line:column` and the marked line. The position refers to the file, but the line is shown escaped and cut,
/// so they are given separately.
fn at(span: Span, sources: &Sources, kind: AnnotationKind, note: Option<&'static str>) -> Vec<Element<'static>> {
    let place = sources.place(span);
    let path = text::terminal(&place.path.display().to_string()).to_string();
    let line_number = place.line.get() as usize;
    let origin = Origin::path(path).line(line_number).char_column(place.column.get() as usize);
    let source = sources.get(span.file);
    if source.text.is_empty() {
        return vec![origin.into()];
    }
    let (line, marked) = shown_line(source, span);
    let snippet = Snippet::source(line).line_start(line_number).annotation(kind.span(marked).label(note));
    vec![origin.into(), snippet.into()]
}

/// The escaped line of a span, and the marked part in it.
fn shown_line(source: &Source, span: Span) -> (String, Range<usize>) {
    let text = source.text.as_str();
    let start = floor(text, span.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |index| index + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |index| start + index);
    let end = floor(text, span.end as usize).clamp(start, line_end);
    let line_end = line_start.max(line_end - usize::from(text[line_start..line_end].ends_with('\r')));
    let end = end.min(line_end).max(start.min(line_end));
    let start = start.min(line_end);

    let before = last_chars(&text[line_start..start], CONTEXT_CHARS);
    let marked = first_chars(text[start..end].trim_end(), MARKED_CHARS);
    let after = first_chars(&text[start + marked.len()..line_end], CONTEXT_CHARS);
    let mut line = String::new();
    if before.len() < start - line_start {
        line.push('…');
    }
    let whole = [before.trim_start_matches('\u{FEFF}'), marked, after];
    let parts = ci_commands::parts_without_commands(
        whole.map(|it| text::terminal(it).to_string()).each_ref().map(String::as_str),
    );
    let (from, to) = (line.len() + parts[0].len(), line.len() + parts[0].len() + parts[1].len());
    line.push_str(&parts.concat());
    if start + marked.len() + after.len() < line_end {
        line.push('…');
    }
    (line, from..to)
}

fn floor(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (0..=index).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0)
}

fn first_chars(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(index, _)| &text[..index])
}

fn last_chars(text: &str, count: usize) -> &str {
    match count.checked_sub(1) {
        Some(back) => text.char_indices().rev().nth(back).map_or(text, |(index, _)| &text[index..]),
        None => "",
    }
}
