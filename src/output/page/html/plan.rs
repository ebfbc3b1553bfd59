//! A plan as a page: what refuses it, the changes with what takes away first, what to look at, what is left alone,
//! and the coverage of the config's locales.

use std::fmt::Write as _;

use crate::config::coverage::{Cell, Coverage, Mark};
use crate::model::names::Label;
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::output::page::html::base;
use crate::output::page::html::escape::{escaped, sentence};
use crate::output::page::html::frame::{PageSubject, at, class, code, folded, page, refusals_from, table};
use crate::output::rows::{Group, LabelRow, groups, key, labels, origin, origin_of_refusal, others, people};
use crate::output::style::Tone;
use crate::output::summary::{cost, in_step, of_plan};
use crate::plan::Plan;
use crate::plan::change::{Action, Change, ObsoleteLine, Unmanaged};
use crate::plan::only::Only;
use crate::plan::origin::short;
use crate::plan::warning::Warning;

/// A whole plan, complete however long it is.
pub fn plan(plan: &Plan, coverage: &Coverage, target: &Target, sources: &Sources) -> String {
    let about = PageSubject { what: "Plan", verdict: of_plan(plan), org: target.org.as_ref(), sandbox: target.sandbox };
    let groups: String = groups(plan).iter().map(|it| group(it, plan, sources)).collect();
    let (head, settled) = match &plan.base {
        Some(it) => (base::head(it), base::settled(it, plan)),
        None => (String::new(), String::new()),
    };
    let body = [
        sources.commit.as_ref().map_or_else(String::new, |it| {
            format!("<p>The config is that of the commit {}.</p>\n", code(short(it).as_str()))
        }),
        head,
        cost(plan).map_or_else(String::new, |it| format!("<p>{it}.</p>\n")),
        plan.only.as_ref().map_or_else(String::new, only),
        refusals_from(&plan.refusals, "To answer first", |index| origin_of_refusal(plan, index), sources),
        groups,
        settled,
        notes(&plan.warnings, &plan.obsolete, sources),
        left_alone(&plan.unmanaged),
        in_step_shown(plan),
        matrix(coverage),
    ];
    page(&about, &body.concat())
}

/// Loud, because a plan that looks finished may be a part.
fn only(only: &Only) -> String {
    let Only { keys, changes, refusals } = only;
    let keys: Vec<String> = keys.iter().map(|it| code(it.as_str())).collect();
    let errors = match refusals.len() {
        0 => String::new(),
        count => format!(" and {}", text::count(count, "error")),
    };
    let are = if changes.len() == 1 && refusals.is_empty() { "is" } else { "are" };
    format!(
        "<article class=\"warning\">\n<h2>Only {}</h2>\n<p>{}{errors} of the whole plan {are} left out, and nothing is \
         pruned.</p>\n</article>\n",
        text::list(&keys, "and"),
        text::count(changes.len(), "change"),
    )
}

fn group(group: &Group<'_>, plan: &Plan, sources: &Sources) -> String {
    let Group { title, folded: is_folded, changes } = group;
    let count = text::count(changes.len(), "change");
    let columns = ["Action", "Definition", "Before", "After", "Why"].map(str::to_owned);
    let rows: String = changes.iter().map(|it| change(it, plan, sources)).collect();
    let caption = format!("{count}, what takes away first");
    let table = table("changes", &caption, &columns, &rows);
    match (title, is_folded) {
        (Some(title), true) => folded(&format!("{title}: {count}"), &table),
        (title, _) => format!("<h2>{}</h2>\n{table}", title.unwrap_or("Changes")),
    }
}

fn change(change: &Change, plan: &Plan, sources: &Sources) -> String {
    let Change { step, reason, place } = change;
    let action = step.action();
    let known_as = key(step).or_else(|| step.name(&plan.default_locale).map(Label::nfc)).unwrap_or_default();
    let id = step.id().map_or_else(String::new, |it| format!("<br><span class=\"quiet\">{}</span>", code(it.as_str())));
    let people = people(step, &plan.usage, &plan.default_locale)
        .map_or_else(String::new, |it| format!("<br><strong>{}</strong>", escaped(&it)));
    let origin =
        origin(plan, step).map_or_else(String::new, |it| format!("<br><span class=\"quiet\">{}</span>", sentence(&it)));
    let rows = labels(step, &plan.default_locale);
    let mut before = side(&rows, "del", |row| row.before);
    let mut after = side(&rows, "ins", |row| row.after);
    for (what, was, becomes) in others(step, &plan.divisions) {
        for (side, it) in [(&mut before, was), (&mut after, becomes)] {
            if let Some(it) = it {
                // Writing to a String cannot fail.
                let _ = write!(side, "<p>{what}: {}</p>", code(&it));
            }
        }
    }
    if action.is_removal() {
        "no longer shown to agents".clone_into(&mut after);
    }
    format!(
        "<tr><td><span class=\"tag {}\">{}</span></td><th scope=\"row\">{}<br><span class=\"quiet\">{}</span>{id}{people}{origin}\
         </th><td>{before}</td><td>{after}</td><td>{}{}</td></tr>\n",
        class(tone(action)),
        action.verb(),
        code(known_as),
        escaped(step.system_presence().as_str()),
        sentence(&reason.in_words()),
        at(*place, sources)
    )
}

fn tone(action: Action) -> Tone {
    match action {
        Action::Create | Action::Reactivate => Tone::Good,
        Action::Update => Tone::Open,
        Action::Supersede | Action::Deactivate | Action::Delete => Tone::Bad,
    }
}

/// One side of the labels, a line each. `element` says to whoever cannot see colours what becomes of it.
fn side<'a>(rows: &[LabelRow<'a>], element: &str, of: impl Fn(&LabelRow<'a>) -> Option<&'a Label>) -> String {
    let lines: Vec<String> = rows
        .iter()
        .filter_map(|row| of(row).map(|label| (row.locale, label)))
        .map(|(locale, label)| {
            format!(
                "<li><span class=\"locale\">{}</span><{element} class=\"label\"><bdi>{}</bdi></{element}></li>",
                escaped(locale.as_str()),
                escaped(label.nfc())
            )
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("<ul class=\"plain\">{}</ul>", lines.concat()) }
}

pub(super) fn notes(warnings: &[Warning], spent: &[ObsoleteLine], sources: &Sources) -> String {
    let warnings = warnings.iter().map(|it| format!("<li>Warning: {}</li>\n", sentence(&it.message())));
    let spent = spent.iter().map(|it| {
        let ObsoleteLine { key, line, place, not_known: _ } = it;
        let (what, unknown) = it.in_words();
        let (key, at, unknown) = (code(key.as_str()), at(*place, sources), sentence(&unknown));
        format!("<li>{what}: <code>{}</code> of {key}{at}{unknown}</li>\n", line.field())
    });
    let notes: String = warnings.chain(spent).collect();
    if notes.is_empty() { notes } else { format!("<h2>To look at</h2>\n<ul>\n{notes}</ul>\n") }
}

fn left_alone(left_alone: &[Unmanaged]) -> String {
    if left_alone.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = left_alone
        .iter()
        .map(|Unmanaged { id, system_presence, name, why }| {
            let key = why.key().map_or_else(String::new, |key| format!(": {}", code(key.as_str())));
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}{key}</td></tr>\n",
                name.as_ref().map_or_else(|| "no label".to_owned(), |it| code(it.nfc())),
                escaped(system_presence.as_str()),
                code(id.as_str()),
                sentence(why.in_words())
            )
        })
        .collect();
    let columns = ["Label", "System presence", "Id", "Why"].map(str::to_owned);
    let caption = format!("{} that the plan does not touch", text::count(left_alone.len(), "definition"));
    format!("<h2>Unmanaged</h2>\n{}", folded(&caption, &table("unmanaged", &caption, &columns, &rows.concat())))
}

fn in_step_shown(plan: &Plan) -> String {
    let in_step = in_step(plan);
    if in_step.is_empty() { in_step } else { format!("<p class=\"quiet\">{}</p>\n", in_step.trim_start()) }
}

fn matrix(coverage: &Coverage) -> String {
    let Coverage { default_locale, locales, rows } = coverage;
    if rows.is_empty() {
        return String::new();
    }
    let columns: Vec<String> = std::iter::once("Definition".to_owned())
        .chain(locales.iter().enumerate().map(|(index, it)| {
            let (present, of) = coverage.present(index);
            let default = if it.same_as(default_locale) { "<br>default" } else { "" };
            format!("{}<br><span class=\"quiet\">{present} of {of}{default}</span>", escaped(it.as_str()))
        }))
        .collect();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: String = row.cells.iter().map(cell).collect();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", code(row.key.as_str()))
        })
        .collect();
    format!(
        "<h2>Locale coverage</h2>\n<p class=\"quiet\">Same: as in the default locale. Twice: another definition has the \
         same label in this locale. Deactivated and omitted definitions are not here.</p>\n{}",
        table("matrix", "Which definition has a label in which locale", &columns, &rows.concat())
    )
}

fn cell(cell: &Cell) -> String {
    if cell.marks.is_empty() {
        return "<td><span role=\"img\" aria-label=\"present\">✓</span></td>".to_owned();
    }
    if cell.marks.contains(&Mark::NotNeeded) {
        return "<td><span role=\"img\" aria-label=\"not needed\">–</span></td>".to_owned();
    }
    let tag = |mark: &Mark| {
        let tone = match mark {
            Mark::Missing | Mark::Duplicate => Tone::Bad,
            Mark::TooLong(_) | Mark::SameAsDefault | Mark::NotNeeded => Tone::Open,
        };
        format!("<span class=\"tag {}\">{}</span>", class(tone), mark.in_words())
    };
    let tags: Vec<String> = cell.marks.iter().map(tag).collect();
    format!("<td>{}</td>", tags.join(" "))
}
