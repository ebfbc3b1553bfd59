//! A plan seen from the other side, as Markdown: an issue, a comment, or the summary of a step.

use std::fmt::Write as _;

use crate::model::names::{Label, SystemPresence};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::ops::drift::history::DifferenceCause;
use crate::ops::drift::{Drift, DriftRow, DriftSubject, Question, UnmanagedDrift, who};
use crate::output::page::markdown::{Keep, PageKind, PageRoom, Section, lines, marker, org, page, sandbox};
use crate::output::page::markdown::{folded, table_head, table_row};
use crate::output::page::markdown_escape::Inline;
use crate::output::page::plan::notes;
use crate::output::page::refusals::refusals;
use crate::output::rows::{LabelRow, labels, others};
use crate::plan::Plan;
use crate::plan::answer::Answer;

/// A drift, never longer than there is room.
pub fn drift(drift: &Drift, target: &Target, sources: &Sources, room: PageRoom) -> String {
    let whose = target.org.as_ref();
    let mut lead = marker(PageKind::Drift, whose);
    // Writing to a String cannot fail.
    let _ = writeln!(lead, "**{}** in {}.{}", drift.in_words(), org(whose), sandbox(target.sandbox));
    if !drift.rows.is_empty() {
        let back = Inline::prose(drift.way_back());
        let _ = writeln!(lead, "\nTo keep something, write the lines below into the config. {back}.");
    }
    if let Some(why) = drift.not_told() {
        let _ = writeln!(lead, "\n> **Note**: {}.", Inline::prose(&why));
    }
    let mut sections = vec![refusals(&drift.refusals(), sources), candidates(&drift.questions)];
    sections.extend(DifferenceCause::ALL.map(|how| group(drift, how)));
    sections.push(ways_out(drift, sources));
    sections.push(notes(&drift.warnings(), &[], sources));
    sections.extend(
        [DifferenceCause::Edited, DifferenceCause::NotKnown, DifferenceCause::NotApplied]
            .map(|how| unmanaged(drift, how)),
    );
    page(&lead, &sections, room)
}

fn group(drift: &Drift, how: DifferenceCause) -> Section {
    let heading = Inline::prose(&drift.heading(how)).to_string();
    let head = format!("#### {heading}\n\n{}", table_head(&["In the org", "Definition", "Config", "Org"]));
    let rows = drift.of(how).map(|it| row(it, &drift.plan)).collect();
    Section { noun: "definition", keep: Keep::Second, head, rows, foot: String::new() }
}

fn row(row: &DriftRow, plan: &Plan) -> String {
    let step = &row.change.step;
    let who = row.who().map_or_else(String::new, |it| format!("<br>{}", Inline::prose(&it)));
    let known_as = row.known_as(&plan.default_locale);
    let known_as = known_as.map_or_else(|| "no label".to_owned(), |it| Inline::code(it).to_string());
    let about = format!("{known_as} ({}){who}", Inline::prose(step.system_presence().as_str()));
    let labels = labels(step, &plan.default_locale);
    let side = |of: fn(&LabelRow<'_>) -> Option<Label>| -> Vec<String> {
        let shown = labels.iter().filter_map(|row| of(row).map(|label| (row.locale, label)));
        shown.map(|(locale, it)| format!("{} {}", Inline::code(locale.as_str()), Inline::code(it.nfc()))).collect()
    };
    // A step goes from the org to the config.
    let (mut config, mut org) = (side(|row| row.after.cloned()), side(|row| row.before.cloned()));
    for (what, was, becomes) in others(step, &plan.divisions) {
        org.extend(was.map(|it| format!("{what}: {}", Inline::code(&it))));
        config.extend(becomes.map(|it| format!("{what}: {}", Inline::code(&it))));
    }
    match &row.meant_under {
        Some(meant) => {
            let under = |it: &SystemPresence| format!("under {}", Inline::prose(it.as_str()));
            config = vec![under(meant)];
            org.insert(0, under(step.system_presence()));
        }
        None if step.action().is_removal() => config = vec!["not shown to agents".to_owned()],
        None => {}
    }
    table_row(&[format!("**{}**", row.what.in_words()), about, config.join("<br>"), org.join("<br>")])
}

/// The lines that keep it, and those that an apply needs before it takes it back.
fn ways_out(drift: &Drift, sources: &Sources) -> Section {
    let (begin, end) = folded("Both ways out: the lines for the config");
    let item = |it: &DriftRow| {
        let name = it.change.step.key().map_or_else(
            || it.change.step.id().map_or_else(String::new, |id| Inline::code(id.as_str()).to_string()),
            |key| Inline::code(key.as_str()).to_string(),
        );
        let at = it
            .keep_place
            .map_or_else(String::new, |span| format!(" at {}", Inline::code(&sources.place(span).to_string())));
        let mut item =
            pasted(&format!("{name}{at}"), &Answer { say: format!("to keep it, {}", it.keep.say), ..it.keep.clone() });
        for first in &it.first {
            item.push_str(&pasted(&name, first));
        }
        item
    };
    let rows = drift.rows.iter().map(item).collect();
    Section { noun: "definition", keep: Keep::Third, head: begin, rows, foot: end }
}

/// An item of a list: whose, what to do, and the lines for it. `name` is Markdown.
fn pasted(name: &str, Answer { say, lines: to_paste }: &Answer) -> String {
    let colon = if to_paste.is_empty() { "" } else { ":" };
    let lines = if to_paste.is_empty() { String::new() } else { lines("yaml", to_paste, "  ") };
    format!("- {name}: {}{colon}\n{lines}", Inline::prose(say))
}

fn candidates(questions: &[Question]) -> Section {
    let (begin, end) = folded("What the errors are about: who changed it last, and what keeps it");
    let item = |DriftSubject { id, system_presence, name, modified, keep }: &DriftSubject| {
        let name = name.as_ref().map_or_else(String::new, |it| format!("{} ", Inline::code(it.nfc())));
        let (presence, id) = (Inline::prose(system_presence.as_str()), Inline::code(id.as_str()));
        let head = format!("- {name}({presence}, {id}): {}\n", Inline::prose(&who(modified.as_ref())));
        let keep = keep.as_ref().map_or_else(String::new, |(key, it)| {
            pasted(&format!("if it is {}, to keep it", Inline::code(key.as_str())), it)
        });
        head + &keep
    };
    let rows = questions.iter().flat_map(|it| &it.about).map(item).collect();
    Section { noun: "definition", keep: Keep::Third, head: begin, rows, foot: end }
}

/// What the config does not name. Only of what is new somebody has to decide something.
fn unmanaged(drift: &Drift, how: DifferenceCause) -> Section {
    let (begin, end) = folded(drift.heading_of_unmanaged(how));
    let item = |UnmanagedDrift { id, system_presence, name, how, modified, keep }: &UnmanagedDrift| {
        let name = name.as_ref().map_or_else(|| "no label".to_owned(), |it| Inline::code(it.nfc()).to_string());
        let (presence, id) = (Inline::prose(system_presence.as_str()), Inline::code(id.as_str()));
        let head = format!("- {name} ({presence}, {id}): {}\n", Inline::prose(&who(modified.as_ref())));
        let keep =
            if *how == DifferenceCause::Edited { pasted(&format!("{name}, to keep it"), keep) } else { String::new() };
        head + &keep
    };
    let rows = drift.unmanaged(how).map(item).collect();
    let keep = if how == DifferenceCause::Edited { Keep::Third } else { Keep::Fourth };
    Section { noun: "definition", keep, head: begin, rows, foot: end }
}
