//! Reads the files of `apply --plan`.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::paths::is_stream;
use crate::host::files;
use crate::host::terminal::Terminal;
use crate::model::limits::{SAVED_PLAN_BYTES_MAX, read_within};
use crate::model::names::Locale;
use crate::model::observed::Target;
use crate::model::problem::{Problem, cause};
use crate::model::text::{self, NotText};
use crate::ops::apply::report::{Outcome, ReportRow};
use crate::output::json::saved_plan;
use crate::plan::saved::{self, Bound, Fresh, Misfit, ReviewedOperation, SavedPlan};

/// The saved plans of a run, in the typed order, with their paths.
pub struct SavedPlans {
    plans: Vec<SavedPlan>,
    paths: Vec<PathBuf>,
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

    /// The plan, split by what was reviewed. `None` without a saved plan.
    pub fn bound(&self, fresh: Fresh<'_>, target: &Target) -> Result<Option<Bound>, Problem> {
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
pub fn row(operation: &ReviewedOperation, default_locale: &Locale, outcome: Outcome) -> ReportRow {
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
