//! A plan as people read it: changes, what refuses them, what is left alone, a sum.

use std::fmt::Write as _;

use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::model::usage::{People, Usage};
use crate::output::rows::{FROM_THIS_CHANGE, PENDING_BEFORE, origin, origin_of_refusal};
use crate::output::style::{Style, Tone};
use crate::output::summary::{Summary, cost, in_step, of_plan};
use crate::output::text::findings::{DRAWN_MAX, by_rule};
use crate::output::text::refusal::{place, refusal_with};
use crate::output::text::target::target_line;
use crate::output::text::{base, change};
use crate::plan::Plan;
use crate::plan::change::{Action, Change, ObsoleteLine, Unmanaged};
use crate::plan::guard::noticed;
use crate::plan::only::Only;
use crate::plan::warning::Warning;

/// A whole plan, complete however long it is.
pub fn plan(plan: &Plan, target: &Target, sources: &Sources, style: Style) -> String {
    let Plan {
        changes,
        in_sync: _,
        unmanaged: left_alone,
        obsolete: spent,
        warnings,
        refusals,
        seen: _,
        usage,
        divisions: _,
        default_locale: _,
        only,
        cost: _,
        base,
        held: _,
        waiting: _,
    } = plan;
    let split = base.as_ref().and_then(|it| it.split(changes));
    let sections = [
        sources.commit.as_ref().map_or_else(String::new, |it| format!("The config is that of the commit {it}.\n")),
        base.as_ref().map_or_else(String::new, |it| base::head(it, style)),
        only.as_ref().map_or_else(String::new, |it| only_shown(it, plan, style)),
        match split {
            None => changes_shown(changes, usage, plan, style),
            Some((ours, before)) => [(FROM_THIS_CHANGE, ours), (PENDING_BEFORE, before)]
                .into_iter()
                .filter(|(_, changes)| !changes.is_empty())
                .map(|(title, changes)| {
                    format!("{}:\n{}", style.bold(title), changes_shown(changes, usage, plan, style))
                })
                .collect::<Vec<_>>()
                .join("\n"),
        },
        base.as_ref().map_or_else(String::new, |it| base::settled(it, plan)),
        warnings_shown(warnings, style),
        refusals
            .iter()
            .enumerate()
            .map(|(index, it)| refusal_with(it, origin_of_refusal(plan, index), sources, style))
            .collect::<Vec<_>>()
            .join("\n"),
        spent.iter().map(|it| spent_shown(it, sources)).collect(),
        left_alone_shown(left_alone),
        summary(plan, sources, style),
    ];
    let mut shown = target_line(target) + "\n";
    for section in sections.iter().filter(|it| !it.is_empty()) {
        shown.push('\n');
        shown.push_str(section);
    }
    shown
}

/// What would be done, of a plan, beyond the saved one that bounds an apply.
pub fn beyond(changes: &[Change], plan: &Plan, style: Style) -> String {
    let not_in = if changes.len() == 1 { "1 change is not" } else { &format!("{} changes are not", changes.len()) };
    format!(
        "{}: {not_in} in the saved plan, so more would be done than was reviewed\n\n{}\n\
         Nothing was applied. Plan again, have the new plan reviewed, and apply with that one.\n",
        style.bad("error[beyond-saved-plan]"),
        changes_shown(changes, &Usage::NotAsked, plan, style),
    )
}

fn changes_shown<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
    usage: &Usage,
    plan: &Plan,
    style: Style,
) -> String {
    let (mut shown, mut deletes) = (String::new(), false);
    for it in changes {
        deletes |= it.step.action() == Action::Delete;
        shown.push_str(&change::block(it, &plan.default_locale, &plan.divisions, style));
        if let Some(people) = noticed(&it.step, &plan.default_locale).and_then(|id| usage.on(id)) {
            let words = people.in_words();
            let words = if people == People::Exactly(0) { words } else { style.doubtful(&words) };
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "    {words}");
        }
        if let Some(origin) = origin(plan, &it.step) {
            let _ = writeln!(shown, "    {}", text::terminal(&origin));
        }
    }
    if deletes {
        shown.push_str("\n  The platform keeps what is deleted, deactivated: both count as done.\n");
    }
    shown
}

/// Loud, because a plan that looks finished may be a part.
fn only_shown(only: &Only, plan: &Plan, style: Style) -> String {
    let Only { keys, changes, refusals } = only;
    let keys: Vec<String> = keys.iter().map(|it| format!("`{}`", text::terminal(it.as_str()))).collect();
    let head = style.doubtful(&format!("ONLY {}", text::list(&keys, "and")));
    let errors = match refusals.len() {
        0 => String::new(),
        count => format!(" and {}", text::count(count, "error")),
    };
    let are = if changes.len() == 1 && refusals.is_empty() { "is" } else { "are" };
    let count = text::count(changes.len(), "change");
    let mut shown = format!("{head}: {count}{errors} of the whole plan {are} left out, and nothing is pruned\n");
    for Change { step, reason: _, place: _ } in changes {
        let name = step.name(&plan.default_locale);
        let subject = change::subject(step.action(), step.key(), name, step.system_presence(), step.id());
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  left out: {} {subject}", step.action().verb());
    }
    for refusal in refusals {
        let _ = writeln!(
            shown,
            "  left out: error[{}]: {}",
            refusal.code(),
            text::terminal(&text::with_short_names(&refusal.message()))
        );
    }
    shown
}

/// Warnings by rule, as findings are shown: of many of one rule, all but the first have a line without a heading.
pub(super) fn warnings_shown(warnings: &[Warning], style: Style) -> String {
    let all: Vec<&Warning> = warnings.iter().collect();
    let count = |some: &[&Warning]| some.iter().map(|it| it.count()).sum::<usize>();
    if style.quiet && !all.is_empty() {
        return format!("{} not shown\n", text::count(count(&all), "warning"));
    }
    let mut shown = String::new();
    for (rule, all) in by_rule(&all, Warning::code) {
        let (drawn, rest) = all.split_at(if all.len() > DRAWN_MAX { 1 } else { all.len() });
        let head = style.doubtful(&format!("warning[{rule}]"));
        for it in drawn {
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "{head}: {}", text::terminal(&text::with_short_names(&it.message())));
        }
        if !rest.is_empty() {
            let _ = writeln!(shown, "and {} more of `{rule}`:", count(rest));
        }
        for it in rest {
            let _ = writeln!(shown, "  {}", text::terminal(&text::with_short_names(&it.message())));
        }
    }
    shown
}

fn spent_shown(spent: &ObsoleteLine, sources: &Sources) -> String {
    let ObsoleteLine { key, line, place: at, not_known: _ } = spent;
    let (what, unknown) = spent.in_words();
    let at = at.map_or_else(String::new, |span| format!(" ({})", place(span, sources)));
    let (key, unknown) = (text::terminal(key.as_str()), text::terminal(&unknown));
    format!("{what}: `{}` of `{key}`{at}{unknown}\n", line.field())
}

fn left_alone_shown(left_alone: &[Unmanaged]) -> String {
    if left_alone.is_empty() {
        return String::new();
    }
    let mut shown = format!("Unmanaged: {} left alone\n", left_alone.len());
    let mut heading = "";
    for it in left_alone {
        let Unmanaged { id, system_presence, name, why } = it;
        let group = why.in_words();
        // They come sorted by reason.
        if group != heading {
            heading = group;
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "  {group}:");
        }
        let subject = change::subject(Action::Update, None, name.as_ref(), system_presence, Some(id));
        let key = why.key().map_or_else(String::new, |key| format!(": `{}`", text::terminal(key.as_str())));
        let _ = writeln!(shown, "    {subject}{key}");
    }
    shown
}

fn summary(plan: &Plan, sources: &Sources, style: Style) -> String {
    let Summary { tone, words, more } = of_plan(plan);
    let in_step = in_step(plan);
    let said = match tone {
        Tone::Good => style.good(&format!("{words}.")),
        Tone::Open => format!("{}: {words}.", style.bold("Plan")),
        Tone::Bad => format!("{}: {}.", style.bad("Plan refused"), more.unwrap_or_default()),
    };
    let cost = cost(plan).map_or_else(String::new, |it| format!("{it}\n"));
    format!("{said}{in_step}{}\n{cost}", places(plan, sources))
}

/// Where the errors are, in a sentence with a space before it; nothing where the only one stands right above.
fn places(plan: &Plan, sources: &Sources) -> String {
    let mut places: Vec<String> = Vec::new();
    for span in plan.refusals.iter().filter_map(|it| it.place) {
        let place = sources.place(span).to_string();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    match places.as_slice() {
        [] => String::new(),
        [_] if plan.refusals.len() == 1 && plan.warnings.is_empty() => String::new(),
        [one] => format!(" The error is at {}.", text::terminal(one)),
        several => format!(" Errors at {}.", text::terminal(&text::some(several))),
    }
}
