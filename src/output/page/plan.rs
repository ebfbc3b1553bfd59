//! A plan for reviewers: a line that says what it comes to, what refuses it, the changes with what takes away
//! first, all details folded, and last what somebody should look at and what is left alone.

use std::fmt::Write as _;

use crate::config::coverage::Coverage;
use crate::model::names::{Label, Locale};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::output::page::markdown::{COMMENT, Keep, PageKind, SUMMARY, Section, folded, marker, org, page, sandbox};
use crate::output::page::markdown::{table_head, table_row};
use crate::output::page::markdown_escape::Inline;
use crate::output::page::{base, coverage, refusals};
use crate::output::rows::{Group, LabelRow, groups, key, labels, origin, others, people};
use crate::output::summary::{Summary, cost, in_step, of_plan};
use crate::plan::Plan;
use crate::plan::change::{Change, ObsoleteLine, Unmanaged};
use crate::plan::only::Only;
use crate::plan::origin::short;
use crate::plan::warning::Warning;

/// The most labels of one definition that stand in the open table; all of them are in the details.
const OPEN_LABELS_MAX: usize = 4;

pub fn plan(plan: &Plan, target: &Target, sources: &Sources) -> String {
    page(&lead(plan, target, sources), &sections(plan, sources), COMMENT)
}

/// A plan as the summary of a step: with the coverage of the config's locales, and more of everything.
pub fn plan_summary(plan: &Plan, coverage: &Coverage, target: &Target, sources: &Sources) -> String {
    let mut sections = sections(plan, sources);
    sections.extend(coverage::sections(coverage));
    page(&lead(plan, target, sources), &sections, SUMMARY)
}

fn lead(plan: &Plan, target: &Target, sources: &Sources) -> String {
    let (whose, sandbox) = (target.org.as_ref(), sandbox(target.sandbox));
    let Summary { tone: _, words, more } = of_plan(plan);
    let more = more.map_or_else(String::new, |it| format!(": {it}"));
    let in_step = in_step(plan);
    let cost = cost(plan).map_or_else(String::new, |it| format!(" {it}."));
    let mut lead = marker(PageKind::Plan, whose);
    // Writing to a String cannot fail.
    lead.push_str(&plan.base.as_ref().map_or_else(String::new, base::first_line));
    let _ = writeln!(lead, "**{words}** in {}{more}.{in_step}{cost}{sandbox}", org(whose));
    if let Some(only) = &plan.only {
        lead.push_str(&only_shown(only));
    }
    lead.push_str(&plan.base.as_ref().map_or_else(String::new, base::sum));
    if let Some(commit) = &sources.commit {
        let _ = writeln!(lead, "\nThe config is that of the commit {}.", Inline::code(&short(commit)));
    }
    lead
}

/// Loud, because a plan that looks finished may be a part.
fn only_shown(only: &Only) -> String {
    let Only { keys, changes, refusals } = only;
    let keys: Vec<String> = keys.iter().map(|it| Inline::code(it.as_str()).to_string()).collect();
    let errors = match refusals.len() {
        0 => String::new(),
        count => format!(" and {}", text::count(count, "error")),
    };
    let are = if changes.len() == 1 && refusals.is_empty() { "is" } else { "are" };
    let count = text::count(changes.len(), "change");
    format!(
        "\n> **Only {}**: {count}{errors} of the whole plan {are} left out, and nothing is pruned.\n",
        text::list(&keys, "and")
    )
}

fn sections(plan: &Plan, sources: &Sources) -> Vec<Section> {
    let groups = groups(plan);
    let mut sections = Vec::from_iter(plan.base.as_ref().map(base::notes));
    sections.push(refusals::of_plan(plan, sources));
    sections.extend(groups.iter().map(|it| group(it, plan)));
    sections.extend(plan.base.as_ref().map(|it| base::settled(it, plan)));
    sections.push(details(&groups, plan, sources));
    sections.push(notes(&plan.warnings, &plan.obsolete, sources));
    sections.push(left_alone(&plan.unmanaged));
    sections
}

fn group(group: &Group<'_>, plan: &Plan) -> Section {
    let Group { title, folded: is_folded, changes } = group;
    let table = table_head(&["", "Definition", "Before", "After"]);
    let (head, foot) = match (title, is_folded) {
        (Some(title), true) => {
            let (begin, end) = folded(&format!("{title}: {}", text::count(changes.len(), "change")));
            (begin + &table, end)
        }
        (Some(title), false) => (format!("#### {title}\n\n{table}"), String::new()),
        (None, _) => (table, String::new()),
    };
    let rows = changes.iter().map(|it| change(it, plan)).collect();
    Section { noun: "change", keep: if *is_folded { Keep::Third } else { Keep::Second }, head, rows, foot }
}

fn change(change: &Change, plan: &Plan) -> String {
    let step = &change.step;
    let rows = labels(step, &plan.default_locale);
    let side = |of: fn(&LabelRow<'_>) -> Option<Label>| -> String {
        let mut lines: Vec<String> = rows
            .iter()
            .take(OPEN_LABELS_MAX)
            .filter_map(|row| of(row).map(|label| in_locale(row.locale, &label)))
            .collect();
        let more = rows.iter().skip(OPEN_LABELS_MAX).filter(|row| of(row).is_some()).count();
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines.join("<br>")
    };
    let (mut before, mut after) = (side(|row| row.before.cloned()), side(|row| row.after.cloned()));
    for (what, was, becomes) in others(step, &plan.divisions) {
        for (cell, it) in [(&mut before, was), (&mut after, becomes)] {
            if let Some(it) = it {
                let line = if cell.is_empty() { "" } else { "<br>" };
                // Writing to a String cannot fail.
                let _ = write!(cell, "{line}{what}: {}", Inline::code(&it));
            }
        }
    }
    if step.action().is_removal() {
        "no longer shown to agents".clone_into(&mut after);
    }
    let people = people(step, &plan.usage, &plan.default_locale).map_or_else(String::new, |it| format!("<br>**{it}**"));
    let origin = origin(plan, step).map_or_else(String::new, |it| format!("<br>{}", Inline::prose(&it)));
    let about = subject(change, plan) + &people + &origin;
    table_row(&[format!("**{}**", step.action().verb()), about, before, after])
}

fn in_locale(locale: &Locale, label: &Label) -> String {
    format!("{} {}", Inline::code(locale.as_str()), Inline::code(label.nfc()))
}

/// Key, else name; and where it belongs.
fn subject(change: &Change, plan: &Plan) -> String {
    let step = &change.step;
    let known_as = key(step).or_else(|| step.name(&plan.default_locale).map(Label::nfc));
    let known_as = known_as.map_or_else(String::new, |it| format!("{} ", Inline::code(it)));
    format!("{known_as}({})", Inline::prose(step.system_presence().as_str()))
}

/// Everything about every change, a label a row.
fn details(groups: &[Group<'_>], plan: &Plan, sources: &Sources) -> Section {
    let changes: Vec<&Change> = groups.iter().flat_map(|it| it.changes.iter().copied()).collect();
    let head = table_head(&["", "Definition", "Id", "Why", "Locale", "Before", "After"]);
    let (begin, end) = folded(&format!("Every label, id and reason of {}", text::count(changes.len(), "change")));
    let rows = changes.iter().flat_map(|it| detail(it, plan, sources)).collect();
    Section { noun: "row", keep: Keep::Last, head: begin + &head, rows, foot: end }
}

fn detail(change: &Change, plan: &Plan, sources: &Sources) -> Vec<String> {
    let Change { step, reason, place: at } = change;
    let at = at.map_or_else(String::new, |span| format!(", {}", Inline::code(&sources.place(span).to_string())));
    let id = step.id().map_or_else(String::new, |it| Inline::code(it.as_str()).to_string());
    let why = format!("{}{at}", Inline::prose(&reason.in_words()));
    let mut about = [format!("**{}**", step.action().verb()), subject(change, plan), id, why];
    let label = |it: Option<&Label>| it.map_or_else(String::new, |it| Inline::code(it.nfc()).to_string());
    let mut cells: Vec<[String; 3]> = labels(step, &plan.default_locale)
        .iter()
        .map(|row| [Inline::code(row.locale.as_str()).to_string(), label(row.before), label(row.after)])
        .collect();
    let other = |it: Option<String>| it.map_or_else(String::new, |it| Inline::code(&it).to_string());
    cells.extend(
        others(step, &plan.divisions).into_iter().map(|(what, was, is)| [what.to_owned(), other(was), other(is)]),
    );
    if cells.is_empty() {
        cells.push([const { String::new() }; 3]);
    }
    cells
        .iter()
        .map(|it| {
            let row = table_row(&[about.as_slice(), it.as_slice()].concat());
            // What is the same in the rows below is not said again.
            about = [const { String::new() }; 4];
            row
        })
        .collect()
}

pub(super) fn notes(warnings: &[Warning], spent: &[ObsoleteLine], sources: &Sources) -> Section {
    let warnings = warnings.iter().map(|it| format!("- **warning**: {}\n", Inline::prose(&it.message())));
    let spent = spent.iter().map(|it| {
        let ObsoleteLine { key, line, place: at, not_known: _ } = it;
        let (what, unknown) = it.in_words();
        let unknown = Inline::prose(&unknown);
        let at = at.map_or_else(String::new, |span| format!(" ({})", Inline::code(&sources.place(span).to_string())));
        format!("- {what}: `{}` of {}{at}{unknown}\n", line.field(), Inline::code(key.as_str()))
    });
    let rows = warnings.chain(spent).collect();
    Section { noun: "note", keep: Keep::Third, head: "#### To look at\n\n".to_owned(), rows, foot: String::new() }
}

fn left_alone(left_alone: &[Unmanaged]) -> Section {
    let (begin, end) = folded(&format!("Unmanaged: {} left alone", left_alone.len()));
    let rows = left_alone
        .iter()
        .map(|Unmanaged { id, system_presence, name, why }| {
            let name = name.as_ref().map_or_else(String::new, |it| Inline::code(it.nfc()).to_string());
            let key = why.key().map_or_else(String::new, |key| format!(": {}", Inline::code(key.as_str())));
            table_row(&[
                name,
                Inline::prose(system_presence.as_str()).to_string(),
                Inline::code(id.as_str()).to_string(),
                format!("{}{key}", Inline::prose(why.in_words())),
            ])
        })
        .collect();
    let head = begin + &table_head(&["Label", "System presence", "Id", "Why"]);
    Section { noun: "definition", keep: Keep::Fourth, head, rows, foot: end }
}
