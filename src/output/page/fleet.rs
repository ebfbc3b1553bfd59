//! The plans of several orgs for reviewers: what could not be planned, what refuses it, each change once with its orgs, and a
//! table of orgs and changes.

use crate::model::text;
use crate::output::json::common::PlaceV1;
use crate::output::json::fleet::{FleetGroupV1, FleetLineV1, FleetNoteV1, FleetOrgV1, FleetRefusalV1, FleetWarningV1};
use crate::output::json::{FleetPlanV1, OrgsV1};
use crate::output::page::block::{
    By, Item, Keep, LabelFate, Lead, Page, PageBody, PageColumn, PageKind, PageLine, PageLines, Piece, Section, Table,
    Title, below, cell, name, plain, sandbox, sentence, strong,
};
use crate::output::page::failure::{self, Lints};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::output::text::fleet::{frozen, heading, in_place, line_in_words, people_in_words, quiet_orgs, verb};
use crate::output::text::orgs;
use crate::plan::answer::Answer;
use crate::plan::change::Action;
use crate::plan::origin::short;

/// The most labels of one change that stand in a comment.
const OPEN_LABELS_MAX: usize = 4;

pub(super) fn page(plan: &FleetPlanV1, lints: Option<Lints<'_>>) -> Page<'static> {
    let FleetPlanV1 { commit, summary, orgs, unaffected, groups, refusals, warnings, .. } = plan;
    let words = heading(plan);
    let is_bad = summary.not_planned + refusals.len() > 0;
    let tone = match (is_bad, summary.changed) {
        (true, _) => Tone::Bad,
        (false, 0) => Tone::Good,
        (false, _) => Tone::Open,
    };
    let requests = text::count(usize::try_from(summary.requests).unwrap_or(usize::MAX), "request");
    let cost = (summary.changed > 0).then(|| format!("All applies together send {requests}."));
    let mut leads: Vec<Lead> = cost.map(|it| Lead::Paragraph(By::Both, vec![vec![plain(it)]])).into_iter().collect();
    leads.extend(commit.as_ref().map(|it| {
        let line = vec![plain("The config is that of the commit "), name(short(it).as_str()), plain(".")];
        Lead::Paragraph(By::Both, vec![line])
    }));
    leads.extend(frozen(orgs).into_iter().map(|it| Lead::Alert(vec![plain("Frozen")], vec![sentence(it)])));
    let is_sandbox = orgs.iter().any(|it| it.plan.as_ref().is_some_and(|plan| plan.target.sandbox));
    let quiet = quiet_orgs(orgs);
    leads.extend(
        (!quiet.is_empty()).then(|| {
            Lead::Paragraph(By::Both, vec![vec![plain("No change: "), sentence(quiet.join(", ")), plain(".")]])
        }),
    );
    leads.extend((!unaffected.is_empty()).then(|| {
        Lead::Paragraph(By::Both, vec![vec![plain("Unaffected: "), sentence(unaffected.join(", ")), plain(".")]])
    }));
    Page {
        kind: PageKind::FleetPlan,
        org: None,
        sandbox: is_sandbox,
        first: None,
        what: "Plan",
        line: vec![strong(&*words), plain("."), sandbox(is_sandbox)],
        summary: Summary { tone, words, more: None },
        leads,
        sections: vec![
            not_planned(orgs),
            look_first(&plan.look_first),
            refused(refusals),
            changes(groups),
            looked_at(warnings, &plan.no_longer_needed),
            matrix(orgs, groups),
            failure::lints(lints),
        ],
    }
}

/// Which orgs a change of the files affects, and what differs.
pub(super) fn page_of_orgs(orgs: &OrgsV1) -> Page<'static> {
    let words = match &orgs.since {
        Some(since) => orgs::heading(orgs, since),
        None if orgs::is_of_behind(orgs) => orgs::heading_of_due(orgs),
        None => text::count(orgs.orgs.len(), "org"),
    };
    let notes = orgs::notes(orgs).into_iter().map(|it| vec![Item::new(vec![sentence(it)])]).collect();
    let guards = orgs::guards(orgs).into_iter().map(|(guards, names)| {
        vec![Item::new(vec![sentence(guards)]), Item::nested(vec![plain("in "), sentence(names.join(", "))])]
    });
    let title = Title::heading("Look at this first");
    let guards = Section::list("note", Keep::First, title, Tone::Open, guards.collect());
    let listed = orgs.orgs.iter().filter(|it| orgs.since.is_none() && it.behind.is_none());
    let listed = listed.map(|it| vec![Item::new(vec![name(it.name.as_str())])]).collect();
    Page {
        kind: PageKind::FleetPlan,
        org: None,
        sandbox: false,
        first: None,
        what: "Orgs",
        line: vec![sentence(&*words), plain(". By the files alone: no org was asked.")],
        summary: Summary { tone: Tone::Open, words, more: None },
        leads: Vec::new(),
        sections: vec![
            guards,
            changes(&orgs.groups),
            Section::list("note", Keep::Third, Title::heading("To look at"), Tone::Open, notes),
            Section::list("org", Keep::Third, Title::heading("Orgs"), Tone::Open, listed),
        ],
    }
}

fn not_planned(orgs: &[FleetOrgV1]) -> Section {
    let rows = orgs.iter().filter_map(|org| {
        let error = org.error.as_ref()?;
        let mut items = vec![Item::new(vec![name(org.name.as_str()), plain(": "), sentence(error.message.as_str())])];
        items.extend(below(error.into()).into_iter().map(Item::nested));
        Some(items)
    });
    Section::list("org", Keep::First, Title::heading("Not planned"), Tone::Bad, rows.collect())
}

fn refused(blockers: &[FleetRefusalV1]) -> Section {
    let row = |it: &FleetRefusalV1| {
        let mut line = vec![Piece::Strong(vec![name(it.code.as_str())])];
        line.extend(it.place.iter().flat_map(|it| [plain(" at "), place(it)]));
        line.extend([plain(": "), sentence(it.message.as_str())]);
        let orgs = Item::nested(vec![plain("in "), sentence(it.orgs_in_words.as_str())]);
        let answers = it.answers.iter().map(|it| {
            let answer = Answer { say: it.say.clone(), lines: it.yaml.clone() };
            Item { is_nested: true, ..Item::answer(Vec::new(), answer) }
        });
        [Item::new(line), orgs].into_iter().chain(answers).collect()
    };
    let rows = blockers.iter().map(row).collect();
    Section::list("error", Keep::First, Title::heading("Refused"), Tone::Bad, rows)
}

fn place(it: &PlaceV1) -> Piece {
    name(format!("{}:{}:{}", it.file, it.line, it.column))
}

fn changes(groups: &[FleetGroupV1]) -> Section {
    let title = format!("{} in several orgs", text::count(groups.len(), "change"));
    let columns = vec![
        PageColumn::plain("Action"),
        PageColumn::new("Definition"),
        PageColumn::new("Before"),
        PageColumn::new("After"),
        PageColumn::new("Orgs"),
    ];
    let rows = groups.iter().map(change).collect();
    let table = Table { class: "changes", caption: title, columns, rows, names: 1 };
    Section::table("change", Keep::Second, Title::Implied("Changes"), table)
}

fn change(group: &FleetGroupV1) -> Vec<PageLines> {
    let is_removal = Action::from(group.action).is_removal();
    let mut about: PageLine = Vec::new();
    about.extend(group.key.iter().flat_map(|it| [name(it.as_str()), plain(" ")]));
    about.extend(group.name.iter().flat_map(|it| [sentence(format!("\"{it}\"")), plain(" ")]));
    about.extend([plain("("), sentence(group.system_presence.as_str()), plain(")")]);
    let mut about = cell(about);
    about.extend(group.people.as_ref().map(|it| (By::Both, vec![strong(people_in_words(it))])));
    about.extend(
        (!group.without.is_empty())
            .then(|| (By::Both, vec![Piece::Quiet(vec![plain("without "), sentence(group.without.join(", "))])])),
    );
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (index, it) in group.labels.iter().enumerate() {
        let by = if index < OPEN_LABELS_MAX { By::Both } else { By::Html };
        let label = |of: &String, fate| Piece::Label { locale: it.locale.clone(), label: of.clone(), fate };
        before.extend(it.before.as_ref().map(|it| (by, vec![label(it, LabelFate::Goes)])));
        let becomes = it.after.as_ref().map(|it| label(it, LabelFate::Comes));
        after.push((by, vec![becomes.unwrap_or_else(|| Piece::Removed(it.locale.clone()))]));
    }
    if group.labels.len() > OPEN_LABELS_MAX {
        let more = text::count(group.labels.len() - OPEN_LABELS_MAX, "more language");
        after.push((By::Markdown, vec![plain(format!("and {more}"))]));
    }
    before.extend(group.before_elsewhere.iter().map(|it| {
        let was = it.before.as_ref().map_or_else(|| vec![plain("none")], |it| vec![name(it.as_str())]);
        let mut line = vec![plain("in "), name(it.org.as_str()), plain(" "), name(it.locale.as_str()), plain(": ")];
        line.extend(was);
        (By::Both, vec![Piece::Quiet(line)])
    }));
    after.extend(group.deactivated.map(|it| (By::Both, vec![plain(format!("deactivated: {it}"))])));
    after.extend(group.division.as_ref().map(|it| (By::Both, vec![plain("division: "), name(it.as_str())])));
    if is_removal {
        after = cell(vec![plain("no longer shown to agents")]);
    }
    vec![cell(vec![Piece::Action(group.action.into())]), about, before, after, orgs(group)]
}

fn orgs(group: &FleetGroupV1) -> PageLines {
    let mut lines = cell(vec![sentence(group.orgs_in_words.as_str())]);
    let proven = in_place(group).map(|it| (By::Both, vec![Piece::Quiet(vec![sentence(it)])]));
    lines.extend(proven);
    lines.extend(group.reasons.iter().map(|it| {
        let comment = it.comment.iter().flat_map(|it| [plain(": "), sentence(it.as_str())]);
        (By::Both, vec![Piece::Quiet(std::iter::once(place(&it.place)).chain(comment).collect())])
    }));
    lines
}

/// What a person has to look at before the changes.
fn look_first(notes: &[FleetNoteV1]) -> Section {
    let note = |it: &FleetNoteV1| {
        let colon = plain(if it.yaml.is_empty() { "" } else { ":" });
        let head = Item { yaml: it.yaml.clone(), ..Item::new(vec![sentence(it.message.as_str()), colon]) };
        vec![head, Item::nested(vec![plain("in "), sentence(it.orgs_in_words.as_str())])]
    };
    let title = Title::heading("Look at this first");
    Section::list("note", Keep::First, title, Tone::Open, notes.iter().map(note).collect())
}

fn looked_at(warnings: &[FleetWarningV1], lines: &[FleetLineV1]) -> Section {
    let warning = |it: &FleetWarningV1| {
        let line = vec![strong("warning"), plain(": "), sentence(it.message.as_str())];
        vec![Item::new(line), Item::nested(vec![plain("in "), sentence(it.orgs_in_words.as_str())])]
    };
    let line = |it: &FleetLineV1| {
        let mut line = vec![sentence(line_in_words(it)), plain(": "), name(it.field.as_str()), plain(" of ")];
        line.push(name(it.key.as_str()));
        line.extend(it.place.iter().flat_map(|it| [plain(" at "), place(it)]));
        vec![Item::new(line)]
    };
    let rows = warnings.iter().map(warning).chain(lines.iter().map(line)).collect();
    Section::list("note", Keep::Third, Title::heading("To look at"), Tone::Open, rows)
}

/// Which org has which change.
fn matrix(orgs: &[FleetOrgV1], groups: &[FleetGroupV1]) -> Section {
    let head = |it: &FleetGroupV1| {
        let what = it.key.as_ref().or(it.name.as_ref()).cloned().unwrap_or_default();
        PageColumn { head: vec![plain(format!("{} ", verb(it.action))), name(what)], ..PageColumn::new("") }
    };
    let mark = |org: &FleetOrgV1, (index, group): (usize, &FleetGroupV1)| {
        if group.orgs.contains(&org.name) {
            cell(vec![Piece::Sign("●", "changes")])
        } else if org.already_in_place.contains(&index) {
            cell(vec![Piece::Sign("✓", "already in place")])
        } else if org.plan.is_none() {
            cell(vec![plain("not planned")])
        } else {
            cell(vec![Piece::Sign("–", "unaffected")])
        }
    };
    let row = |org: &FleetOrgV1| {
        let named = cell(vec![name(org.name.as_str())]);
        std::iter::once(named).chain(groups.iter().enumerate().map(|it| mark(org, it))).collect()
    };
    let table = Table {
        class: "matrix",
        caption: "Which org has which change".to_owned(),
        columns: std::iter::once(PageColumn::new("Org")).chain(groups.iter().map(head)).collect(),
        rows: if groups.is_empty() { Vec::new() } else { orgs.iter().map(row).collect() },
        names: 0,
    };
    Section {
        by: By::Html,
        noun: "org",
        keep: Keep::Last,
        title: Title::heading("Orgs and changes"),
        body: PageBody::Table(table),
        foot: Some("A dot: an apply makes the change. A check mark: already in place. A dash: unaffected."),
    }
}
