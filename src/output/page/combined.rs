//! The drifts or reports of several orgs for reviewers: a line with the sum, then the orgs by what became of them.

use crate::model::text;
use crate::output::combined::{Combined, CombinedOrg, CombinedStatus};
use crate::output::json::common::CauseV1;
use crate::output::page::block::{
    By, Item, Keep, Lead, Page, PageKind, Section, Title, below, name, plain, sentence, strong,
};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::output::text::problem::Explained;
use crate::plan::answer::Answer;
use crate::plan::origin::short;

pub(super) fn page(combined: &Combined) -> Page<'static> {
    let words = combined.heading();
    let has_open = combined.orgs.iter().any(|it| it.status.tone() == Tone::Open);
    let tone = match (combined.is_bad(), has_open) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Open,
        (false, false) => Tone::Good,
    };
    let commit = combined.commit.as_ref().map(|it| {
        let line = vec![plain("The config is that of the commit "), name(short(it).as_str()), plain(".")];
        Lead::Paragraph(By::Both, vec![line])
    });
    let (kind, what) =
        if combined.is_drift { (PageKind::FleetDrift, "Drift") } else { (PageKind::FleetReport, "Apply") };
    Page {
        kind,
        org: None,
        sandbox: false,
        first: None,
        what,
        line: vec![strong(&*words), plain(".")],
        summary: Summary { tone, words, more: None },
        leads: commit.into_iter().collect(),
        sections: CombinedStatus::ALL
            .into_iter()
            .flat_map(|status| [orgs(combined, status), details(combined, status)])
            .collect(),
    }
}

/// A line an org, so that no detail takes the room of an org.
fn orgs(combined: &Combined, status: CombinedStatus) -> Section {
    let row = |org: &CombinedOrg| match &org.cause {
        None => vec![Item::new(vec![name(org.name.as_str())])],
        Some(CauseV1 { message, help, correlation_id }) => {
            let head = Item::new(vec![name(org.name.as_str()), plain(": "), sentence(message.as_str())]);
            let (help, correlation_id) = (help.as_deref(), correlation_id.as_deref());
            let explained = Explained { message, help, correlation_id };
            std::iter::once(head).chain(below(explained).into_iter().map(Item::nested)).collect()
        }
    };
    let title = Title::heading(&text::capitalized(status.words()));
    Section::list("org", Keep::First, title, status.tone(), combined.of(status).map(row).collect())
}

fn details(combined: &Combined, status: CombinedStatus) -> Section {
    let rows = combined.of(status).flat_map(|org| {
        org.details.iter().map(|it| {
            let answer = Answer { say: it.say.clone(), lines: it.yaml.clone() };
            vec![Item::answer(vec![name(org.name.as_str()), plain(": ")], answer)]
        })
    });
    let title = Title::Folded(format!("{}, in detail", text::capitalized(status.words())));
    Section::list("line", Keep::Third, title, status.tone(), rows.collect())
}
