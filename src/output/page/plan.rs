//! A plan for reviewers: what it comes to, what refuses it, the changes with removals first, and last what a
//! person should look at, what is unmanaged, and the coverage of the config's locales.

use std::collections::BTreeSet;

use crate::config::coverage::{Cell, Coverage, CoverageRow, Mark};
use crate::model::freeze::FreezeTime;
use crate::model::names::{Key, Label, SystemPresence};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::output::page::block::{
    By, Item, Keep, LabelFate, Lead, Page, PageBody, PageColumn, PageKind, PageLine, PageLines, Piece, Section, Table,
    Title, at, cell, id, listed, name, org, plain, sandbox, sentence, strong, subject,
};
use crate::output::page::failure::{self, Lints, blockers_of};
use crate::output::rows::{Group, LabelRow, RowNote, base_notes, groups, known_as, labels, origin, others, people};
use crate::output::style::Tone;
use crate::output::summary::{Summary, cost, in_step, left_out, of_plan};
use crate::plan::change::{Change, ObsoleteLine, Step, Unmanaged};
use crate::plan::origin::{Base, Compared, resolved_in_words, short};
use crate::plan::warning::Warning;
use crate::plan::{Only, Plan};

/// The most labels of one definition that stand in the open table of a comment; all of them are in the details.
const OPEN_LABELS_MAX: usize = 4;

/// A plan, with the coverage of the config's locales where there is room for it.
pub(super) fn page<'a>(
    plan: &Plan,
    coverage: Option<&Coverage>,
    target: &'a Target,
    sources: &Sources,
    lints: Option<Lints<'_>>,
) -> Page<'a> {
    let org_of = target.org.as_ref();
    let summary = of_plan(plan);
    let Summary { tone: _, words, more } = &summary;
    let more = more.as_ref().map_or_else(String::new, |it| format!(": {it}"));
    let in_step = in_step(plan);
    let cost = cost(plan).map_or_else(String::new, |it| format!(" {it}."));
    let mut line = vec![strong(words), plain(" in ")];
    line.extend(org(org_of));
    line.extend([plain(format!("{more}.{in_step}{cost}")), sandbox(target.sandbox)]);
    let base = plan.base.as_ref();
    let mut leads = Vec::new();
    let also = format!("{in_step}{cost}");
    leads.extend((!also.is_empty()).then(|| Lead::Paragraph(By::Html, vec![vec![plain(also.trim_start())]])));
    leads.extend(plan.freezes.iter().map(|(freeze, time)| {
        let title = if *time == FreezeTime::Now { "Frozen" } else { "Freeze" };
        let mut words = vec![sentence(freeze.in_words(*time))];
        words.extend(at(" at ", Some(freeze.place), sources));
        Lead::Alert(vec![plain(title)], words)
    }));
    leads.extend(plan.only.as_ref().map(only));
    leads.extend(base.map(sum));
    leads.extend(sources.commit.as_ref().map(|it| {
        let commit = short(it);
        let line = vec![plain("The config is that of the commit "), name(commit.as_str()), plain(".")];
        Lead::Paragraph(By::Both, vec![line])
    }));
    let guards = base.and_then(|it| it.compared()).and_then(Compared::guards_in_words);
    Page {
        kind: PageKind::Plan,
        org: org_of,
        sandbox: target.sandbox,
        first: guards.map(|it| vec![sentence(it)]),
        what: "Plan",
        summary,
        line,
        leads,
        sections: sections(plan, coverage, sources, lints),
    }
}

fn sum(base: &Base) -> Lead {
    match base.compared() {
        Some(compared) => {
            let sum = plain(format!("{}; compared with ", compared.sum()));
            Lead::Paragraph(By::Both, vec![vec![sum, sentence(base.against.in_words()), plain(".")]])
        }
        None => Lead::Alert(vec![plain("Note")], vec![sentence(base.not_told().unwrap_or_default())]),
    }
}

/// Loud, because a plan that looks finished may be a part.
fn only(only: &Only) -> Lead {
    let mut title = vec![plain("Only ")];
    title.extend(listed(only.keys.iter().map(|it| name(it.as_str())).collect()));
    Lead::Alert(title, vec![plain(left_out(only))])
}

fn sections(plan: &Plan, coverage: Option<&Coverage>, sources: &Sources, lints: Option<Lints<'_>>) -> Vec<Section> {
    let groups = groups(plan);
    let covered: BTreeSet<&Key> = coverage.iter().flat_map(|it| &it.rows).map(|it| &it.key).collect();
    let mut sections = Vec::from_iter(plan.base.as_ref().map(look_first));
    sections.push(blockers_of(plan, sources));
    sections.extend(groups.iter().map(|it| group(it, plan, &covered, sources)));
    sections.extend(plan.base.as_ref().map(|it| resolved(it, plan)));
    sections.push(details(&groups, plan, sources));
    sections.push(notes(&plan.warnings, &plan.obsolete, sources));
    sections.push(left_alone(&plan.unmanaged));
    sections.push(failure::lints(lints));
    sections.extend(coverage.into_iter().flat_map(coverage_sections));
    sections
}

/// What a person has to look at before the changes.
fn look_first(base: &Base) -> Section {
    let note = |RowNote { say, lines: yaml }: RowNote| {
        let colon = plain(if yaml.is_empty() { "" } else { ":" });
        vec![Item { yaml, ..Item::new(vec![sentence(say), colon]) }]
    };
    let rows = base_notes(base).into_iter().map(note).collect();
    Section::list("note", Keep::First, Title::heading("Look at this first"), Tone::Open, rows)
}

/// What the base would change and the plan does not.
fn resolved(base: &Base, plan: &Plan) -> Section {
    let changes = base.compared().map_or(&[][..], |it| &it.resolved);
    let title = format!("Settled by this change: {}", text::count(changes.len(), "change"));
    let row = |Change { step, reason: _, place: _ }: &Change| {
        let known_as = known_as(step, &plan.default_locale).map(name);
        vec![
            cell(Vec::from_iter(known_as)),
            cell(vec![sentence(step.system_presence().as_str())]),
            cell(vec![plain(resolved_in_words(step.action()))]),
        ]
    };
    let table = Table {
        class: "settled",
        caption: title.clone(),
        columns: vec![PageColumn::new("Definition"), PageColumn::new("System presence"), PageColumn::plain("What")],
        rows: changes.iter().map(row).collect(),
        names: 0,
    };
    Section::table("change", Keep::Fourth, Title::Folded(title), table)
}

fn group(group: &Group<'_>, plan: &Plan, covered: &BTreeSet<&Key>, sources: &Sources) -> Section {
    let Group { title, folded, changes } = group;
    let count = text::count(changes.len(), "change");
    let table = Table {
        class: "changes",
        caption: format!("{count}, removals first"),
        columns: vec![
            PageColumn::plain("Action"),
            PageColumn::new("Definition"),
            PageColumn::new("Before"),
            PageColumn::new("After"),
            PageColumn::of(By::Html, "Why"),
        ],
        rows: changes.iter().map(|it| change(it, plan, covered, sources)).collect(),
        names: 1,
    };
    let keep = if *folded { Keep::Third } else { Keep::Second };
    let title = match (title, folded) {
        (Some(title), true) => Title::Folded(format!("{title}: {count}")),
        (Some(title), false) => Title::heading(title),
        (None, _) => Title::Implied("Changes"),
    };
    Section::table("change", keep, title, table)
}

fn change(change: &Change, plan: &Plan, covered: &BTreeSet<&Key>, sources: &Sources) -> Vec<PageLines> {
    let step = &change.step;
    let row = step.key().filter(|key| covered.contains(key));
    let rows = labels(step, &plan.default_locale);
    let (mut before, mut after) = (side(&rows, before), side(&rows, |it| Some(after(it))));
    add_others(step, plan, &mut before, &mut after);
    if step.action().is_removal() {
        after = cell(vec![plain("no longer shown to agents")]);
    }
    let mut about = cell(subject(known_as(step, &plan.default_locale), step.system_presence().as_str()));
    let people = people(step, &plan.usage, &plan.default_locale);
    about.extend(people.map(|it| (By::Both, vec![strong(it)])));
    about.extend(origin(plan, step).map(|it| (By::Both, vec![Piece::Quiet(vec![sentence(it)])])));
    about.extend(step.id().map(|it| (By::Html, vec![Piece::Quiet(vec![id(it)])])));
    about.extend(row.map(|it| (By::Html, vec![Piece::Link("coverage", it.as_str().to_owned())])));
    vec![cell(vec![Piece::Action(step.action())]), about, before, after, cell(why(change, sources))]
}

/// What a step changes beside labels, below them.
pub(super) fn add_others(step: &Step, plan: &Plan, before: &mut PageLines, after: &mut PageLines) {
    for (what, was, becomes) in others(step, &plan.divisions) {
        for (side, it) in [(&mut *before, was), (&mut *after, becomes)] {
            side.extend(it.map(|it| (By::Both, vec![plain(format!("{what}: ")), name(it)])));
        }
    }
}

/// One side of the labels, a line each. A comment shows the first ones.
fn side(rows: &[LabelRow<'_>], of: impl Fn(&LabelRow<'_>) -> Option<Piece>) -> PageLines {
    let shown = rows.iter().enumerate().filter_map(|(index, row)| {
        let by = if index < OPEN_LABELS_MAX { By::Both } else { By::Html };
        of(row).map(|it| (by, vec![it]))
    });
    let more = rows.iter().skip(OPEN_LABELS_MAX).filter(|row| of(row).is_some()).count();
    let more = (more > 0).then(|| (By::Markdown, vec![plain(format!("and {more} more"))]));
    shown.chain(more).collect()
}

fn before(row: &LabelRow<'_>) -> Option<Piece> {
    row.before.map(|it| label(row, it, LabelFate::Goes))
}

fn after(row: &LabelRow<'_>) -> Piece {
    row.after.map_or_else(|| Piece::Removed(row.locale.to_string()), |it| label(row, it, LabelFate::Comes))
}

pub(super) fn label(row: &LabelRow<'_>, label: &Label, fate: LabelFate) -> Piece {
    Piece::Label { locale: row.locale.to_string(), label: label.nfc().to_owned(), fate }
}

fn why(change: &Change, sources: &Sources) -> PageLine {
    let mut why = vec![sentence(change.reason.in_words())];
    if change.place.is_some() {
        why.extend(at(" (", change.place, sources));
        why.push(plain(")"));
    }
    why
}

/// Everything about every change, a label a row: what the table of a comment has no room for.
fn details(groups: &[Group<'_>], plan: &Plan, sources: &Sources) -> Section {
    let changes: Vec<&Change> = groups.iter().flat_map(|it| it.changes.iter().copied()).collect();
    let title = format!("Every label, id and reason of {}", text::count(changes.len(), "change"));
    let heads = ["Definition", "Id", "Why", "Locale", "Before", "After"].map(PageColumn::new);
    let table = Table {
        class: "details",
        caption: title.clone(),
        columns: std::iter::once(PageColumn::plain("Action")).chain(heads).collect(),
        rows: changes.iter().flat_map(|it| detail(it, plan, sources)).collect(),
        names: 1,
    };
    Section { by: By::Markdown, ..Section::table("row", Keep::Last, Title::Folded(title), table) }
}

fn detail(change: &Change, plan: &Plan, sources: &Sources) -> Vec<Vec<PageLines>> {
    let step = &change.step;
    let shown = |it: Option<&str>| cell(it.map(name).into_iter().collect());
    let mut about = vec![
        cell(vec![Piece::Action(step.action())]),
        cell(subject(known_as(step, &plan.default_locale), step.system_presence().as_str())),
        cell(step.id().map(id).into_iter().collect()),
        cell(why(change, sources)),
    ];
    let mut cells: Vec<[PageLines; 3]> = labels(step, &plan.default_locale)
        .iter()
        .map(|row| {
            let after = match row.after {
                None if !step.action().is_removal() => cell(vec![plain("*removed*")]),
                after => shown(after.map(Label::nfc)),
            };
            [shown(Some(row.locale.as_str())), shown(row.before.map(Label::nfc)), after]
        })
        .collect();
    cells.extend(
        others(step, &plan.divisions)
            .into_iter()
            .map(|(what, was, is)| [cell(vec![plain(what)]), shown(was.as_deref()), shown(is.as_deref())]),
    );
    if cells.is_empty() {
        cells.push([const { PageLines::new() }; 3]);
    }
    cells
        .into_iter()
        .map(|it| {
            // What is the same in the rows below is not said again.
            let about = std::mem::replace(&mut about, vec![PageLines::new(); 4]);
            about.into_iter().chain(it).collect()
        })
        .collect()
}

pub(super) fn notes(warnings: &[Warning], obsolete: &[ObsoleteLine], sources: &Sources) -> Section {
    let warnings =
        warnings.iter().map(|it| vec![Item::new(vec![strong("warning"), plain(": "), sentence(it.message())])]);
    let obsolete = obsolete.iter().map(|it| {
        let ObsoleteLine { key, line, place, not_known: _ } = it;
        let (what, unknown) = it.in_words();
        let mut note = vec![plain(format!("{what}: ")), name(line.field()), plain(" of "), name(key.as_str())];
        let at = at(" (", *place, sources);
        let end = (!at.is_empty()).then(|| plain(")"));
        note.extend(at.into_iter().chain(end));
        note.push(sentence(unknown));
        vec![Item::new(note)]
    });
    let rows = warnings.chain(obsolete).collect();
    Section::list("note", Keep::Third, Title::heading("To look at"), Tone::Open, rows)
}

fn left_alone(left_alone: &[Unmanaged]) -> Section {
    let title = format!("Unmanaged: {}", left_alone.len());
    let row = |Unmanaged { id: of, system_presence, name: label, why }: &Unmanaged| {
        let known_as = match label {
            Some(it) => cell(vec![name(it.nfc())]),
            None => vec![(By::Html, vec![plain("no label")])],
        };
        let mut reason = vec![sentence(why.in_words())];
        reason.extend(why.key().into_iter().flat_map(|key| [plain(": "), name(key.as_str())]));
        vec![known_as, cell(vec![presence(system_presence)]), cell(vec![id(of)]), cell(reason)]
    };
    let table = Table {
        class: "unmanaged",
        caption: title.clone(),
        columns: ["Label", "System presence", "Id", "Why"].map(PageColumn::new).into(),
        rows: left_alone.iter().map(row).collect(),
        names: 0,
    };
    Section::table("definition", Keep::Fourth, Title::Folded(title), table)
}

pub(super) fn presence(it: &SystemPresence) -> Piece {
    sentence(it.as_str())
}

/// Which definition has a label in which locale, and what it comes to for each locale. Definitions that lack nothing
/// are folded.
fn coverage_sections(coverage: &Coverage) -> [Section; 2] {
    let Coverage { default_locale: _, locales, rows } = coverage;
    let sums = (0..locales.len()).map(|index| {
        let (present, of) = coverage.present(index);
        cell(vec![strong(format!("{present} of {of}"))])
    });
    let sums: Vec<PageLines> = std::iter::once(cell(vec![strong("Present")])).chain(sums).collect();
    let row = |of: &CoverageRow| {
        let key = cell(vec![Piece::Anchor(of.key.as_str().to_owned())]);
        std::iter::once(key).chain(of.cells.iter().map(mark)).collect()
    };
    let is_complete = |of: &&CoverageRow| of.cells.iter().all(|it| it.marks.iter().all(|it| *it == Mark::NotNeeded));
    let (complete, others): (Vec<&CoverageRow>, Vec<&CoverageRow>) = rows.iter().partition(is_complete);
    let section = |title, foot, caption: &str, rows| {
        let locales = locales.iter().map(|it| PageColumn { head: vec![name(it.as_str())], ..PageColumn::new("") });
        let columns = std::iter::once(PageColumn::new("Definition")).chain(locales).collect();
        let table = Table { class: "matrix", caption: caption.to_owned(), columns, rows, names: 0 };
        Section { by: By::Both, noun: "definition", keep: Keep::Fourth, title, body: PageBody::Table(table), foot }
    };
    [
        section(
            Title::heading("Locale coverage"),
            Some("Same: as in the default locale. Twice: another definition has the same label in this locale."),
            "Which definition has a label in which locale",
            std::iter::once(sums).filter(|_| !rows.is_empty()).chain(others.into_iter().map(row)).collect(),
        ),
        section(
            Title::Folded(match complete.len() {
                1 => "1 definition has every label".to_owned(),
                count => format!("{count} definitions have every label"),
            }),
            None,
            "Definitions with a label in every locale",
            complete.into_iter().map(row).collect(),
        ),
    ]
}

/// In words: a sign or a colour alone would not be read to everyone.
fn mark(of: &Cell) -> PageLines {
    if of.marks.is_empty() {
        return cell(vec![Piece::Sign("✓", "present")]);
    }
    if of.marks == [Mark::NotNeeded] {
        return cell(vec![Piece::Sign("–", "not needed")]);
    }
    let words = of.marks.iter().map(Mark::in_words).collect::<Vec<_>>().join(", ");
    let is_bad = of.marks.iter().any(|it| !matches!(it, Mark::SameAsDefault | Mark::NotNeeded));
    cell(vec![if is_bad { Piece::Tag(Tone::Bad, words) } else { Piece::Remark(words) }])
}
