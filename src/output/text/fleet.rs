//! The plans of several orgs for people: failed ones first, then each change once, with its orgs.

use std::fmt::Write as _;

use crate::model::text;
use crate::model::usage::People;
use crate::output::json::FleetPlanV1;
use crate::output::json::common::PlaceV1;
use crate::output::json::content::{ActionV1, PeopleV1};
use crate::output::json::fleet::{
    FleetGroupV1, FleetLabelV1, FleetLineV1, FleetNoteV1, FleetOrgV1, FleetRefusalV1, FleetStatusV1, FleetSummaryV1,
    NoteCodeV1,
};
use crate::output::style::{Style, sign};
use crate::output::text::problem::{answer, explained_below, pasted};
use crate::plan::change::Action;
use crate::plan::origin::short;

/// The most labels of a change that are shown. `--org NAME` shows all.
const LABELS_MAX: usize = 4;

/// The whole text, with all changes and orgs.
pub fn fleet_plan(plan: &FleetPlanV1, style: Style) -> String {
    let FleetPlanV1 { commit, summary, orgs, unaffected, look_first, groups, refusals, warnings, .. } = plan;
    let mut sections = vec![
        commit.as_ref().map_or_else(String::new, |it| format!("The config is that of the commit {}.\n", short(it))),
        not_planned(orgs, style),
        frozen_shown(orgs, style),
        look_first.iter().map(|it| note(it, style)).collect(),
        refusals.iter().map(|it| blocker(it, style)).collect::<Vec<_>>().join("\n"),
        changes(groups, style),
    ];
    let shown = if style.quiet { &[][..] } else { warnings };
    sections.push(shown.iter().fold(String::new(), |mut all, it| {
        let message = text::terminal(&text::with_short_names(&it.message)).to_string();
        // Writing to a String cannot fail.
        let head = format!("warning[{}]", text::terminal(&it.code));
        let _ = writeln!(all, "{}: {message}", style.doubtful(&head));
        let _ = writeln!(all, "  in {}", text::terminal(&it.orgs_in_words));
        all
    }));
    sections.push(plan.no_longer_needed.iter().map(line_shown).collect());
    sections.push(no_change(orgs));
    sections.push(match unaffected.as_slice() {
        [] => String::new(),
        orgs => format!("Unaffected: {}\n", text::terminal(&orgs.join(", "))),
    });
    sections.push(totals(summary, style));
    let mut all = format!("{}{}\n", style.bold(&heading(plan)), sandbox_note(orgs));
    for section in sections.iter().filter(|it| !it.is_empty()) {
        all.push('\n');
        all.push_str(section);
    }
    all
}

/// The summary line.
pub fn heading(plan: &FleetPlanV1) -> String {
    let FleetSummaryV1 { orgs, changed, no_change, refused, not_planned, requests: _ } = plan.summary;
    if orgs == 0 {
        let is_known = !plan.unaffected.is_empty();
        return if is_known { "no org is affected" } else { "no org had to report" }.to_owned();
    }
    let all = text::count(orgs, "org");
    let was = |count: usize| if count == 1 { "was" } else { "were" };
    let parts = [
        (changed, format!("{} changes", if changed == 1 { "has" } else { "have" })),
        (no_change, format!("need{} no change", if no_change == 1 { "s" } else { "" })),
        (refused, format!("{} refused", was(refused))),
        (not_planned, format!("{} not planned", was(not_planned))),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    format!("{all}: {}", parts.join(", "))
}

/// The frozen orgs, each in a sentence without a full stop.
pub fn frozen(orgs: &[FleetOrgV1]) -> Vec<String> {
    let frozen = |org: &FleetOrgV1| {
        let freezes = org.plan.iter().flat_map(|it| &it.freezes).filter(|it| it.time == "now");
        let longest = freezes.max_by(|a, b| a.until.cmp(&b.until))?;
        let PlaceV1 { file, line, column: _ } = &longest.place;
        Some(format!("{} until {} ({file}:{line}): {}", org.name, longest.until, longest.reason))
    };
    orgs.iter().filter_map(frozen).collect()
}

fn frozen_shown(orgs: &[FleetOrgV1], style: Style) -> String {
    let line = |it: String| format!("{}: {}\n", style.doubtful("FROZEN"), text::terminal(&it));
    frozen(orgs).into_iter().map(line).collect::<Vec<_>>().concat()
}

fn note(it: &FleetNoteV1, style: Style) -> String {
    let FleetNoteV1 { code, message, yaml, orgs: _, orgs_in_words } = it;
    let head = if *code == NoteCodeV1::Guards { "LOOK FIRST" } else { "look" };
    let (message, colon) = (text::with_short_names(message), if yaml.is_empty() { "" } else { ":" });
    let mut shown = format!("{}: {}{colon}\n", style.doubtful(head), text::terminal(&message));
    pasted(&mut shown, yaml, style);
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "  in {}", text::terminal(orgs_in_words));
    shown
}

fn sandbox_note(orgs: &[FleetOrgV1]) -> &'static str {
    let is_sandbox = orgs.iter().any(|it| it.plan.as_ref().is_some_and(|plan| plan.target.sandbox));
    if is_sandbox { " - sandbox: nothing real is written" } else { "" }
}

fn not_planned(orgs: &[FleetOrgV1], style: Style) -> String {
    let mut shown = String::new();
    for (org, error) in orgs.iter().filter_map(|it| Some((it, it.error.as_ref()?))) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            shown,
            "  {}: {}",
            style.bad(&text::terminal(&org.name).to_string()),
            text::terminal(&error.message)
        );
        shown.push_str(&explained_below(error.into(), "    ", style));
    }
    if shown.is_empty() { shown } else { format!("{}:\n{shown}", style.bad("Not planned")) }
}

fn blocker(it: &FleetRefusalV1, style: Style) -> String {
    let FleetRefusalV1 { code, message, answers, place, orgs: _, orgs_in_words } = it;
    let head = style.bad(&format!("error[{}]", text::terminal(code)));
    let message = text::terminal(&text::with_short_names(message)).to_string();
    let mut shown = format!("{head}: {}\n", style.bold(&message));
    // Writing to a String cannot fail.
    let _ = place.as_ref().map_or(Ok(()), |it| writeln!(shown, "  --> {}", place_shown(it)));
    let _ = writeln!(shown, "  in {}", text::terminal(orgs_in_words));
    for it in answers {
        let say = text::terminal(&text::with_short_names(&it.say)).to_string();
        answer(&mut shown, "  ", &say, &it.yaml, style);
    }
    shown
}

pub(super) fn changes(groups: &[FleetGroupV1], style: Style) -> String {
    let (mut shown, mut before) = (String::new(), None);
    for group in groups {
        let heading = (&group.orgs_in_words, &group.origin);
        if before != Some(heading) {
            let origin = match group.origin.as_deref() {
                Some("this-change" | "this-change-too") => ", from this change",
                Some("edited") => ", changed by hand and not by this change",
                Some("not-applied") => ", merged before and not applied",
                Some("before") => ", pending before this change",
                Some(_) | None => "",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "{}{origin}:", style.bold(&text::terminal(&group.orgs_in_words).to_string()));
            before = Some(heading);
        }
        shown.push_str(&change(group, style));
    }
    shown
}

fn change(group: &FleetGroupV1, style: Style) -> String {
    let FleetGroupV1 { action, labels, deactivated, division, before_elsewhere, .. } = group;
    let head = style.action((*action).into(), &format!("{} {}", sign((*action).into()), verb(*action)));
    let without = if group.without.is_empty() {
        String::new()
    } else {
        format!(", without {}", text::terminal(&group.without.join(", ")))
    };
    let mut shown = format!("  {head} {}{without}\n", style.bold(&subject(group)));
    // Writing to a String cannot fail.
    if let Some(deactivated) = deactivated {
        let _ = writeln!(shown, "    ~ deactivated: {} -> {deactivated}", !deactivated);
    }
    if let Some(division) = division {
        let _ = writeln!(shown, "    ~ division: {}", text::terminal(division));
    }
    for it in labels.iter().take(LABELS_MAX) {
        let _ = writeln!(shown, "    {}", label(it, style));
    }
    if labels.len() > LABELS_MAX {
        let _ = writeln!(shown, "    and {}", text::count(labels.len() - LABELS_MAX, "more language"));
    }
    if let Some(people) = &group.people {
        let _ = writeln!(shown, "    {}", style.doubtful(&people_in_words(people)));
    }
    for it in before_elsewhere {
        let (org, locale) = (text::terminal(&it.org), text::terminal(&it.locale));
        let _ = match &it.before {
            Some(label) => writeln!(shown, "    in {org} {locale} was {}", text::quoted(label)),
            None => writeln!(shown, "    in {org} there was no {locale}"),
        };
    }
    for it in &group.reasons {
        let comment = it.comment.as_ref().map_or_else(String::new, |it| format!(": {}", text::terminal(it)));
        let _ = writeln!(shown, "    {}{comment}", place_shown(&it.place));
    }
    if let Some(in_place) = in_place(group) {
        let _ = writeln!(shown, "    {}", text::terminal(&in_place));
    }
    shown
}

/// The orgs that already have a change. `None` if that is not known.
pub fn in_place(FleetGroupV1 { already_in_place: orgs, first_anywhere, .. }: &FleetGroupV1) -> Option<String> {
    match orgs.as_slice() {
        [] => first_anywhere.then(|| "in no other org yet".to_owned()),
        orgs => Some(format!("already in place in {}", orgs.join(", "))),
    }
}

/// The subject of a group, as `lunch "Lunch" (Meal)`.
pub fn subject(group: &FleetGroupV1) -> String {
    let key = group.key.as_ref().filter(|_| group.action != ActionV1::Replace);
    let key = key.map(|it| text::terminal(it).to_string());
    let name = group.name.as_deref().map(text::quoted);
    let presence = format!("({})", text::terminal(&group.system_presence));
    [key, name, Some(presence)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

pub fn verb(action: ActionV1) -> &'static str {
    Action::from(action).verb()
}

fn label(it: &FleetLabelV1, style: Style) -> String {
    let locale = text::terminal(&it.locale);
    match (&it.before, &it.after) {
        (Some(before), Some(after)) => {
            format!("~ {locale}: {} -> {}", style.removed(&text::quoted(before)), style.added(&text::quoted(after)))
        }
        (Some(before), None) => format!("{} {locale}: {}", style.removed("-"), style.removed(&text::quoted(before))),
        (None, Some(after)) => format!("{} {locale}: {}", style.added("+"), style.added(&text::quoted(after))),
        (None, None) => String::new(),
    }
}

pub fn people_in_words(it: &PeopleV1) -> String {
    let people = match (it.count, it.at_least) {
        (Some(count), false) => People::Exactly(count),
        (Some(count), true) => People::AtLeast(count),
        (None, _) => People::NotKnown,
    };
    people.in_words()
}

fn place_shown(it: &PlaceV1) -> String {
    text::terminal(&format!("{}:{}:{}", it.file, it.line, it.column)).to_string()
}

/// An obsolete line, or one that may be obsolete.
pub fn line_in_words(it: &FleetLineV1) -> String {
    let FleetLineV1 { key: _, field: _, place: _, not_known_for, more } = it;
    let names: Vec<String> = not_known_for.iter().map(text::ticked).collect();
    match (names.is_empty(), more) {
        (true, false) => "No longer needed by any org".to_owned(),
        (true, true) => "No longer needed by these orgs, and not known for others that may use it".to_owned(),
        (false, _) => format!("May still be needed in {}", text::list(&names, "and")),
    }
}

fn line_shown(it: &FleetLineV1) -> String {
    let at = it.place.as_ref().map_or_else(String::new, |it| format!(" ({})", place_shown(it)));
    let (key, words) = (text::terminal(&it.key), line_in_words(it));
    format!("{}: `{}` of `{key}`{at}\n", text::terminal(&words), text::terminal(&it.field))
}

/// The orgs without changes, and why.
pub fn quiet_orgs(orgs: &[FleetOrgV1]) -> Vec<String> {
    let quiet = orgs.iter().filter(|it| it.status == FleetStatusV1::NoChange);
    let why = |it: &FleetOrgV1| {
        let omits = (!it.omits.is_empty()).then(|| format!("omits {}", it.omits.join(", ")));
        let in_place = (!it.already_in_place.is_empty()).then(|| "already in place".to_owned());
        let why: Vec<String> = in_place.into_iter().chain(omits).collect();
        if why.is_empty() { it.name.clone() } else { format!("{} ({})", it.name, why.join("; ")) }
    };
    quiet.map(why).collect()
}

fn no_change(orgs: &[FleetOrgV1]) -> String {
    match quiet_orgs(orgs) {
        orgs if orgs.is_empty() => String::new(),
        orgs => format!("No change: {}\n", text::terminal(&orgs.join(", "))),
    }
}

fn totals(summary: &FleetSummaryV1, style: Style) -> String {
    let FleetSummaryV1 { changed, requests, .. } = summary;
    if *changed == 0 {
        return match summary.refused + summary.not_planned {
            0 => format!("{}\n", style.good("No changes.")),
            _ => String::new(),
        };
    }
    let requests = text::count(usize::try_from(*requests).unwrap_or(usize::MAX), "request");
    let applies = match changed {
        1 => "1 apply".to_owned(),
        count => format!("{count} applies"),
    };
    format!("{applies}, {requests}. `--org NAME` shows one org in full.\n")
}
