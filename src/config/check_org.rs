//! Checks an org file's stage and change freezes.

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::layers::Resolved;
use crate::config::located::{Located, LocatedField};
use crate::config::schema;
use crate::model::freeze::{self, Freeze};
use crate::model::source::Span;
use crate::model::text;

/// The stage of the org. It must be in `settings.stages` if those are set.
pub(super) fn stage(
    resolved: &Resolved,
    found: &mut Collector,
    org: Option<&String>,
    stage: &LocatedField<String>,
    place: Span,
) -> Option<String> {
    let stages = resolved.settings.stages.get();
    let known: Vec<String> = stages.into_iter().flatten().filter_map(|it| it.value.clone()).collect();
    let given = stage.get();
    let is_known = given.map_or(known.is_empty(), |it| known.is_empty() || known.contains(it));
    if !is_known && !stage.is_broken() && resolved.complete {
        let nearest = given.and_then(|it| text::nearest(it, known.iter().map(String::as_str))).map(str::to_owned);
        let org = org.cloned().unwrap_or_default();
        let finding = Finding::UnknownStage { org, stage: given.cloned(), nearest, known };
        found.push(Diagnostic::at(stage.with_place().map_or(place, |(_, place)| place), finding));
    }
    given.cloned()
}

/// The change freezes.
pub(super) fn freezes(resolved: &Resolved, found: &mut Collector) -> Vec<Freeze> {
    let mut freezes = Vec::new();
    for Located { place, value } in &resolved.freezes {
        let Some(schema::Freeze { from, until, reason }) = value else { continue };
        let start = from.with_place().map(|(raw, place)| (freeze::start(raw), raw, place));
        let end = until.with_place().map(|(raw, place)| (freeze::end(raw), raw, place));
        let unread = [&start, &end].into_iter().flatten().find(|(moment, ..)| moment.is_none());
        if let Some((_, raw, place)) = unread {
            let finding = Finding::InvalidFreeze { time: Some((*raw).clone()), order: false };
            found.push(Diagnostic::at(*place, finding));
            continue;
        }
        let (start, end) = (start.map(|(moment, _, place)| (moment, place)), end.and_then(|(moment, ..)| moment));
        let Some(end) = end else { continue };
        let start = start.and_then(|(moment, place)| Some((moment?, place)));
        if let Some((_, place)) = start.filter(|(start, _)| *start >= end) {
            let given = from.get().cloned().unwrap_or_default();
            found.push(Diagnostic::at(place, Finding::InvalidFreeze { time: Some(given), order: true }));
            continue;
        }
        if let Some((_, place)) = reason.with_place().filter(|(it, _)| it.trim().is_empty()) {
            found.push(Diagnostic::at(place, Finding::InvalidFreeze { time: None, order: false }));
        }
        let (start, reason) = (start.map(|(moment, _)| moment), reason.get().cloned().unwrap_or_default());
        freezes.push(Freeze { start, end, reason, place: *place });
    }
    freezes
}
