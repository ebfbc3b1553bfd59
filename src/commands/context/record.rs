//! The metadata of a run for its report: its time, its author, and the times of each object. The core reports events,
//! and the clock is read here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::{RecordArgs, TargetArgs};
use crate::config::{Config, print};
use crate::host::clock::Clock;
use crate::host::environment::Environment;
use crate::host::git::user_name;
use crate::host::logging;
use crate::model::labels::Scope;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Locale};
use crate::model::run_metadata::{Origin, RunMetadata};
use crate::model::source::Sources;
use crate::ops::apply::ApplyEvent;
use crate::ops::apply::report::{Report, ReportRow, Worked};
use crate::ops::history::checkout;
use crate::ops::history::stored::StoredReport;
use crate::plan::Plan;
use crate::plan::base::objects;
use crate::plan::change::{Action, Step};
use crate::sandbox;

/// The metadata of a run.
pub struct Record {
    clock: Clock,
    client: Option<String>,
    origin: Origin,
    config: Option<String>,
    org_name: Option<String>,
    only: Option<BTreeSet<Key>>,
    default_locale: Option<Locale>,
    scope: Scope,
    break_glass: Option<String>,
    undoes: Option<String>,
    matched: RefCell<BTreeMap<Key, DefinitionId>>,
    begun: RefCell<Vec<(Object, Moment)>>,
    worked: RefCell<Vec<(Object, Worked)>>,
}

/// The identity of an object in a run. A created one has no id at the start.
#[derive(PartialEq, Eq)]
struct Object {
    action: Action,
    key: Option<Key>,
    id: Option<DefinitionId>,
}

impl Object {
    fn new(action: Action, key: Option<&Key>, id: Option<&DefinitionId>) -> Object {
        Object { action, key: key.cloned(), id: id.filter(|_| action != Action::Create).cloned() }
    }

    fn of_step(step: &Step) -> Object {
        Object::new(step.action(), step.key(), step.id())
    }

    fn of_row(row: &ReportRow) -> Object {
        Object::new(row.action, row.key.as_ref(), row.id.as_ref())
    }
}

impl Record {
    /// For a run that starts now. Its author is not known until it is opened.
    pub fn new(environment: &Environment) -> Record {
        Record {
            clock: Clock::starting(environment.began),
            client: None,
            origin: Origin::default(),
            config: None,
            org_name: None,
            only: None,
            default_locale: None,
            scope: Scope::All,
            break_glass: None,
            undoes: None,
            matched: RefCell::default(),
            begun: RefCell::default(),
            worked: RefCell::default(),
        }
    }

    /// The author: flags come before the environment.
    pub fn by(&mut self, args: &RecordArgs, target: &TargetArgs, environment: &Environment) {
        let RecordArgs { actor, reason, break_glass, report_dir: _, no_report: _ } = args.clone();
        self.break_glass = break_glass;
        let typed = Origin { actor, reason, ..Origin::default() };
        self.origin = typed.or(environment.origin.clone());
        if self.origin.actor.is_none() && !environment.ci {
            self.origin.actor = user_name();
        }
        self.through(target, environment);
    }

    /// The access to the org. A given token does not show its OAuth client.
    pub fn through(&mut self, target: &TargetArgs, environment: &Environment) {
        self.client = if target.sandbox {
            Some(sandbox::CLIENT_ID.to_owned())
        } else {
            environment.client_id.clone().filter(|_| environment.access_token.is_none())
        };
    }

    /// Did a person give a reason for writing during a freeze?
    pub fn has_break_glass(&self) -> bool {
        self.break_glass.is_some()
    }

    /// Is it known which org the run is for?
    pub fn has_org(&self) -> bool {
        self.org_name.is_some()
    }

    /// The config of the run, and its files.
    pub fn goes_by(&mut self, config: &Config, path: &Path, sources: &Sources) {
        if self.origin.commit.is_none()
            && let Some(head) = checkout::head(path, sources)
        {
            self.origin = Origin { commit: Some(head.commit), modified: head.modified, ..self.origin.clone() };
        }
        self.config = Some(print::digest_of(&config.resolved));
        self.org_name = config.desired.org.as_ref().map(|org| org.name.clone());
        self.default_locale = Some(config.desired.settings.default_locale.clone());
        self.scope = config.desired.settings.scope.clone();
    }

    /// The report that is undone, and its file.
    pub fn undoes(&mut self, report: &StoredReport, file: &Path) {
        self.org_name = report.run.as_ref().and_then(|run| run.said.config_org.clone());
        self.default_locale = Some(report.default_locale());
        self.scope = report.scope();
        self.undoes = Some(file.display().to_string());
    }

    /// The object of each definition, from a plan of the config.
    pub fn matches(&self, plan: &Plan) {
        let objects = objects(plan).into_iter().map(|(key, id)| (key.clone(), id.clone()));
        *self.matched.borrow_mut() = objects.collect();
    }

    pub fn only(&mut self, keys: Option<&BTreeSet<Key>>) {
        self.only = keys.cloned();
    }

    pub fn tell(&self, event: ApplyEvent<'_>) {
        let now = self.clock.now();
        match event {
            ApplyEvent::Started(step) => {
                logging::object("begins", &named(step.action(), step.key(), step.id()));
                self.begun.borrow_mut().push((Object::of_step(step), now));
            }
            ApplyEvent::Finished(row) => {
                logging::object("is done with", &named(row.action, row.key.as_ref(), row.id.as_ref()));
                let object = Object::of_row(row);
                let begun = self.begun.borrow().iter().find(|(it, _)| *it == object).map(|(_, began)| *began);
                if let Some(began) = begun {
                    self.worked.borrow_mut().push((object, Worked { began, ended: now }));
                }
            }
            ApplyEvent::Waiting(_) => {}
            ApplyEvent::Verifying => logging::phase("reading the org again"),
        }
    }

    pub fn clock(&self) -> Clock {
        self.clock
    }

    pub fn complete(&self, report: Report) -> Report {
        let worked = self.worked.borrow();
        let timed = |row: ReportRow| {
            let object = Object::of_row(&row);
            let worked = worked.iter().find(|(it, _)| *it == object).map(|(_, worked)| *worked);
            let row = ReportRow { worked, ..row };
            // The end of an unfinished run is not known.
            if worked.is_some() { row.with_again_from(self.clock.now()) } else { row }
        };
        let rows: Vec<ReportRow> = report.rows.into_iter().map(timed).collect();
        let mut matched = self.matched.borrow().clone();
        let made = rows.iter().filter(|it| it.action == Action::Create);
        matched.extend(made.filter_map(|it| Some((it.key.clone()?, it.id.clone()?))));
        Report { rows, matched, metadata: Some(self.metadata()), ..report }
    }

    /// The metadata of the run, if it ended now.
    pub fn metadata(&self) -> RunMetadata {
        RunMetadata {
            began: self.clock.began(),
            ended: self.clock.now(),
            client: self.client.clone(),
            origin: self.origin.clone(),
            config: self.config.clone(),
            org_name: self.org_name.clone(),
            only: self.only.clone(),
            default_locale: self.default_locale.clone(),
            scope: self.scope.clone(),
            break_glass: self.break_glass.clone(),
            undoes: self.undoes.clone(),
        }
    }
}

/// An object of a run, for the log.
fn named(action: Action, key: Option<&Key>, id: Option<&DefinitionId>) -> String {
    let name = key.map(ToString::to_string).or_else(|| id.map(ToString::to_string));
    name.map_or_else(|| action.verb().to_owned(), |name| format!("{} {name}", action.verb()))
}
