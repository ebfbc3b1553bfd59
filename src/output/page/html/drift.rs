//! A plan seen from the other side as a page: what is otherwise in the org, who touched it last, and both ways out.

use std::fmt::Write as _;

use crate::model::names::{DefinitionId, Label, SystemPresence};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::history::DifferenceCause;
use crate::ops::drift::{Drift, DriftRow, DriftSubject, Question, UnmanagedDrift, who};
use crate::output::page::html::escape::{escaped, sentence};
use crate::output::page::html::frame::{PageSubject as Head, at, class, code, folded, page, refusals, table};
use crate::output::page::html::plan::notes;
use crate::output::rows::{LabelRow, labels, others};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::plan::answer::Answer;

/// A whole drift, complete however long it is.
pub fn drift(drift: &Drift, target: &Target, sources: &Sources) -> String {
    let (tone, words) = match (drift.questions.is_empty(), drift.rows.len()) {
        (false, _) => (Tone::Bad, "not known, there are errors to answer".to_owned()),
        (true, 0) => (Tone::Good, "none".to_owned()),
        (true, count) => (Tone::Open, text::count(count, "definition")),
    };
    let verdict = Summary { tone, words, more: None };
    let head = Head { what: "Drift", verdict, org: target.org.as_ref(), sandbox: target.sandbox };
    let note = |why| format!("<article class=\"warning\">\n<p>{}.</p>\n</article>\n", sentence(why));
    let mut body = drift.not_told().as_deref().map_or_else(String::new, note);
    body.push_str(&refusals(&drift.refusals(), "To answer first", sources));
    body.push_str(&candidates(&drift.questions));
    for how in DifferenceCause::ALL {
        body.push_str(&group(drift, how, sources));
    }
    for how in [DifferenceCause::Edited, DifferenceCause::NotKnown, DifferenceCause::NotApplied] {
        body.push_str(&unmanaged(drift, how));
    }
    body.push_str(&notes(&drift.warnings(), &[], sources));
    page(&head, &body)
}

fn group(drift: &Drift, how: DifferenceCause, sources: &Sources) -> String {
    let rows: Vec<&DriftRow> = drift.of(how).collect();
    if rows.is_empty() {
        return String::new();
    }
    let columns = ["In the org", "Definition", "Config", "Org", "Ways out"].map(str::to_owned);
    let heading = drift.heading(how);
    let caption = text::count(rows.len(), "definition");
    let rows: String = rows.iter().map(|it| row(it, drift, sources)).collect();
    format!("<h2>{}</h2>\n{}", sentence(&heading), table("changes", &caption, &columns, &rows))
}

fn row(row: &DriftRow, drift: &Drift, sources: &Sources) -> String {
    let (step, plan) = (&row.change.step, &drift.plan);
    let known_as = row.known_as(&plan.default_locale).unwrap_or_default();
    let id = step.id().map_or_else(String::new, |it| format!("<br><span class=\"quiet\">{}</span>", code(it.as_str())));
    let who = row.who().map_or_else(String::new, |it| format!("<br><span class=\"quiet\">{}</span>", sentence(&it)));
    let rows = labels(step, &plan.default_locale);
    let (mut config, mut org) = (side(&rows, |it| it.after), side(&rows, |it| it.before));
    for (what, was, becomes) in others(step, &plan.divisions) {
        for (cell, it) in [(&mut org, was), (&mut config, becomes)] {
            if let Some(it) = it {
                // Writing to a String cannot fail.
                let _ = write!(cell, "<p>{what}: {}</p>", code(&it));
            }
        }
    }
    match &row.meant_under {
        Some(meant) => {
            config = format!("<p>under {}</p>", escaped(meant.as_str()));
            org = format!("<p>under {}</p>{org}", escaped(step.system_presence().as_str()));
        }
        None if step.action().is_removal() => "not shown to agents".clone_into(&mut config),
        None => {}
    }
    let Answer { say, lines } = &row.keep;
    let mut ways = answer(&format!("To keep it, {say}"), lines);
    ways.extend(row.first.iter().map(|Answer { say, lines }| answer(say, lines)));
    format!(
        "<tr><td><span class=\"tag {}\">{}</span></td><th scope=\"row\">{}<br><span class=\"quiet\">{}</span>{id}{who}\
         </th><td>{config}</td><td>{org}</td><td>{ways}{}</td></tr>\n",
        class(Tone::Open),
        row.what.in_words(),
        code(known_as),
        escaped(step.system_presence().as_str()),
        at(row.keep_place, sources)
    )
}

/// One side of the labels, a line each.
fn side<'a>(rows: &[LabelRow<'a>], of: impl Fn(&LabelRow<'a>) -> Option<&'a Label>) -> String {
    let mut lines = String::new();
    for row in rows {
        let Some(label) = of(row) else { continue };
        let (locale, label) = (escaped(row.locale.as_str()), escaped(label.nfc()));
        // Writing to a String cannot fail.
        let _ = write!(
            lines,
            "<li><span class=\"locale\">{locale}</span><span class=\"label\"><bdi>{label}</bdi></span></li>"
        );
    }
    if lines.is_empty() { lines } else { format!("<ul class=\"plain\">{lines}</ul>") }
}

fn answer(say: &str, lines: &[String]) -> String {
    let colon = if lines.is_empty() { "" } else { ":" };
    let mut shown = format!("<p>{}{colon}</p>", sentence(say));
    if !lines.is_empty() {
        let lines: Vec<String> = lines.iter().map(|it| escaped(it).to_string()).collect();
        // Writing to a String cannot fail.
        let _ = write!(shown, "<pre tabindex=\"0\"><code>{}</code></pre>", lines.join("\n"));
    }
    shown
}

/// Label, system presence, id, and who changed it last.
fn object(id: &DefinitionId, system_presence: &SystemPresence, name: Option<&Label>, who: &str) -> String {
    format!(
        "<th scope=\"row\">{}<br><span class=\"quiet\">{}<br>{}</span></th><td>{}</td>",
        name.map_or_else(|| "no label".to_owned(), |it| code(it.nfc())),
        escaped(system_presence.as_str()),
        code(id.as_str()),
        sentence(who)
    )
}

fn objects(caption: &str, rows: &str) -> String {
    let columns = ["Definition", "Last change", "To keep it"].map(str::to_owned);
    if rows.is_empty() { String::new() } else { folded(caption, &table("unmanaged", caption, &columns, rows)) }
}

fn candidates(questions: &[Question]) -> String {
    let row = |DriftSubject { id, system_presence, name, modified, keep }: &DriftSubject| {
        let keep = keep.as_ref().map_or_else(String::new, |(key, Answer { say, lines })| {
            answer(&format!("If it is `{key}`, {say}"), lines)
        });
        let object = object(id, system_presence, name.as_ref(), &who(modified.as_ref()));
        format!("<tr>{object}<td>{keep}</td></tr>\n")
    };
    let rows: String = questions.iter().flat_map(|it| &it.about).map(row).collect();
    objects("What the errors are about", &rows)
}

fn unmanaged(drift: &Drift, how: DifferenceCause) -> String {
    let row = |UnmanagedDrift { id, system_presence, name, how: _, modified, keep }: &UnmanagedDrift| {
        let object = object(id, system_presence, name.as_ref(), &who(modified.as_ref()));
        format!("<tr>{object}<td>{}</td></tr>\n", answer(&keep.say, &keep.lines))
    };
    let rows: String = drift.unmanaged(how).map(row).collect();
    objects(drift.heading_of_unmanaged(how), &rows)
}
