//! GitHub Actions annotations: workflow commands on standard output with a message for a line of a file.
//! A blocker of a plan is an error, a removal a warning, a rename a notice. Files below `folder`, the root of the
//! repository, have relative names.

use std::cmp::Reverse;
use std::path::Path;

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Severity;
use crate::model::desired::{Desired, Places};
use crate::model::names::Label;
use crate::model::problem::{OrgFailure, Problem};
use crate::model::source::{Sources, Span};
use crate::model::text;
use crate::model::usage::People;
use crate::ops::apply::report::{Outcome, Report, ReportRow};
use crate::ops::drift::history::DifferenceCause;
use crate::ops::drift::{self, Drift};
use crate::output::ci::fingerprint::tidy;
use crate::output::combined::Combined;
use crate::output::drifted::{DriftedOrg, SharedDrift, in_orgs};
use crate::output::json::FleetPlanV1;
use crate::output::json::common::PlaceV1;
use crate::output::json::fleet::FleetGroupV1;
use crate::output::outcome::{self, Verified};
use crate::output::rows::{differences, key_of, origin_of_blocker, people};
use crate::output::style::Tone;
use crate::output::text::problem::Explained;
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::blocker::Blocker;
use crate::plan::change::{Action, Change, Edit, Step};
use crate::plan::guard::is_rename;
use crate::plan::warning::Warning;

/// The most annotations of one level that GitHub shows per step. It drops the others silently. (docs.github.com,
/// "Checks runs": 10 warnings and 10 errors a step; 50 in all a job.)
const PER_LEVEL_MAX: usize = 10;

/// The most answers of one blocker, because an annotation has little room.
const ANSWERS_MAX: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const ALL: [Level; 3] = [Level::Error, Level::Warning, Level::Notice];

    fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        }
    }
}

/// The place of a message: in a file that was read, or from a document.
#[derive(Debug, Clone)]
enum AnnotatedPlace {
    Span(Span),
    Written(PlaceV1),
}

impl From<Span> for AnnotatedPlace {
    fn from(span: Span) -> AnnotatedPlace {
        AnnotatedPlace::Span(span)
    }
}

/// One message at one place. Strings are raw.
struct Annotation {
    level: Level,
    place: Option<AnnotatedPlace>,
    title: String,
    lines: Vec<String>,
}

/// The dangerous parts of a plan, most dangerous first.
pub fn plan(plan: &Plan, desired: &Desired, sources: &Sources, folder: Option<&Path>) -> String {
    let mut dangers: Vec<(Danger, Annotation)> =
        plan.changes.iter().filter_map(|it| dangerous(it, plan, desired)).collect();
    // In each kind, the one that affects most people is first.
    dangers.sort_by_key(|(danger, _)| *danger);
    let refused = plan.blockers.iter().enumerate().map(|(index, it)| {
        let mut annotation = blocker(it);
        annotation.lines.extend(origin_of_blocker(plan, index).map(str::to_owned));
        annotation
    });
    let warned = plan.warnings.iter().map(|it| warning(it, desired));
    let annotations = refused.chain(dangers.into_iter().map(|(_, it)| it)).chain(warned);
    commands(&annotations.collect::<Vec<_>>(), sources, folder)
}

/// The plans of several orgs: each line once, with its orgs.
pub fn fleet_plan(plan: &FleetPlanV1, folder: Option<&Path>) -> String {
    let written = |it: &Option<PlaceV1>| it.clone().map(AnnotatedPlace::Written);
    let in_orgs = |message: &str, orgs: &str| format!("{message} (in {orgs})");
    let not_planned = plan.orgs.iter().filter_map(|org| {
        let error = org.error.as_ref()?;
        let lines = std::iter::once(error.message.clone()).chain(error.help.iter().map(|it| format!("help: {it}")));
        Some(Annotation {
            level: Level::Error,
            place: None,
            title: format!("{} was not planned", org.name),
            lines: lines.collect(),
        })
    });
    let refused = plan.refusals.iter().map(|it| {
        let mut lines = vec![in_orgs(&it.message, &it.orgs_in_words)];
        for answer in it.answers.iter().take(ANSWERS_MAX) {
            let colon = if answer.yaml.is_empty() { "" } else { ":" };
            lines.push(format!("{}{colon}", answer.say));
            lines.extend(answer.yaml.iter().map(|it| format!("    {it}")));
        }
        Annotation { level: Level::Error, place: written(&it.place), title: it.code.clone(), lines }
    });
    let is_loss = |it: &&FleetGroupV1| {
        Action::from(it.action).is_removal() || it.labels.iter().any(|label| label.after.is_none())
    };
    let losses = plan.groups.iter().filter(is_loss).map(|it| {
        let is_removal = Action::from(it.action).is_removal();
        let verb = Action::from(it.action).verb();
        let what = it.key.as_ref().or(it.name.as_ref()).cloned().unwrap_or_default();
        let name = it.name.as_ref().map_or_else(|| "a definition without labels".to_owned(), |it| format!("\"{it}\""));
        let happens = if is_removal { "is taken away from agents" } else { "loses labels" };
        let first = plan.orgs.iter().filter_map(|org| org.plan.as_ref()).flat_map(|plan| &plan.changes);
        let same = first.into_iter().find(|change| change.action == it.action && change.key == it.key);
        Annotation {
            level: if is_removal { Level::Warning } else { Level::Notice },
            place: same.and_then(|it| written(&it.place)),
            title: format!("{verb} {what}"),
            lines: vec![format!("{name} ({}) {happens} in {}", it.system_presence, it.orgs_in_words)],
        }
    });
    let warned = plan.warnings.iter().map(|it| Annotation {
        level: Level::Warning,
        place: None,
        title: it.code.clone(),
        lines: vec![in_orgs(&it.message, &it.orgs_in_words)],
    });
    let annotations: Vec<Annotation> = not_planned.chain(refused).chain(losses).chain(warned).collect();
    commands(&annotations, &Sources::new(), folder)
}

/// At its first definition.
fn warning(warning: &Warning, desired: &Desired) -> Annotation {
    let wanted = warning.keys().first().and_then(|it| desired.definitions.get(it));
    Annotation {
        level: Level::Warning,
        place: warning.place().or_else(|| wanted.map(|it| it.places.key)).map(Into::into),
        title: warning.code().to_owned(),
        lines: vec![warning.message()],
    }
}

/// The drift of an org, at the definitions of the config.
pub fn drift(drift: &Drift, sources: &Sources, folder: Option<&Path>) -> String {
    let mut annotations: Vec<Annotation> = drift.blockers().iter().map(blocker).collect();
    for how in DifferenceCause::ALL {
        annotations.extend(drift.of(how).map(|it| drifted_row(it, drift)));
    }
    commands(&annotations, sources, folder)
}

/// The drift of several orgs.
pub fn drifted(orgs: &[DriftedOrg], sources: &Sources, folder: Option<&Path>) -> String {
    let shared = SharedDrift::of(orgs);
    let once = |(it, names): &(&Blocker, Vec<String>)| {
        let Annotation { level, place, title, mut lines } = blocker(it);
        lines.push(in_orgs(names, orgs));
        Annotation { level, place, title, lines }
    };
    let mut annotations: Vec<Annotation> = shared.blockers.iter().map(once).collect();
    for org in orgs {
        let named = |it: Annotation| Annotation { title: format!("{}: {}", org.name, it.title), ..it };
        match &org.result {
            Ok((drift, _)) => {
                let own = drift.blockers().into_iter().filter(|it| !shared.has(it));
                annotations.extend(own.map(|it| blocker(&it)).map(named));
                let rows = DifferenceCause::ALL.into_iter().flat_map(|how| drift.of(how));
                annotations.extend(rows.map(|it| drifted_row(it, drift)).map(named));
            }
            Err(OrgFailure { problem, .. }) => annotations.push(Annotation {
                level: Level::Error,
                place: None,
                title: format!("{} was not read", org.name),
                lines: Explained::from(problem).lines(),
            }),
        }
    }
    commands(&annotations, sources, folder)
}

/// The drifts or reports of several orgs, with an annotation for each org with a problem.
pub fn combined(combined: &Combined) -> String {
    let level = |tone| match tone {
        Tone::Bad => Some(Level::Error),
        Tone::Open => Some(Level::Warning),
        Tone::Good => None,
    };
    let annotations = combined.orgs.iter().filter_map(|org| {
        let cause = org.cause.iter().flat_map(|it| std::iter::once(&it.message).chain(&it.help));
        let lines = cause.chain(org.details.iter().take(ANSWERS_MAX).map(|it| &it.say)).cloned().collect();
        let title = format!("{}: {}", org.name, org.status.words());
        Some(Annotation { level: level(org.status.tone())?, place: None, title, lines })
    });
    commands(&annotations.collect::<Vec<_>>(), &Sources::new(), None)
}

/// A merged change that was not applied is expected. Any other difference may be a surprise.
fn drifted_row(row: &drift::DriftRow, drift: &Drift) -> Annotation {
    let level = if row.how == DifferenceCause::NotApplied { Level::Notice } else { Level::Warning };
    let known_as = row.known_as(&drift.plan.default_locale).unwrap_or("no label");
    let mut lines = vec![drift.heading(row.how)];
    lines.extend(row.who());
    let keep = Answer { say: format!("to keep it, {}", row.keep.say), lines: row.keep.lines.clone() };
    for Answer { say, lines: to_paste } in std::iter::once(&keep).chain(&row.first) {
        let colon = if to_paste.is_empty() { "" } else { ":" };
        lines.push(format!("{say}{colon}"));
        lines.extend(to_paste.iter().map(|it| format!("    {it}")));
    }
    Annotation {
        level,
        place: row.keep_place.map(Into::into),
        title: format!("{} {known_as}", row.what.in_words()),
        lines,
    }
}

/// The parts of an apply that were not done.
pub fn report(report: &Report, sources: &Sources, folder: Option<&Path>) -> String {
    let mut annotations: Vec<Annotation> = report.blockers.iter().map(blocker).collect();
    annotations.extend(report.rows.iter().filter(|it| !it.outcome.is_success()).map(|it| not_done(it, report)));
    let apart = |title: &str, lines: Vec<String>| Annotation {
        level: Level::Error,
        place: None,
        title: title.to_owned(),
        lines,
    };
    if let Some(Verified { head, tone: _, sentence, cause }) =
        outcome::verified(report).filter(|it| it.tone != Tone::Good)
    {
        let cause = cause.map(|it| Explained::from(it).lines());
        let lines = std::iter::once(sentence).chain(cause.into_iter().flatten()).collect();
        annotations.push(apart(&head.to_lowercase(), lines));
    }
    if let Some(signal) = report.interrupted {
        annotations.push(apart("interrupted", vec![outcome::by(signal)]));
    }
    commands(&annotations, sources, folder)
}

/// Why there is no result.
pub fn failure(problem: &Problem, diagnostics: &Findings, sources: &Sources, folder: Option<&Path>) -> String {
    if !diagnostics.is_empty() {
        return findings(diagnostics, sources, folder);
    }
    let lines = Explained::from(problem).lines();
    let annotation = Annotation { level: Level::Error, place: None, title: "failed".to_owned(), lines };
    commands(&[annotation], sources, folder)
}

pub fn findings(diagnostics: &Findings, sources: &Sources, folder: Option<&Path>) -> String {
    let annotations: Vec<Annotation> = diagnostics
        .iter()
        .map(|Diagnostic { finding, severity, place, key: _, other_key: _, also: _ }| Annotation {
            level: match severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            },
            place: place.map(Into::into),
            title: finding.code().to_owned(),
            lines: std::iter::once(finding.message()).chain(finding.help().map(|it| format!("help: {it}"))).collect(),
        })
        .collect();
    let of = |level| annotations.iter().filter(|it| it.level == level).count();
    let uncounted = Uncounted {
        errors: diagnostics.errors.saturating_sub(of(Level::Error)),
        warnings: diagnostics.warnings.saturating_sub(of(Level::Warning)),
    };
    commands_of(&annotations, uncounted, sources, folder)
}

fn blocker(blocker: &Blocker) -> Annotation {
    let mut lines = vec![blocker.message()];
    let answers = blocker.answers();
    let more = answers.len().saturating_sub(ANSWERS_MAX);
    for answer in answers.into_iter().take(ANSWERS_MAX) {
        let colon = if answer.lines.is_empty() { "" } else { ":" };
        lines.push(format!("{}{colon}", answer.say));
        lines.extend(answer.lines.into_iter().map(|it| format!("    {it}")));
    }
    if more > 0 {
        lines.push(format!("and {} that the plan shows", text::count(more, "more answer")));
    }
    Annotation { level: Level::Error, place: blocker.place.map(Into::into), title: blocker.code().to_owned(), lines }
}

/// By kind, worst first, then by affected people. An unknown number counts as many.
type Danger = (u8, Reverse<usize>);

/// A removal or rename, at the line that asks for it.
fn dangerous(change: &Change, plan: &Plan, desired: &Desired) -> Option<(Danger, Annotation)> {
    let step = &change.step;
    let places = step.key().and_then(|key| desired.definitions.get(key)).map(|it| &it.places);
    let (kind, level, place, what) = match step {
        // No line asks for it, because the definition is missing.
        Step::Delete(_) => (0, Level::Warning, None, "is deleted".to_owned()),
        Step::Supersede(..) => (1, Level::Warning, places.and_then(|it| it.replaces), "is deactivated".to_owned()),
        Step::Deactivate(..) => (2, Level::Warning, places.and_then(|it| it.deactivated), "is deactivated".to_owned()),
        Step::Update(edit) | Step::Reactivate(edit) => {
            let (kind, what) = edited(edit, plan)?;
            let place = if kind == RENAME { places.and_then(|it| default_label(it, plan)) } else { None };
            (kind, Level::Notice, place, what)
        }
        Step::Create(_) => return None,
    };
    let name = step.name(&plan.default_locale).map_or_else(|| "a definition without labels".to_owned(), quoted);
    let presence = step.system_presence();
    let mut lines = vec![format!("{name} ({presence}) {what}: {}", change.reason.in_words())];
    lines.extend(people(step, &plan.usage, &plan.default_locale));
    let title = match step.key() {
        Some(key) if step.action() != Action::Supersede => format!("{} {key}", step.action().verb()),
        _ => step.action().verb().to_owned(),
    };
    let place = place.or(change.place).map(Into::into);
    let count = step.id().map_or(0, |id| people_count(plan.usage.on(id)));
    Some(((kind, Reverse(count)), Annotation { level, place, title, lines }))
}

const RENAME: u8 = 3;

fn edited(edit: &Edit, plan: &Plan) -> Option<(u8, String)> {
    if is_rename(edit, &plan.default_locale) {
        let becomes = edit.after.labels.get(&plan.default_locale).map_or_else(String::new, quoted);
        return Some((RENAME, format!("is renamed to {becomes}")));
    }
    let pairs = edit.after.labels.pair(&edit.before.labels);
    let gone: Vec<String> = pairs.iter().filter(|it| it.first.is_none()).map(|it| it.locale.to_string()).collect();
    (!gone.is_empty()).then(|| (RENAME + 1, format!("loses its label in {}", text::list(&gone, "and"))))
}

fn default_label(places: &Places, plan: &Plan) -> Option<Span> {
    places.labels.iter().find(|(locale, _)| locale.same_as(&plan.default_locale)).map(|(_, span)| *span)
}

fn people_count(people: Option<People>) -> usize {
    match people {
        Some(People::Exactly(count) | People::AtLeast(count)) => count,
        Some(People::NotKnown) => usize::MAX,
        None => 0,
    }
}

fn quoted(label: &Label) -> String {
    format!("\"{}\"", label.nfc())
}

fn not_done(row: &ReportRow, report: &Report) -> Annotation {
    let mut lines = match &row.outcome {
        Outcome::Failed(cause) | Outcome::Unknown(cause) => Explained::from(cause).lines(),
        _ => row.in_words(report.intent()).into_iter().collect(),
    };
    lines.extend(differences(&row.outcome, &report.divisions));
    if lines.is_empty() {
        lines.push(outcome::said(row.outcome.kind()).words.to_owned());
    }
    let known_as = key_of(row).map(str::to_owned).or(row.name.as_ref().map(quoted)).unwrap_or_default();
    Annotation {
        level: if matches!(row.outcome, Outcome::Skipped(_)) { Level::Warning } else { Level::Error },
        place: row.refused_label.or(row.place).map(Into::into),
        title: format!("{}: {} {known_as}", outcome::said(row.outcome.kind()).words, row.action.verb()),
        lines,
    }
}

/// The findings that are not shown.
#[derive(Clone, Copy, Default)]
struct Uncounted {
    errors: usize,
    warnings: usize,
}

fn commands(annotations: &[Annotation], sources: &Sources, folder: Option<&Path>) -> String {
    commands_of(annotations, Uncounted::default(), sources, folder)
}

/// Errors, warnings, notices: of each as many as GitHub shows, the last of which counts the rest.
fn commands_of(annotations: &[Annotation], uncounted: Uncounted, sources: &Sources, folder: Option<&Path>) -> String {
    let mut commands = String::new();
    for level in Level::ALL {
        let not_shown = match level {
            Level::Error => uncounted.errors,
            Level::Warning => uncounted.warnings,
            Level::Notice => 0,
        };
        let all: Vec<&Annotation> = annotations.iter().filter(|it| it.level == level).collect();
        let total = all.len() + not_shown;
        let shown = if total > PER_LEVEL_MAX { all.len().min(PER_LEVEL_MAX - 1) } else { all.len() };
        for it in &all[..shown] {
            commands.push_str(&command(it, sources, folder));
        }
        if shown < total {
            let more = text::count(total - shown, &format!("more {}", level.name()));
            let which = if not_shown == 0 { "All of them" } else { "The first of them" };
            let line = format!(
                "Only {PER_LEVEL_MAX} of a level are annotated: GitHub shows no more of a step. {which} are in the log"
            );
            let rest = Annotation { level, place: None, title: more, lines: vec![line] };
            commands.push_str(&command(&rest, sources, folder));
        }
    }
    commands
}

/// Always one line: the runner reads a line that starts with `::` as a command, and this one starts with ours.
fn command(annotation: &Annotation, sources: &Sources, folder: Option<&Path>) -> String {
    let Annotation { level, place, title, lines } = annotation;
    let mut properties = Vec::new();
    let place = place.as_ref().map(|it| match it {
        AnnotatedPlace::Span(span) => {
            let place = sources.place(*span);
            (tidy(place.path, folder), place.line.get(), place.column.get())
        }
        AnnotatedPlace::Written(it) => (tidy(Path::new(&it.file), folder), it.line, it.column),
    });
    if let Some((file, line, column)) = place {
        properties.push(format!("file={}", property(&file)));
        properties.push(format!("line={line}"));
        properties.push(format!("col={column}"));
    }
    properties.push(format!("title={}", property(&format!("presencectl: {title}"))));
    let lines: Vec<String> = lines.iter().map(|it| data(it)).collect();
    format!("::{} {}::{}\n", level.name(), properties.join(","), lines.join("%0A"))
}

/// The text after the second `::`. Line breaks are escaped twice, so that they are shown as `\n`.
fn data(raw: &str) -> String {
    text::terminal(raw).as_str().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The text between `=` and `,` or `::`.
fn property(raw: &str) -> String {
    data(raw).replace(':', "%3A").replace(',', "%2C")
}
