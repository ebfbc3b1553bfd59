//! The combined drifts or reports of several orgs, from the documents of their jobs. Strings are raw, and each view
//! escapes them in its own way.

use crate::model::text;
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::history::stored::{StoredReport, StoredRow};
use crate::output::json::common::{CauseV1, Document as _};
use crate::output::json::content::AnswerV1;
use crate::output::json::drift::{DriftRowV1, UnmanagedV1};
use crate::output::json::fleet_drift::{DriftStatusV1, OrgDriftV1};
use crate::output::json::fleet_report::{FleetReportV1, OrgReportV1, ReportStatusV1};
use crate::output::json::{DriftV1, ErrorV1, FleetDriftV1};
use crate::output::style::Tone;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combined {
    pub is_drift: bool,
    /// The commit of the config.
    pub commit: Option<String>,
    pub orgs: Vec<CombinedOrg>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CombinedOrg {
    pub name: String,
    pub stage: Option<String>,
    pub status: CombinedStatus,
    /// Why it has no result, or why it is frozen.
    pub cause: Option<CauseV1>,
    /// Details, each a sentence without a full stop, and lines to paste.
    pub details: Vec<AnswerV1>,
    pub drift: Option<Box<DriftV1>>,
    pub error: Option<Box<ErrorV1>>,
}

/// The result of an org, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CombinedStatus {
    NotRead,
    Failed,
    Refused,
    InQuestion,
    Waiting,
    Frozen,
    Drifted,
    Applied,
    NothingToDo,
    InSync,
}

impl CombinedStatus {
    pub const ALL: [CombinedStatus; 10] = [
        CombinedStatus::NotRead,
        CombinedStatus::Failed,
        CombinedStatus::Refused,
        CombinedStatus::InQuestion,
        CombinedStatus::Waiting,
        CombinedStatus::Frozen,
        CombinedStatus::Drifted,
        CombinedStatus::Applied,
        CombinedStatus::NothingToDo,
        CombinedStatus::InSync,
    ];

    pub fn words(self) -> &'static str {
        match self {
            CombinedStatus::NotRead => "not read",
            CombinedStatus::Failed => "failed",
            CombinedStatus::Refused => "refused",
            CombinedStatus::InQuestion => "in question",
            CombinedStatus::Waiting => "waiting",
            CombinedStatus::Frozen => "frozen",
            CombinedStatus::Drifted => "drifted",
            CombinedStatus::Applied => "applied",
            CombinedStatus::NothingToDo => "nothing to do",
            CombinedStatus::InSync => "in sync",
        }
    }

    /// Is there a problem?
    pub fn is_bad(self) -> bool {
        self.tone() == Tone::Bad
    }

    pub fn tone(self) -> Tone {
        match self {
            CombinedStatus::NotRead
            | CombinedStatus::Failed
            | CombinedStatus::Refused
            | CombinedStatus::InQuestion
            | CombinedStatus::Waiting => Tone::Bad,
            CombinedStatus::Frozen | CombinedStatus::Drifted => Tone::Open,
            CombinedStatus::Applied | CombinedStatus::NothingToDo | CombinedStatus::InSync => Tone::Good,
        }
    }
}

impl Combined {
    /// The summary line.
    pub fn heading(&self) -> String {
        if self.orgs.is_empty() {
            return "no org had to report".to_owned();
        }
        let part = |status: CombinedStatus| {
            let count = self.of(status).count();
            (count > 0).then(|| format!("{count} {}", status.words()))
        };
        let parts: Vec<String> = CombinedStatus::ALL.into_iter().filter_map(part).collect();
        format!("{}: {}", text::count(self.orgs.len(), "org"), parts.join(", "))
    }

    pub fn of(&self, status: CombinedStatus) -> impl Iterator<Item = &CombinedOrg> {
        self.orgs.iter().filter(move |it| it.status == status)
    }

    pub fn is_bad(&self) -> bool {
        self.orgs.iter().any(|it| it.status.is_bad())
    }

    pub fn has_drift(&self) -> bool {
        self.of(CombinedStatus::Drifted).count() > 0
    }

    pub fn drifts(&self) -> FleetDriftV1 {
        let org = |it: &CombinedOrg| OrgDriftV1 {
            name: it.name.clone(),
            stage: it.stage.clone(),
            status: match it.status {
                CombinedStatus::InSync => DriftStatusV1::InSync,
                CombinedStatus::Drifted => DriftStatusV1::Drifted,
                CombinedStatus::InQuestion => DriftStatusV1::InQuestion,
                _ => DriftStatusV1::NotRead,
            },
            drift: it.drift.as_deref().cloned(),
            error: it.error.as_deref().cloned(),
        };
        FleetDriftV1::of(self.orgs.iter().map(org).collect())
    }

    pub fn reports(&self) -> FleetReportV1 {
        let org = |it: &CombinedOrg| OrgReportV1 {
            name: it.name.clone(),
            stage: it.stage.clone(),
            status: match it.status {
                CombinedStatus::Refused => ReportStatusV1::Refused,
                CombinedStatus::Waiting => ReportStatusV1::Waiting,
                CombinedStatus::Frozen => ReportStatusV1::Frozen,
                CombinedStatus::Applied => ReportStatusV1::Applied,
                CombinedStatus::NothingToDo => ReportStatusV1::NothingToDo,
                _ => ReportStatusV1::Failed,
            },
            details: it.details.iter().map(|it| it.say.clone()).collect(),
            cause: it.cause.clone(),
        };
        FleetReportV1 {
            kind: FleetReportV1::KIND.to_owned(),
            format_version: FleetReportV1::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: self.commit.clone(),
            success: !self.is_bad(),
            orgs: self.orgs.iter().map(org).collect(),
        }
    }
}

impl CombinedOrg {
    /// An org without details.
    pub fn new(name: String, stage: Option<String>, status: CombinedStatus) -> CombinedOrg {
        CombinedOrg { name, stage, status, cause: None, details: Vec::new(), drift: None, error: None }
    }

    /// An org whose job failed, or has no result for another reason.
    pub fn failed(self, error: ErrorV1) -> CombinedOrg {
        let ErrorV1 { message, help, correlation_id, .. } = error.clone();
        let cause = Some(CauseV1 { message, help, correlation_id });
        CombinedOrg { cause, error: Some(Box::new(error)), ..self }
    }

    /// An org with a drift.
    pub fn drifted(self, drift: DriftV1) -> CombinedOrg {
        let status = match (drift.known, drift.drift.is_empty()) {
            (false, _) => CombinedStatus::InQuestion,
            (true, false) => CombinedStatus::Drifted,
            (true, true) => CombinedStatus::InSync,
        };
        let said = |say: String| AnswerV1 { say, yaml: Vec::new() };
        let blockers = drift.refusals.iter().map(|it| said(format!("{}: {}", it.code, it.message)));
        let is_recent = |it: &&UnmanagedV1| it.since == "since-last-apply";
        let unmanaged = drift.unmanaged.iter().filter(is_recent).map(|it| {
            let name = text::ticked(it.name.as_ref().unwrap_or(&it.id));
            said(
                format!("made in the org: {name} ({})", it.system_presence)
                    + &who(it.changed_by.as_ref(), it.changed_at.as_ref()),
            )
        });
        let details = blockers.chain(drift.drift.iter().flat_map(row)).chain(unmanaged).collect();
        CombinedOrg { status, details, drift: Some(Box::new(drift)), ..self }
    }

    /// An org with a report of an apply.
    pub fn reported(self, report: &StoredReport) -> CombinedOrg {
        let is_done = |it: &&StoredRow| it.outcome.is_success();
        let has_failed = |it: &StoredRow| {
            !it.outcome.is_success() && !matches!(it.outcome, OutcomeKind::Skipped | OutcomeKind::Conflict)
        };
        let written = report.rows.iter().filter(|it| it.outcome == OutcomeKind::Done).count();
        let status = if report.success {
            if written == 0 { CombinedStatus::NothingToDo } else { CombinedStatus::Applied }
        } else if !report.rows.iter().any(|it| has_failed(it) || it.outcome == OutcomeKind::Done) {
            CombinedStatus::Refused
        } else {
            CombinedStatus::Failed
        };
        let said = |say: String| AnswerV1 { say, yaml: Vec::new() };
        let mut details: Vec<AnswerV1> = report.blockers.iter().map(|it| said(it.clone())).collect();
        details.extend(report.rows.iter().filter(|it| !is_done(it)).map(|it| {
            let why = it.message.as_ref().map_or_else(String::new, |it| format!(": {it}"));
            said(format!("{}, {}{why}", step_of(it), it.outcome.code().replace('-', " ")))
        }));
        details.extend(report.rows.iter().filter(|it| it.outcome == OutcomeKind::Done).map(|it| said(step_of(it))));
        if !report.success && details.is_empty() {
            details.push(said("its report says no more than that it failed".to_owned()));
        }
        let only = report.run.as_ref().and_then(|it| it.said.only.as_ref());
        details.extend(only.map(|keys| said(format!("limited to {}", ticked_list(keys)))));
        CombinedOrg { status, details, ..self }
    }
}

fn ticked_list(keys: &[String]) -> String {
    let keys: Vec<String> = keys.iter().map(text::ticked).collect();
    text::list(&keys, "and")
}

/// The step of an object, for example `update lunch (Meal)`.
fn step_of(row: &StoredRow) -> String {
    let key = row.key.as_ref().map(ToString::to_string);
    let name = key.or_else(|| row.name.as_ref().map(ToString::to_string)).unwrap_or_default();
    format!("{} {} ({})", row.action.verb(), text::ticked(name), row.system_presence)
}

fn row(row: &DriftRowV1) -> Vec<AnswerV1> {
    let DriftRowV1 { what, how, changed_by, changed_at, revert, keep, .. } = row;
    let labels = revert.before.as_ref().map(|it| &it.labels);
    let label = labels.and_then(|it| it.values().next());
    let name = revert.key.as_ref().or(label).or(revert.id.as_ref()).cloned().unwrap_or_default();
    let cause = match how.as_str() {
        "edited" => ", changed by hand",
        "both" => ", changed by hand and in the files",
        "not-applied" => ", merged and not applied",
        _ => "",
    };
    let what = match what.as_str() {
        "missing" | "deactivated" | "changed" | "renamed" | "moved" | "active" | "added" | "elsewhere" => what,
        "looks-renamed" => "looks renamed",
        "looks-moved" => "looks moved",
        _ => "otherwise",
    };
    let say = format!(
        "{what}: {} ({}){cause}{}",
        text::ticked(name),
        revert.system_presence,
        who(changed_by.as_ref(), changed_at.as_ref())
    );
    let keep = AnswerV1 { say: format!("to keep it, {}", keep.say), yaml: keep.yaml.clone() };
    vec![AnswerV1 { say, yaml: Vec::new() }, keep]
}

fn who(by: Option<&String>, at: Option<&String>) -> String {
    let by = by.map_or_else(String::new, |it| format!(" by {}", text::ticked(it)));
    let at = at.map_or_else(String::new, |it| format!(" at {}", text::unticked(it)));
    if by.is_empty() && at.is_empty() { by } else { format!(", last touched{by}{at}") }
}
