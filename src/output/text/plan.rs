//! A plan for people: changes, blockers, unmanaged objects, a summary.

use std::fmt::Write as _;

use crate::model::freeze::{Freeze, FreezeTime};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::model::usage::{People, Usage};
use crate::output::rows::{FROM_THIS_CHANGE, PENDING_BEFORE, RowNote, base_notes, origin, origin_of_blocker};
use crate::output::style::{Style, Tone};
use crate::output::summary::{Summary, cost, in_step, left_out, of_plan, target_line};
use crate::output::text::change;
use crate::output::text::findings::{DRAWN_MAX, by_rule};
use crate::output::text::problem::{blocker_with, pasted, place};
use crate::plan::change::{Action, Change, ObsoleteLine, Unmanaged};
use crate::plan::guard::removed_or_renamed;
use crate::plan::origin::{Base, resolved_in_words, short};
use crate::plan::warning::Warning;
use crate::plan::{Only, Plan};

/// A whole plan, in full.
pub fn plan(plan: &Plan, target: &Target, sources: &Sources, style: Style) -> String {
    let Plan {
        changes,
        in_sync: _,
        unmanaged: left_alone,
        obsolete,
        warnings,
        blockers,
        seen: _,
        usage,
        divisions: _,
        default_locale: _,
        only,
        cost: _,
        base,
        held: _,
        waiting: _,
        freezes,
    } = plan;
    let split = base.as_ref().and_then(|it| it.split(changes));
    let sections = [
        freezes_shown(freezes, sources, style),
        sources
            .commit
            .as_ref()
            .map_or_else(String::new, |it| format!("The config is that of the commit {}.\n", short(it))),
        base.as_ref().map_or_else(String::new, |it| base_shown(it, style)),
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
        base.as_ref().map_or_else(String::new, |it| resolved(it, plan)),
        warnings_shown(warnings, style),
        blockers
            .iter()
            .enumerate()
            .map(|(index, it)| blocker_with(it, origin_of_blocker(plan, index), sources, style))
            .collect::<Vec<_>>()
            .join("\n"),
        obsolete.iter().map(|it| obsolete_shown(it, sources)).collect(),
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

/// Active freezes first, past ones last.
fn freezes_shown(freezes: &[(Freeze, FreezeTime)], sources: &Sources, style: Style) -> String {
    let mut shown = String::new();
    for (freeze, time) in freezes {
        let head = match time {
            FreezeTime::Now => style.doubtful("FROZEN"),
            FreezeTime::Later | FreezeTime::Past => style.bold("freeze"),
        };
        let words = freeze.in_words(*time);
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "{head}: {} ({})", text::terminal(&words), place(freeze.place, sources));
    }
    shown
}

/// The changes of a plan beyond the saved one.
pub fn not_in_saved_plan(changes: &[Change], plan: &Plan, style: Style) -> String {
    let not_in = if changes.len() == 1 { "1 change is not" } else { &format!("{} changes are not", changes.len()) };
    format!(
        "{}: {not_in} in the saved plan, so more would be done than was reviewed\n\n{}\n\
         Nothing was applied. To apply this, have a new plan reviewed, and apply with that one.\n",
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
        if let Some(people) = removed_or_renamed(&it.step, &plan.default_locale).and_then(|id| usage.on(id)) {
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
        shown.push_str("\n  Genesys Cloud keeps a deleted definition in the org, deactivated.\n");
    }
    shown
}

/// It is prominent, because a plan that looks complete may be a part.
fn only_shown(only: &Only, plan: &Plan, style: Style) -> String {
    let Only { keys, changes, blockers } = only;
    let keys: Vec<String> = keys.iter().map(|it| format!("`{}`", text::terminal(it.as_str()))).collect();
    let head = style.doubtful(&format!("ONLY {}", text::list(&keys, "and")));
    let mut shown = format!("{head}: {}\n", left_out(only));
    for Change { step, reason: _, place: _ } in changes {
        let subject = change::subject_of(step, &plan.default_locale);
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  left out: {} {subject}", step.action().verb());
    }
    for blocker in blockers {
        let _ = writeln!(
            shown,
            "  left out: error[{}]: {}",
            blocker.code(),
            text::terminal(&text::with_short_names(&blocker.message()))
        );
    }
    shown
}

/// Warnings by rule, in the form of findings: with many of one rule, all but the first have a line without a header.
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

fn obsolete_shown(obsolete: &ObsoleteLine, sources: &Sources) -> String {
    let ObsoleteLine { key, line, place: at, not_known: _ } = obsolete;
    let (what, unknown) = obsolete.in_words();
    let at = at.map_or_else(String::new, |span| format!(" ({})", place(span, sources)));
    let (key, unknown) = (text::terminal(key.as_str()), text::terminal(&unknown));
    format!("{what}: `{}` of `{key}`{at}{unknown}\n", line.field())
}

fn left_alone_shown(left_alone: &[Unmanaged]) -> String {
    if left_alone.is_empty() {
        return String::new();
    }
    let mut shown = format!("Unmanaged: {}\n", left_alone.len());
    let mut heading = "";
    for it in left_alone {
        let Unmanaged { id, system_presence, name, why } = it;
        let group = why.in_words();
        // They are sorted by reason.
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

/// The places of the errors, in a sentence after a space. Empty if the only one is directly above.
fn places(plan: &Plan, sources: &Sources) -> String {
    let mut places: Vec<String> = Vec::new();
    for span in plan.blockers.iter().filter_map(|it| it.place) {
        let place = sources.place(span).to_string();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    match places.as_slice() {
        [] => String::new(),
        [_] if plan.blockers.len() == 1 && plan.warnings.is_empty() => String::new(),
        [one] => format!(" The error is at {}.", text::terminal(one)),
        several => format!(" Errors at {}.", text::terminal(&text::some(several))),
    }
}

/// Everything before the changes.
fn base_shown(base: &Base, style: Style) -> String {
    let Some(compared) = base.compared() else {
        let not_told = base.not_told().unwrap_or_default();
        return format!("{}: {}\n", style.doubtful("NOTE"), text::terminal(&not_told));
    };
    let mut shown = String::new();
    // Writing to a String cannot fail.
    if let Some(guards) = compared.guards_in_words() {
        let _ = writeln!(shown, "{}: {guards}", style.doubtful("LOOK FIRST"));
    }
    for RowNote { say, lines } in base_notes(base) {
        let _ = writeln!(shown, "{}: {}", style.doubtful("look"), text::terminal(&say));
        pasted(&mut shown, &lines, style);
    }
    let against = base.against.in_words();
    let _ = writeln!(shown, "{} (compared with {})", compared.sum(), text::terminal(&against));
    shown
}

/// The changes of the base that the plan no longer needs.
fn resolved(base: &Base, plan: &Plan) -> String {
    let changes = base.compared().map_or(&[][..], |it| &it.resolved);
    if changes.is_empty() {
        return String::new();
    }
    let mut shown = "Settled by this change:\n".to_owned();
    for Change { step, reason: _, place: _ } in changes {
        let subject = change::subject_of(step, &plan.default_locale);
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {subject}: {}", resolved_in_words(step.action()));
    }
    shown
}
