//! What to do where labels change hands in a cycle and the org refuses that: two pull requests, and which.

use crate::model::names::Locale;
use crate::model::text;
use crate::ops::apply::report::in_short;
use crate::plan::change::Step;
use crate::plan::order::{Because, Order};

/// How many members of a cycle are named.
const NAMED_MAX: usize = 5;

/// What to do where the org refuses this step for a label that it takes; none where it is in no cycle.
/// `steps` are those of the order.
pub fn advice(order: &Order, steps: &[&Step], step: usize, default_locale: &Locale) -> Option<String> {
    let taken = order.given_up(step).first()?;
    let Because::Frees(locale, label) = &taken.because else { return None };
    let cycle = order.cycles().iter().find(|it| it.contains(&step))?;
    let named = |index: &usize| {
        let step = steps[*index];
        in_short(step.action(), step.key(), step.name(default_locale), step.id())
    };
    let mut members: Vec<String> = cycle.iter().take(NAMED_MAX).map(named).collect();
    if cycle.len() > NAMED_MAX {
        members.push(format!("{} more", cycle.len() - NAMED_MAX));
    }
    let holder = steps[taken.step];
    let id = holder.id().map_or_else(String::new, ToString::to_string);
    Some(format!(
        "labels change hands in a circle here ({}); where the org takes each label only once, make it two pull requests: \
         the first frees the label {label} ({locale}) of {id} under {}, and the second is the rest",
        text::list(&members, "and"),
        holder.system_presence(),
        label = text::ticked(label)
    ))
}
