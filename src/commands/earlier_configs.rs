//! The earlier configs for a comparison.

use std::rc::Rc;

use crate::config::choice::OrgChoice;
use crate::config::file_system::FileSystem;
use crate::config::finding::Severity;
use crate::config::{self, Config};
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::history::baseline::AtCommit;

/// The configs of `--changed-since`.
pub fn configs_since(since: &AtCommit) -> Result<(Vec<Config>, Sources), Problem> {
    loaded(since).map_err(|it| Problem { message: format!("--changed-since: {}", it.message), ..it })
}

/// Every config of a commit. With an error in one, no comparison is possible.
pub fn configs_of(since: &AtCommit) -> Result<Vec<Config>, Problem> {
    loaded(since).map(|(configs, _)| configs)
}

fn loaded(since: &AtCommit) -> Result<(Vec<Config>, Sources), Problem> {
    let system = Rc::clone(&since.files) as Rc<dyn FileSystem>;
    let (path, root) = (&since.place.path, &since.place.root);
    let is_absent = system.canonical(path).is_err();
    if is_absent {
        return Ok((Vec::new(), Sources::new()));
    }
    let loaded = config::load_chosen(system, path, Some(root), &OrgChoice::default());
    match loaded.diagnostics.iter().find(|it| it.severity == Severity::Error) {
        // It had no org file yet.
        Some(first) if first.finding.code() == "no-org-chosen" => Ok((Vec::new(), loaded.sources)),
        Some(first) => {
            let place = first.place.map_or_else(String::new, |span| format!("{}: ", loaded.sources.place(span)));
            let what = format!("{}{}", text::unticked(place), first.finding.message());
            Err(Problem::new(format!("the config of {} cannot be used: {what}", since.commit))
                .help("compare with a later commit, in which that is repaired"))
        }
        None => Ok((loaded.configs, loaded.sources)),
    }
}
