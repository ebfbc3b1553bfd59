//! The orgs of a config, for people, shells, spreadsheets and CI.

use std::fmt::Write as _;

use serde_json::json;

use crate::model::{text, yaml};
use crate::output::csv::records;
use crate::output::json::OrgsV1;
use crate::output::json::orgs::{BehindV1, DueV1, ListedOrgV1, OrgsSinceV1, StandingV1};
use crate::output::style::Style;
use crate::output::table::{self, TableColumn};
use crate::output::text::fleet::changes;
use crate::plan::origin::guards_in_words;

const COMMIT_CHARS: usize = 12;
/// A whole hash.
const HASH_CHARS: usize = 40;

pub fn human(orgs: &OrgsV1, style: Style) -> String {
    let heading = match (&orgs.since, is_of_behind(orgs)) {
        (Some(since), _) => heading(orgs, since),
        (None, true) => heading_of_due(orgs),
        (None, false) => return listed(orgs, style),
    };
    let mut shown = format!("{}\n", style.bold(&heading));
    let blocks = changes(&orgs.groups, style);
    // Writing to a String cannot fail.
    for (guards, names) in guards(orgs) {
        let head = style.doubtful("LOOK FIRST");
        let _ = write!(shown, "\n{head}: {}\n  in {}\n", text::terminal(&guards), text::terminal(&names.join(", ")));
    }
    if !blocks.is_empty() {
        let _ = write!(shown, "\n{blocks}");
    }
    let notes = notes(orgs);
    if !notes.is_empty() {
        shown.push('\n');
    }
    for it in notes {
        let _ = writeln!(shown, "{}", text::terminal(&it));
    }
    shown
}

/// The number of affected orgs, and what they were compared with.
pub fn heading(orgs: &OrgsV1, since: &OrgsSinceV1) -> String {
    let affected = orgs.orgs.iter().filter(|it| it.is_affected()).count();
    let commit: String = since.commit.chars().take(COMMIT_CHARS).collect();
    // A whole hash reads better short, as the one before it.
    let is_hash = since.given.len() == HASH_CHARS && since.given.chars().all(|it| it.is_ascii_hexdigit());
    let given: String = since.given.chars().take(if is_hash { COMMIT_CHARS } else { usize::MAX }).collect();
    let given = text::ticked(&given);
    let why = if since.merge_base { format!("the merge base of {given} and the config") } else { given };
    format!("{affected} of {} affected since {commit} ({why})", text::count(orgs.orgs.len(), "org"))
}

/// Were the due orgs requested?
pub fn is_of_behind(orgs: &OrgsV1) -> bool {
    orgs.orgs.iter().any(|it| it.behind.is_some())
}

/// The number of due orgs.
pub fn heading_of_due(orgs: &OrgsV1) -> String {
    let due = orgs.orgs.iter().filter(|it| it.why_due().is_some()).count();
    let frozen = frozen(orgs).count();
    let frozen = if frozen == 0 { String::new() } else { format!(", {frozen} of them frozen") };
    format!("{due} of {} due{frozen}", text::count(orgs.orgs.len(), "org"))
}

/// The due orgs without a job, because they are frozen.
pub fn frozen(orgs: &OrgsV1) -> impl Iterator<Item = (&ListedOrgV1, &String)> {
    orgs.orgs.iter().filter(|it| it.why_due().is_some()).filter_map(|it| Some((it, it.frozen_until.as_ref()?)))
}

/// The guards that the change edits, with the orgs.
pub fn guards(orgs: &OrgsV1) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for (org, guards) in orgs.orgs.iter().filter_map(|it| Some((it, guards_in_words(it.guards.iter())?))) {
        match all.iter_mut().find(|(it, _)| *it == guards) {
            Some((_, names)) => names.push(org.name.clone()),
            None => all.push((guards, vec![org.name.clone()])),
        }
    }
    all
}

/// The notes outside the blocks, a line each.
pub fn notes(orgs: &OrgsV1) -> Vec<String> {
    let names = |of: &dyn Fn(&&ListedOrgV1) -> bool| -> Vec<String> {
        orgs.orgs.iter().filter(of).map(|it| it.name.clone()).collect()
    };
    let lines = [
        ("New", names(&|it| it.standing == Some(StandingV1::New))),
        ("Settings and guards alone", names(&|it| it.settings_only)),
        ("Unaffected", names(&|it| it.standing == Some(StandingV1::Unaffected))),
        ("Removed (nothing is done to the org)", orgs.removed.clone()),
    ];
    let lines = lines.into_iter().filter(|(_, names)| !names.is_empty());
    let leaving = orgs
        .orgs
        .iter()
        .filter(|it| !it.leaving.is_empty())
        .map(|it| format!("Leaves the config of {} and stays active: {}", it.name, it.leaving.join(", ")));
    let behind = orgs.orgs.iter().filter_map(ListedOrgV1::due_in_words);
    let in_sync = names(&|it| it.behind.is_some() && it.why_due().is_none());
    let in_sync = (!in_sync.is_empty()).then(|| format!("In sync with the files: {}", in_sync.join(", ")));
    leaving
        .chain(behind)
        .chain(in_sync)
        .chain(lines.map(|(what, names)| format!("{what}: {}", names.join(", "))))
        .collect()
}

fn listed(orgs: &OrgsV1, style: Style) -> String {
    let or_empty = |it: Option<&String>| it.cloned().unwrap_or_default();
    let columns: [TableColumn<'_, ListedOrgV1>; 7] = [
        ("ORG", &|it| it.name.clone()),
        ("STAGE", &|it| or_empty(it.stage.as_ref())),
        ("REGION", &|it| or_empty(it.region.as_ref())),
        ("DEFINITIONS", &|it| it.definitions.to_string()),
        ("FROZEN UNTIL", &|it| or_empty(it.frozen_until.as_ref())),
        ("FILE", &|it| or_empty(it.file.as_ref())),
        ("ID", &|it| or_empty(it.id.as_ref())),
    ];
    table::rows(&columns, &orgs.orgs, style)
}

impl ListedOrgV1 {
    fn is_affected(&self) -> bool {
        matches!(self.standing, Some(StandingV1::Affected | StandingV1::New))
    }

    fn why_due(&self) -> Option<DueV1> {
        self.behind.as_ref().and_then(|it| it.due)
    }

    /// Why it is due, since when, and until when it is frozen.
    fn due_in_words(&self) -> Option<String> {
        let BehindV1 { due, commit, applied_at, failed_at, not_known } = self.behind.as_ref()?;
        let at = |it: &Option<String>| it.clone().unwrap_or_default();
        let applied = || {
            let commit: String = commit.iter().flat_map(|it| it.chars().take(COMMIT_CHARS)).collect();
            let commit = if commit.is_empty() { "an unknown commit".to_owned() } else { commit };
            format!("{commit} was applied at {}", at(applied_at))
        };
        let why = match (*due)? {
            DueV1::NeverApplied => "no report of an apply".to_owned(),
            DueV1::Failed if applied_at.is_some() => {
                format!("its apply failed at {}; before, {}", at(failed_at), applied())
            }
            DueV1::Failed => format!("its apply failed at {}", at(failed_at)),
            DueV1::Changed => format!("its files changed since {}", applied()),
        };
        let not_known = not_known.as_ref().map_or_else(String::new, |it| format!(" (what differs is not known: {it})"));
        let frozen = self.frozen_until.as_ref().map_or_else(String::new, |it| format!("; frozen until {it}"));
        Some(format!("Due: {}, {why}{not_known}{frozen}", self.name))
    }
}

impl DueV1 {
    fn word(self) -> &'static str {
        match self {
            DueV1::NeverApplied => "never-applied",
            DueV1::Failed => "failed",
            DueV1::Changed => "changed",
        }
    }
}

impl StandingV1 {
    fn word(self) -> &'static str {
        match self {
            StandingV1::Affected => "affected",
            StandingV1::Unaffected => "unaffected",
            StandingV1::New => "new",
        }
    }
}

/// The orgs for machines: all, the affected ones, or those that are due and not frozen.
fn due(orgs: &OrgsV1) -> impl Iterator<Item = &ListedOrgV1> {
    orgs.orgs.iter().filter(|it| match &it.behind {
        Some(_) => it.why_due().is_some() && it.frozen_until.is_none(),
        None => orgs.since.is_none() || it.is_affected(),
    })
}

/// One name per line, for a loop in a shell.
pub fn lines(orgs: &OrgsV1) -> String {
    due(orgs).map(|it| format!("{}\n", text::terminal(&it.name))).collect::<Vec<_>>().concat()
}

pub fn csv(orgs: &OrgsV1) -> String {
    let or_empty = |it: Option<&String>| it.cloned().unwrap_or_default();
    let columns: [TableColumn<'_, ListedOrgV1>; 12] = [
        ("name", &|it| it.name.clone()),
        ("stage", &|it| or_empty(it.stage.as_ref())),
        ("id", &|it| or_empty(it.id.as_ref())),
        ("region", &|it| or_empty(it.region.as_ref())),
        ("file", &|it| or_empty(it.file.as_ref())),
        ("definitions", &|it| it.definitions.to_string()),
        ("frozenUntil", &|it| or_empty(it.frozen_until.as_ref())),
        ("standing", &|it| it.standing.map_or("", StandingV1::word).to_owned()),
        ("leaving", &|it| it.leaving.join(" ")),
        ("due", &|it| it.why_due().map_or("", DueV1::word).to_owned()),
        ("appliedCommit", &|it| or_empty(it.behind.as_ref().and_then(|it| it.commit.as_ref()))),
        ("appliedAt", &|it| or_empty(it.behind.as_ref().and_then(|it| it.applied_at.as_ref()))),
    ];
    records(&columns, &orgs.orgs)
}

/// One line of JSON for `strategy.matrix`.
pub fn github_matrix(orgs: &OrgsV1) -> String {
    let row = |it: &ListedOrgV1| json!({ "org": it.name, "stage": it.stage.clone().unwrap_or_default() });
    let matrix = json!({ "include": due(orgs).map(row).collect::<Vec<_>>() });
    format!("{}\n", text::without_hidden(&matrix.to_string()))
}

/// `parallel.matrix` of a job. Empty if no org is due, because GitLab accepts no empty matrix.
pub fn gitlab(orgs: &OrgsV1) -> String {
    let mut matrix = String::new();
    for it in due(orgs) {
        let (org, stage) = (yaml::scalar(&it.name), yaml::scalar(it.stage.as_deref().unwrap_or_default()));
        // Writing to a String cannot fail.
        let _ = writeln!(matrix, "    - {{ ORG: {org}, STAGE: {stage} }}");
    }
    if matrix.is_empty() { matrix } else { format!("parallel:\n  matrix:\n{matrix}") }
}

/// The number of orgs in a matrix.
pub fn matrix_size(orgs: &OrgsV1) -> usize {
    due(orgs).count()
}
