//! A plan seen from the other side, as Markdown: an issue, or a comment.

use std::fmt::Write as _;

use crate::diagnostic::Sources;
use crate::drift::{Drift, How, Row};
use crate::model::names::Label;
use crate::model::observed::Target;
use crate::plan::Plan;
use crate::render::markdown::inline::Inline;
use crate::render::markdown::page::{COMMENT, Keep, Kind, Section, lines, marker, org, page, sandbox};
use crate::render::markdown::page::{folded, table_head, table_row};
use crate::render::markdown::refusals::refusals;
use crate::render::rows::{LabelRow, key, labels, others};
use crate::text;

/// A drift, never longer than a comment may be.
#[must_use]
pub fn drift(drift: &Drift, plan: &Plan, target: &Target, sources: &Sources) -> String {
    let whose = target.org.as_ref();
    let words = match (plan.refusals.is_empty(), drift.rows.len()) {
        (false, _) => "Not known: there are errors to answer".to_owned(),
        (true, 0) => "No drift".to_owned(),
        (true, count) => format!("Drift: {}", text::count(count, "definition")),
    };
    let mut lead = marker(Kind::Drift, whose);
    // Writing to a String cannot fail.
    let _ = writeln!(lead, "**{words}** in {}.{}", org(whose), sandbox(target.sandbox));
    if !drift.rows.is_empty() {
        lead.push_str("\nTo keep something, write the lines below into the config. To take it back, apply.\n");
    }
    let mut sections = vec![refusals(&plan.refusals, sources)];
    sections.extend(How::ALL.map(|how| group(drift, how, plan)));
    sections.push(keep(drift, sources));
    page(&lead, &sections, COMMENT)
}

fn group(drift: &Drift, how: How, plan: &Plan) -> Section {
    let heading = Inline::prose(&drift.heading(how)).to_string();
    let head = format!("#### {heading}\n\n{}", table_head(&["In the org", "Definition", "Config", "Org"]));
    let rows = drift.of(how).map(|it| row(it, plan)).collect();
    Section { noun: "definition", keep: Keep::Second, head, rows, foot: String::new() }
}

fn row(row: &Row, plan: &Plan) -> String {
    let step = &row.change.step;
    let who = row.who().map_or_else(String::new, |it| format!("<br>{}", Inline::prose(&it)));
    let about = format!("{} ({}){who}", known_as(row, plan), Inline::prose(step.system_presence().as_str()));
    let labels = labels(step, &plan.default_locale);
    let side = |of: fn(&LabelRow<'_>) -> Option<Label>| -> Vec<String> {
        let shown = labels.iter().filter_map(|row| of(row).map(|label| (row.locale, label)));
        shown.map(|(locale, it)| format!("{} {}", Inline::code(locale.as_str()), Inline::code(it.nfc()))).collect()
    };
    // A step goes from the org to the config.
    let (mut config, mut org) = (side(|row| row.after.cloned()), side(|row| row.before.cloned()));
    for (what, was, becomes) in others(step, &plan.divisions) {
        org.extend(was.map(|it| format!("{what}: {}", Inline::code(&it))));
        config.extend(becomes.map(|it| format!("{what}: {}", Inline::code(&it))));
    }
    if step.action().is_removal() {
        config = vec!["not shown to agents".to_owned()];
    }
    table_row(&[format!("**{}**", row.what()), about, config.join("<br>"), org.join("<br>")])
}

fn known_as(row: &Row, plan: &Plan) -> String {
    let step = &row.change.step;
    let name = key(step).or_else(|| step.name(&plan.default_locale).map(Label::nfc));
    name.map_or_else(|| "no label".to_owned(), |it| Inline::code(it).to_string())
}

fn keep(drift: &Drift, sources: &Sources) -> Section {
    let (begin, end) = folded("To keep it: the lines for the config");
    let item = |it: &Row| {
        let colon = if it.keep.lines.is_empty() { "" } else { ":" };
        let name = it.change.step.key().map_or_else(
            || it.change.step.id().map_or_else(String::new, |id| Inline::code(id.as_str()).to_string()),
            |key| Inline::code(key.as_str()).to_string(),
        );
        let pasted = if it.keep.lines.is_empty() { String::new() } else { lines("yaml", &it.keep.lines, "  ") };
        let at = it
            .keep_place
            .map_or_else(String::new, |span| format!(" at {}", Inline::code(&sources.place(span).to_string())));
        format!("- {name}{at}: {}{colon}\n{pasted}", Inline::prose(&it.keep.say))
    };
    let rows = drift.rows.iter().map(item).collect();
    Section { noun: "definition", keep: Keep::Third, head: begin, rows, foot: end }
}
