//! The creates of a kept report that the org's list may not show yet.

use crate::model::moment::Moment;
use crate::model::names::{Key, Label, SystemPresence};
use crate::model::platform::NEXT_RUN_LAG_MS;
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::history::stored::{StoredReport, StoredRow};
use crate::plan::change::Action;
use crate::plan::recent::Sent;
use std::path::Path;

/// The longest duration of a run.
const RUN_MS_MAX: u64 = 60 * 60 * 1_000;

/// The creates of a report whose run ended less than five minutes ago: those whose POST was sent, unless a response
/// shows that it was not executed. `posts` has the lines beside the report. Without them, every open create counts.
///
/// No wait is longer than five minutes from now, even if the clocks are wrong.
pub fn sent(report: &StoredReport, file: &Path, posts: Option<&Posts>, now: Moment) -> Vec<Sent> {
    let Some(run) = &report.run else { return Vec::new() };
    // The report of a killed run only has its start.
    let ended = Moment::read(&run.said.ended).unwrap_or(run.began);
    let is_killed = || report.rows.iter().any(|it| it.outcome == OutcomeKind::Unknown && it.action == Action::Create);
    let ended = match posts {
        Some(posts) => posts.last().map_or(ended, |last| last.max(ended)),
        // The lines could not be written, so the end is not known.
        None if is_killed() => run.began.plus_ms(RUN_MS_MAX).max(ended),
        None => ended,
    };
    let until = ended.plus_ms(NEXT_RUN_LAG_MS).min(now.plus_ms(NEXT_RUN_LAG_MS));
    if until <= now {
        return Vec::new();
    }
    let default_locale = report.default_locale();
    let one = |row: &StoredRow| {
        let labels = row.after.as_ref().map(|it| it.labels.clone());
        Some(Sent {
            key: row.key.clone()?,
            system_presence: row.system_presence.clone(),
            default_label: labels.as_ref().and_then(|it| it.get(&default_locale).cloned()),
            labels,
            id: row.id.clone(),
            until,
            report: file.display().to_string(),
        })
    };
    report
        .rows
        .iter()
        .filter(|row| row.action == Action::Create && !row.held && was_sent(row, posts))
        .filter_map(one)
        .collect()
}

fn was_sent(row: &StoredRow, posts: Option<&Posts>) -> bool {
    match row.outcome {
        OutcomeKind::Done | OutcomeKind::NotVisibleYet | OutcomeKind::Differs | OutcomeKind::Overwritten => true,
        OutcomeKind::Unknown => match (&row.key, posts) {
            (Some(key), Some(posts)) => posts.may_hold(key),
            (Some(_), None) => true,
            (None, _) => false,
        },
        OutcomeKind::AlreadyInPlace | OutcomeKind::Failed | OutcomeKind::Conflict | OutcomeKind::Skipped => false,
    }
}

/// The file extension, instead of `json`.
pub const EXTENSION: &str = "posts";

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posts {
    /// The POSTs that were about to be sent.
    pub lines: Vec<Post>,
    /// There is an incomplete line of a POST in flight too.
    pub cut: bool,
}

/// A POST that was about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub at: Moment,
    pub key: Key,
    pub system_presence: SystemPresence,
    pub default_label: Option<Label>,
}

impl Posts {
    /// Was a POST for this definition about to be sent? An incomplete line may be about any.
    pub fn may_hold(&self, key: &Key) -> bool {
        self.cut || self.lines.iter().any(|it| it.key == *key)
    }

    /// The time of the last one.
    pub fn last(&self) -> Option<Moment> {
        self.lines.iter().map(|it| it.at).max()
    }
}
