//! The saved plans of `apply --plan`: reads them, and compares them with the plan of the run.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::paths::is_stream;
use crate::host::files;
use crate::host::terminal::Terminal;
use crate::model::desired::Desired;
use crate::model::generation::Generation;
use crate::model::limits::{SAVED_PLAN_BYTES_MAX, read_within};
use crate::model::names::Locale;
use crate::model::observed::Target;
use crate::model::problem::{Problem, cause};
use crate::model::text::{self, NotText};
use crate::ops::apply::report::{Outcome, ReportRow, Unseen};
use crate::ops::plan_org::PlannedOrg;
use crate::output::json::saved_plan;
use crate::plan::Plan;
use crate::plan::change::Change;
use crate::plan::saved::{self, Bound, Fresh, Misfit, ReviewedOperation, SavedPlan};

/// The saved plans of a run, in the typed order, with their paths.
pub struct SavedPlans {
    plans: Vec<SavedPlan>,
    paths: Vec<PathBuf>,
}

/// A plan, split by what may be applied now.
pub struct Approved {
    pub changes: Vec<Change>,
    /// The changes that are not applied, so that steps that need them are skipped.
    pub blocked: Vec<Change>,
    /// The results of the rest.
    pub resolved: Vec<ReportRow>,
    pub not_in_plan: Vec<Change>,
}

impl SavedPlans {
    pub fn read(paths: &[PathBuf], terminal: &mut Terminal) -> Result<SavedPlans, Problem> {
        if paths.iter().filter(|it| is_stream(it)).count() > 1 {
            return Err(Problem::new("standard input is one saved plan").help("give the others as files"));
        }
        let plans = paths.iter().map(|it| read(it, terminal)).collect::<Result<Vec<_>, _>>()?;
        Ok(SavedPlans { plans, paths: paths.to_owned() })
    }

    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    /// Their name in a question.
    pub fn in_question(&self) -> &'static str {
        match self.plans.len() {
            0 => "",
            1 => " of the saved plan",
            _ => " of the saved plans",
        }
    }

    /// Compares them with everything that the config asks for, then removes what an earlier run made. Without saved
    /// plans, all of the plan is approved.
    pub fn approved(&self, planned: &PlannedOrg, desired: &Desired) -> Result<Approved, Problem> {
        let PlannedOrg { target, observed, plan, .. } = planned;
        let held = || plan.held.iter().map(|it| it.change.clone());
        let whole = Plan { changes: plan.changes.iter().cloned().chain(held()).collect(), ..plan.clone() };
        let bound = self.bound(Fresh { desired, observed, plan: &whole }, target)?;
        let Bound { run: mut changes, changed, mut blocked, already_in_place, not_in_plan } =
            bound.unwrap_or_else(|| Bound { run: whole.changes.clone(), ..Bound::default() });
        let is_held = |it: &Change| plan.held.iter().any(|held| held.change == *it);
        blocked.extend(changes.extract_if(.., |it| is_held(it)));
        // Changes that `--only` leaves out are not applied either.
        blocked.extend(plan.only.iter().flat_map(|it| it.changes.iter().cloned()));

        let row = |it: &ReviewedOperation, outcome| row(it, &plan.default_locale, outcome);
        let conflicts = changed.into_iter().map(|(it, found)| row(&it, Outcome::Conflict(found)));
        let in_place = already_in_place.iter().map(|it| row(it, Outcome::AlreadyInPlace));
        let may_be_hidden = target.generation == Generation::Second;
        let unseen = plan.held.iter().map(|it| {
            let outcome = Outcome::NotVisibleYet(Unseen::List { may_be_hidden, may_be_changed: false });
            let row = ReportRow::in_config(&it.change.step, desired, outcome);
            ReportRow { id: Some(it.id.clone()), again_from: Some(it.until), ..row }
        });
        let resolved = conflicts.chain(in_place).chain(unseen).collect();
        Ok(Approved { changes, blocked, resolved, not_in_plan })
    }

    fn bound(&self, fresh: Fresh<'_>, target: &Target) -> Result<Option<Bound>, Problem> {
        if self.is_empty() {
            return Ok(None);
        }
        saved::bound(fresh, &self.plans, target).map(Some).map_err(|Misfit { index, why }| {
            // A single plan needs no name.
            let path = self.paths.get(index).filter(|_| self.plans.len() > 1);
            let named = path.map(|it| format!(" `{}`", text::unticked(it.display()))).unwrap_or_default();
            Problem::new(format!("the saved plan{named} cannot be used: {why}"))
                .help("make a new plan for this org; nothing was written")
        })
    }
}

fn read(path: &Path, terminal: &mut Terminal) -> Result<SavedPlan, Problem> {
    let named = |what: String| {
        Problem::new(format!("the saved plan `{}` cannot be used: {what}", text::unticked(path.display())))
    };
    let read = if is_stream(path) {
        terminal.read_input(SAVED_PLAN_BYTES_MAX)
    } else {
        File::open(path).and_then(|it| read_within(it, SAVED_PLAN_BYTES_MAX))
    };
    let bytes = read
        .map_err(|error| files::cannot_read(path, named(cause(&error))))?
        .ok_or_else(|| named(format!("it is longer than {SAVED_PLAN_BYTES_MAX} bytes")))?;
    let text = text::of_bytes(&bytes).map_err(|error| {
        let problem = named(error.to_string());
        match error {
            NotText::NotUtf8(_) => problem,
            _ => problem.help("or create it again with `-o json=FILE`"),
        }
    })?;
    saved_plan::read(text).map_err(|error| named(error.to_string()).help("make it with `plan --output json=FILE`"))
}

/// The row of an operation that is not executed.
fn row(operation: &ReviewedOperation, default_locale: &Locale, outcome: Outcome) -> ReportRow {
    let labels = operation.before.as_ref().map_or(&operation.after.labels, |before| &before.labels);
    ReportRow {
        action: operation.action,
        key: operation.key.clone(),
        id: operation.id.clone(),
        system_presence: operation.system_presence.clone(),
        name: labels.name(default_locale).cloned(),
        before: operation.before.clone(),
        after: operation.after.clone(),
        outcome,
        worked: None,
        place: None,
        refused_label: None,
        correlation_id: None,
        again_from: None,
    }
}
