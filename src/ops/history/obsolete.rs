//! Obsolete lines in a layer: finds the other orgs that use the layer, so that no line is called obsolete while another
//! org may need it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config::sharing;
use crate::model::desired::Desired;
use crate::model::names::{DefinitionId, Key, Label};
use crate::model::slug::slug;
use crate::model::source::Span;
use crate::ops::history::git_config::ConfigFiles;
use crate::ops::history::reports::{ReportStore, StoredFile};
use crate::ops::history::stored::StoredReport;
use crate::plan::Plan;
use crate::plan::change::{Action, NotKnownFor, ObsoleteKind, ObsoleteLine};

/// Adds the other orgs that may still need a line. Their reports count as evidence.
pub fn asked_of_others(mut plan: Plan, files: ConfigFiles<'_>, stored: &dyn ReportStore) -> Plan {
    let ConfigFiles { config, sources, .. } = files;
    let file_of = |place: Option<Span>| place.map(|it| sources.get(it.file).path.as_path());
    let layers: BTreeSet<&Path> = plan.obsolete.iter().filter_map(|it| file_of(it.place)).collect();
    if layers.is_empty() {
        return plan;
    }
    let place = (files.path(), files.root());
    let others = sharing::others(&files.file_system(), place, config.org_file.as_deref(), layers);
    let own = config.desired.org.as_ref().map(|it| it.name.as_str());
    let mut told: BTreeMap<&str, Vec<StoredFile>> = BTreeMap::new();
    for line in &mut plan.obsolete {
        let Some(sharing) = file_of(line.place).and_then(|it| others.get(it)) else { continue };
        let mut orgs = Vec::new();
        for org in sharing.orgs.iter().filter(|it| own != Some(it.as_str())) {
            let reports = told.entry(org).or_insert_with(|| reports_of(org, stored));
            if !is_done(line, &config.desired, reports) {
                orgs.push(org.clone());
            }
        }
        let is_known = orgs.is_empty() && !sharing.more;
        line.not_known = (!is_known).then_some(NotKnownFor { orgs, more: sharing.more });
    }
    plan
}

/// The reports of the real org with this name in a config, newest first.
fn reports_of(org: &str, stored: &dyn ReportStore) -> Vec<StoredFile> {
    let names = slug(org).into_iter().collect();
    let mut files = stored.newest_of(&names).unwrap_or_default().files;
    let config_org = |it: &StoredReport| it.run.as_ref().and_then(|run| run.said.config_org.clone());
    files.retain(|it| !it.report.sandbox && config_org(&it.report).as_deref() == Some(org));
    files
}

/// Do the reports of another org show that a line is obsolete there too? For `replaces` they cannot: it may match any
/// active object under that system presence.
fn is_done(line: &ObsoleteLine, desired: &Desired, reports: &[StoredFile]) -> bool {
    let wanted = desired.definitions.get(&line.key);
    match line.line {
        ObsoleteKind::New => reports.iter().any(|it| it.report.matched.contains_key(&line.key)),
        ObsoleteKind::PreviousLabels => {
            let label = wanted.and_then(|it| it.default_label(&desired.settings.default_locale));
            label.is_some_and(|label| is_called(&line.key, label, reports))
        }
        ObsoleteKind::Replaces => false,
    }
}

/// Did the object of a definition have this label in the newest report about it?
fn is_called(key: &Key, label: &Label, reports: &[StoredFile]) -> bool {
    let mut touched_later: BTreeSet<&DefinitionId> = BTreeSet::new();
    for StoredFile { report, .. } in reports {
        let mut rows = report.rows.iter();
        if let Some(row) = rows.find(|it| it.key.as_ref() == Some(key) && it.action != Action::Supersede) {
            let left = row.left().filter(|it| row.outcome.is_success() && !it.deactivated);
            let is_later = row.id.as_ref().is_some_and(|id| touched_later.contains(id));
            return !is_later && left.is_some_and(|it| it.labels.get(&report.default_locale()) == Some(label));
        }
        touched_later.extend(report.rows.iter().filter(|it| it.may_be_written()).filter_map(|it| it.id.as_ref()));
    }
    false
}
