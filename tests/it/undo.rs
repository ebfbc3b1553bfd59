//! The steps that revert a report: every action with every later change of its object, without an org.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;

use insta::assert_snapshot;
use presencectl::model::desired::{Desired, Limits, Management};
use presencectl::model::labels::Scope;
use presencectl::model::moment::Moment;
use presencectl::model::names::{DivisionId, Key, Label, Locale};
use presencectl::model::observed::{Content, Definition, Observed, Primary};
use presencectl::model::problem::Problem;
use presencectl::model::run_metadata::Origin;
use presencectl::model::run_metadata::RunMetadata;
use presencectl::model::source::Sources;
use presencectl::ops::apply::report::{Intent, Outcome, Report, ReportRow, Unseen};
use presencectl::ops::history::stored::{Stored, StoredReport};
use presencectl::ops::undo::{Undo, WhyNotUndone, undo};
use presencectl::output;
use presencectl::output::ci::github;
use presencectl::output::page::html;
use presencectl::output::style::Style;
use presencectl::output::{json, page};
use presencectl::plan::change::{Action, Create, Edit, Removal, Step};
use presencectl::plan::difference::Difference;
use presencectl::plan::order::Order;

use crate::paper::{carry_out, id, labels, nowhere, object, presence, target, wanted};
use crate::properties::UNLIMITED;
use crate::render::{self as sample, every_outcome};
use presencectl::output::json::stored_report;

fn key() -> Key {
    Key::new("lunch").unwrap()
}

fn content(items: &[(&str, &str)]) -> Content {
    Content { labels: labels(items), deactivated: false, division: None }
}

fn hidden(items: &[(&str, &str)]) -> Content {
    Content { deactivated: true, ..content(items) }
}

fn edit(before: Content, after: Content) -> Edit {
    Edit { key: Some(key()), id: id(1), system_presence: presence("Meal"), scope: Scope::All, before, after }
}

fn removal(number: usize, items: &[(&str, &str)]) -> Removal {
    Removal { id: id(number), system_presence: presence("Meal"), before: content(items), after: None }
}

const OLD: &[(&str, &str)] = &[("en_US", "Lunch")];
const NEW: &[(&str, &str)] = &[("en_US", "Midday")];

/// One step of each action, about the object with the number 1.
fn step(action: Action) -> Step {
    match action {
        Action::Create => {
            Step::Create(Create { key: key(), system_presence: presence("Meal"), labels: labels(NEW), division: None })
        }
        Action::Reactivate => Step::Reactivate(edit(hidden(OLD), content(NEW))),
        Action::Update => Step::Update(edit(content(OLD), content(NEW))),
        Action::Supersede => Step::Supersede(key(), removal(1, OLD)),
        Action::Deactivate => Step::Deactivate(key(), removal(1, OLD)),
        Action::Delete => Step::Delete(removal(1, OLD)),
    }
}

fn row(step: &Step, outcome: Outcome) -> ReportRow {
    let made = ReportRow::of(step, step.name(&Locale::new("en_US")).cloned(), outcome);
    ReportRow { id: Some(id(1)), ..made }
}

/// Of a run by a config.
fn metadata(scope: Scope) -> RunMetadata {
    RunMetadata {
        began: Moment::read("2026-03-01T09:05:00Z").unwrap(),
        ended: Moment::read("2026-03-01T09:06:00Z").unwrap(),
        client: Some("client".to_owned()),
        origin: Origin::default(),
        config: None,
        org_name: None,
        only: None,
        default_locale: Some(Locale::new("en_US")),
        scope,
        break_glass: None,
        undoes: None,
    }
}

/// The report, written and read back.
fn read_back(rows: Vec<ReportRow>, scope: Scope) -> StoredReport {
    let report = Report { metadata: Some(metadata(scope)), ..Report::of(rows, Locale::new("en_US")) };
    match stored_report::read(json::write(&json::ReportV1::of(&report, &target(), &Sources::new())).as_bytes()).unwrap()
    {
        Stored::Report(report) => report,
        Stored::Failure(_) => panic!("it is a report"),
    }
}

fn org(definitions: Vec<Definition>) -> Observed {
    Observed::new(definitions, None)
}

/// The object with these labels.
fn active(items: &[(&str, &str)]) -> Definition {
    object(1, "Meal", items)
}

fn deactivated(items: &[(&str, &str)]) -> Definition {
    Definition { deactivated: true, ..active(items) }
}

/// An undo in short: its steps, and what is not done and why.
fn said(undo: &Undo) -> String {
    let number = |id: &str| id.trim_start_matches("2fa68d50-0000-4000-8000-").trim_start_matches('0').to_owned();
    let shown = |it: &Content| {
        let labels: Vec<&str> = it.labels.iter().map(|(_, label)| label.as_str()).collect();
        format!("{}{}", labels.join("/"), if it.deactivated { "*" } else { "" })
    };
    let steps = undo.plan.changes.iter().map(|it| {
        let (step, id) = (&it.step, number(it.step.id().unwrap().as_str()));
        format!("{} {id} {} -> {}", step.action().verb(), shown(step.before().unwrap()), shown(&step.after()))
    });
    let settled = undo.not_undone.iter().map(|it| match &it.why {
        WhyNotUndone::Changed(differences) => format!("changed in {}", differences.len()),
        WhyNotUndone::SeveralLookLikeIt(ids) => format!("{} look like it", ids.len()),
        other => format!("{other:?}"),
    });
    let blockers = undo.plan.blockers.iter().map(|it| it.code().to_owned());
    steps.chain(settled).chain(blockers).collect::<Vec<_>>().join("; ")
}

#[test]
fn every_action_by_what_has_happened_since() {
    let mut page = String::new();
    for action in Action::ALL {
        let step = step(action);
        let report = read_back(vec![row(&step, Outcome::Done)], Scope::All);
        let after = step.after();
        let left = Definition { labels: after.labels.clone(), deactivated: after.deactivated, ..active(&[]) };
        let was = match step.before() {
            Some(before) => {
                Definition { labels: before.labels.clone(), deactivated: before.deactivated, ..active(&[]) }
            }
            None => Definition { deactivated: true, ..left.clone() },
        };
        let edited = Definition { labels: labels(&[("en_US", "Other")]), ..left.clone() };
        let labelled = Definition {
            labels: left
                .labels
                .iter()
                .map(|(a, b)| (a.clone(), b.clone()))
                .chain([(Locale::new("de"), Label::new("Neu"))])
                .collect(),
            ..left.clone()
        };
        let flipped = Definition { deactivated: !left.deactivated, ..left.clone() };
        let elsewhere = Definition { system_presence: presence("Break"), ..left.clone() };
        let own = Definition { primary: Primary::Yes, ..left.clone() };
        for (since, objects) in [
            ("nothing", vec![left.clone()]),
            ("as it was before", vec![was]),
            ("renamed", vec![edited]),
            ("a label more", vec![labelled]),
            ("the other state", vec![flipped]),
            ("under another presence", vec![elsewhere]),
            ("the platform's own", vec![own]),
            ("gone", Vec::new()),
        ] {
            let undo = undo(&report, &org(objects), &Limits::default(), None);
            writeln!(page, "{} | {since} | {}", action.verb(), said(&undo)).unwrap();
        }
    }
    assert_snapshot!("undo_every_action", page);
}

#[test]
fn only_what_was_or_may_have_been_written_is_taken_back() {
    for it in every_outcome() {
        let code = it.outcome.kind().code();
        let report = read_back(vec![row(&step(Action::Update), it.outcome.clone())], Scope::All);
        let left = report.rows[0].left().unwrap();
        let org = org(vec![Definition { labels: left.labels, deactivated: left.deactivated, ..active(&[]) }]);
        let undo = undo(&report, &org, &Limits::default(), None);
        assert_eq!(undo.plan.changes.len(), usize::from(it.outcome.may_be_written()), "{code}: {}", said(&undo));
        assert!(undo.not_undone.is_empty(), "{code}");
    }
}

#[test]
fn what_the_org_made_of_a_write_is_what_the_run_left() {
    let kept_label = Difference::Label { locale: Locale::new("fr"), expected: None, found: Some(Label::new("Midi")) };
    let report = read_back(vec![row(&step(Action::Update), Outcome::Differs(vec![kept_label]))], Scope::All);
    let found = org(vec![active(&[("en_US", "Midday"), ("fr", "Midi")])]);
    assert_eq!(said(&undo(&report, &found, &UNLIMITED, None)), "update 1 Midday/Midi -> Lunch");
    let changed = org(vec![active(&[("en_US", "Midday"), ("fr", "Autre")])]);
    assert_eq!(said(&undo(&report, &changed, &UNLIMITED, None)), "changed in 1");
}

#[test]
fn labels_that_were_not_managed_are_left_as_they_are() {
    let scope = Scope::Only(vec![Locale::new("en_US")]);
    let others = |items: &[(&str, &str)]| org(vec![active(&[items, &[("de", "Mittag")]].concat())]);
    let report = read_back(vec![row(&step(Action::Update), Outcome::Done)], scope.clone());
    let undone = undo(&report, &others(NEW), &UNLIMITED, None);
    assert_eq!(said(&undone), "update 1 Midday -> Lunch");
    let after = carry_out(&others(NEW), undone.plan.changes.iter().map(|it| &it.step));
    assert_eq!(after, others(OLD));
    // What is hidden again gets its labels back, and keeps the rest.
    let report = read_back(vec![row(&step(Action::Reactivate), Outcome::Done)], scope);
    assert_eq!(said(&undo(&report, &others(NEW), &UNLIMITED, None)), "deactivate 1 Mittag/Midday -> Mittag/Lunch*");
}

#[test]
fn what_took_the_place_of_another_goes_after_that_is_back() {
    let made = row(&step(Action::Create), Outcome::Done);
    let replaced = ReportRow { id: Some(id(2)), ..row(&Step::Supersede(key(), removal(2, OLD)), Outcome::Done) };
    let report = read_back(vec![made, replaced], Scope::All);
    let observed = org(vec![active(NEW), Definition { id: id(2), ..deactivated(OLD) }]);
    let undone = undo(&report, &observed, &UNLIMITED, None);
    assert_eq!(said(&undone), "reactivate 2 Lunch* -> Lunch; replace 1 Midday -> Midday*");
    let order = Order::of(undone.plan.changes.iter().map(|it| &it.step), &observed);
    assert_eq!(order.waves(), [vec![0], vec![1]]);
    assert_eq!(order.needs(1).len(), 1, "without its predecessor it stays");
}

#[test]
fn a_creation_without_an_id_is_found_by_everything_that_was_sent() {
    let unknown = ReportRow { id: None, ..row(&step(Action::Create), Outcome::Unknown(Problem::default())) };
    let report = read_back(vec![unknown], Scope::All);
    let with = |objects: Vec<Definition>| said(&undo(&report, &org(objects), &UNLIMITED, None));
    let twin = || Definition { id: id(2), ..active(NEW) };
    assert_eq!(with(vec![active(NEW)]), "deactivate 1 Midday -> Midday*");
    assert_eq!(with(vec![active(&[("en_US", "Midday"), ("de", "Mittag")])]), "AlreadyInPlace");
    assert_eq!(with(vec![active(NEW), twin()]), "2 look like it");
    assert_eq!(with(vec![Definition { primary: Primary::Yes, ..active(NEW) }]), "AlreadyInPlace");
    assert_eq!(with(Vec::new()), "AlreadyInPlace");
}

#[test]
fn the_tools_own_limits_hold() {
    let made = |number: usize| ReportRow { id: Some(id(number)), ..row(&step(Action::Create), Outcome::Done) };
    let report = read_back((1..=6).map(made).collect(), Scope::All);
    let observed = org((1..=6).map(|number| Definition { id: id(number), ..active(NEW) }).collect());
    assert_eq!(undo(&report, &observed, &Limits::default(), None).plan.blockers.len(), 1);
    let raised = Limits { removals: 6, ..Limits::default() };
    assert!(undo(&report, &observed, &raised, None).plan.blockers.is_empty());
}

/// A forged report cannot hide a removal from the guards: a step's kind depends on what it writes.
#[test]
fn what_deactivates_counts_as_a_removal_whatever_it_is_called() {
    let forged = Step::Update(edit(hidden(OLD), content(NEW)));
    let report = read_back(vec![row(&forged, Outcome::Done)], Scope::All);
    let strict = Limits { removals: 0, ..Limits::default() };
    let undone = undo(&report, &org(vec![active(NEW)]), &strict, None);
    assert_eq!(undone.plan.changes[0].step.action(), Action::Deactivate);
    assert_eq!(undone.plan.blockers.len(), 1);
}

#[test]
fn an_undo_is_undone_with_its_own_report_also_of_what_no_config_names() {
    let observed = org(vec![deactivated(OLD)]);
    // With a managed locale and with an unmanaged one: a removal covers all labels.
    for scope in [Scope::All, Scope::Only(vec![Locale::new("de")])] {
        let report = read_back(vec![row(&step(Action::Delete), Outcome::Done)], scope.clone());
        let undone = undo(&report, &observed, &UNLIMITED, None);
        let back = undone.plan.changes[0].step.clone();
        assert_eq!((back.action(), back.key()), (Action::Reactivate, None));
        let after = carry_out(&observed, [&back]);
        let again = undo(&read_back(vec![row(&back, Outcome::Done)], scope), &after, &UNLIMITED, None);
        assert_eq!(said(&again), "delete 1 Lunch -> Lunch*");
        assert_eq!(
            said(&undo(&report, &after, &UNLIMITED, None)),
            "AlreadyInPlace",
            "the second undo has nothing to do"
        );
    }
}

#[test]
fn a_division_is_given_back() {
    let division = |of: &str| DivisionId::new(of);
    let (before, after) = (
        Content { division: division("*"), ..content(OLD) },
        Content { division: division("5a4db0c5-0000-4000-a000-0000000000d2"), ..content(OLD) },
    );
    let report = read_back(vec![row(&Step::Update(edit(before.clone(), after.clone())), Outcome::Done)], Scope::All);
    let held = org(vec![Definition { division: after.division, ..active(OLD) }]);
    let undone = undo(&report, &held, &UNLIMITED, None);
    assert_eq!(undone.plan.changes[0].step.after(), before);
    // The first generation does not show it: it is not known whether it was changed.
    assert_eq!(said(&undo(&report, &org(vec![active(OLD)]), &UNLIMITED, None)), "changed in 1");
}

#[test]
fn what_a_config_never_touches_is_left_alone_whatever_a_report_says() {
    let report = read_back(vec![row(&step(Action::Update), Outcome::Done)], Scope::All);
    let observed = org(vec![active(NEW)]);
    let mut config = Desired::nothing();
    let undone = |config: &Desired| said(&undo(&report, &observed, &UNLIMITED, Some(config)));
    let whole = said(&undo(&report, &observed, &UNLIMITED, None));
    assert_eq!(undone(&config), whole, "what it does not name was a definition of the apply");
    let mut omitted = wanted("lunch", "Meal", NEW);
    omitted.management = Management::Omitted;
    config.definitions.insert(key(), omitted);
    assert_eq!(undone(&config), "Omitted(Key(\"lunch\"))");
    config.protect.insert(id(1), nowhere());
    assert_eq!(undone(&config), "Protected");
}

#[test]
fn what_to_do_next_depends_on_what_the_run_was_for() {
    let mut words = String::new();
    for (name, intent) in [("apply", Intent::Apply), ("undo", Intent::Undo), ("retire", Intent::Retire)] {
        let unseen = Outcome::NotVisibleYet(Unseen::List { may_be_hidden: false, may_be_changed: false });
        for outcome in [unseen, Outcome::Overwritten(Vec::new()), Outcome::Conflict(Vec::new())] {
            let row = sample::row(Action::Update, "lunch", "Lunch", 1, outcome);
            writeln!(words, "{name} {}: {}", row.outcome.kind().code(), row.in_words(intent).unwrap()).unwrap();
        }
    }
    assert_snapshot!(words, @"
    apply not-visible-yet: written, and a read by its id shows it, but the org's list does not show it yet; a new plan shows it later
    apply overwritten: it was as the config says, and by the org's own time it was changed by hand since; a new plan shows it
    apply refused: it is not as the plan saw it: it was changed since, or one of the org's answers was old; a new plan shows it
    undo not-visible-yet: written, and a read by its id shows it, but the org's list does not show it yet; run the undo again later
    undo overwritten: it was as the config says, and by the org's own time it was changed by hand since; it is left as it is (`show ID` shows it)
    undo refused: it is not as that run left it: it was changed since, or one of the org's answers was old; it is left as it is (`show ID` shows it)
    retire not-visible-yet: written, and a read by its id shows it, but the org's list does not show it yet; run it again later
    retire overwritten: it was as the config says, and by the org's own time it was changed by hand since; run it again
    retire refused: it is not as the plan saw it: it was changed since, or one of the org's answers was old; run it again
    ");
}

#[test]
fn no_view_of_an_undo_says_what_helps_after_an_apply() {
    let of = |undoes: Option<String>| {
        let metadata = RunMetadata { undoes, ..metadata(Scope::All) };
        let report = Report { metadata: Some(metadata), ..Report::of(every_outcome(), Locale::new("en_US")) };
        let (target, sources) = (target(), Sources::new());
        [
            output::text::report(&report, &sources, Style::PLAIN),
            json::write(&json::ReportV1::of(&report, &target, &sources)),
            page::report(&report, &target, &sources, page::COMMENT),
            html::report(&report, &target, &sources),
            github::report(&report, &sources, None),
        ]
    };
    for (apply, undo) in of(None).iter().zip(of(Some("report.json".to_owned()))) {
        assert!(apply.contains("answers was old; a new plan shows it"), "{apply}");
        assert!(!undo.contains("a new plan"), "{undo}");
        assert!(undo.contains("does not show it yet; run the undo again later"), "{undo}");
        assert!(undo.contains("answers was old; it is left as it is"), "{undo}");
    }
    assert!(of(Some("report.json".to_owned()))[0].contains("not known; run the undo again to see"));
}
