//! Estimates the cost of an apply: the number of requests and the duration, for a run without failures.
//! Apply itself is in `object.rs`, `existing.rs`, `division_check.rs` and `verify.rs` below `ops/apply`.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::model::generation::Generation;
use crate::model::observed::Observed;
use crate::model::platform::{LIST_LAG_MS, PAGE_SIZE, WINDOW_MS, WINDOW_SLACK_MS};
use crate::plan::change::{Action, Step};
use crate::plan::order::Order;

/// The assumed duration of a request: a round trip to another continent, and some work.
/// It is a constant because equal input must give an equal plan. It does not matter where the rate limit bounds the
/// run.
pub const REQUEST_MS_ASSUMED: u64 = 250;
/// The second generation of the API reads all definitions in three lists: active, deactivated, and active again.
const STATES: usize = 3;

/// The cost of a whole `apply`, its own planning included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub requests: u64,
    pub time: Duration,
}

/// The other inputs of the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The number of requests that planning took. Apply plans again, and both count against the same minute.
    pub planning: u64,
    pub requests_per_minute: NonZeroU32,
    /// The number of objects that are processed concurrently.
    pub at_once: u32,
}

impl Cost {
    /// The cost of an apply of these steps.
    ///
    /// # Assumptions
    /// Nothing fails, lists are current, the org serves both generations of the API, and pages have the requested size.
    /// No object that only the first generation writes belongs to a single division. Such an object costs one more
    /// read, which is not known in advance.
    pub fn of(steps: &[&Step], observed: &Observed, terms: &Terms) -> Cost {
        let Terms { planning, requests_per_minute, at_once } = *terms;
        let mut run = Run::at(requests_per_minute);
        for _ in 0..planning {
            run.send(1);
        }
        if observed.generation == Generation::First && steps.iter().any(|it| is_put(it.action())) {
            run.list(Generation::Second, observed.len());
        }
        let (mut held, mut listed_ms) = (observed.len(), None);
        for wave in Order::of(steps.iter().copied(), observed).waves() {
            for index in wave {
                let action = steps[*index].action();
                if action == Action::Create {
                    if listed_ms.is_none_or(|listed_ms| run.now_ms - listed_ms > LIST_LAG_MS) {
                        run.list(observed.generation, held);
                        listed_ms = Some(run.now_ms);
                    }
                    held += 1;
                }
                for _ in 0..requests_of(action) {
                    run.send(at_once.min(u32::try_from(wave.len()).unwrap_or(u32::MAX)));
                }
            }
        }
        run.list(observed.generation, held);
        run.cost()
    }

    /// For example `38 requests, about 9 s`.
    pub fn in_words(&self) -> String {
        let Cost { requests, time } = self;
        format!("{requests} requests, about {}", about(*time))
    }
}

/// The number of requests for one object. It is read before it is written, unless it is created.
pub fn requests_of(action: Action) -> u64 {
    match action {
        Action::Create => 1,
        Action::Reactivate | Action::Update | Action::Supersede | Action::Deactivate | Action::Delete => 2,
    }
}

/// The number of requests to execute these actions and to read the org again.
pub fn to_carry_out(actions: impl IntoIterator<Item = Action>, observed: &Observed) -> u64 {
    let of_list = match observed.generation {
        Generation::First => pages(observed.len()),
        Generation::Second => STATES,
    };
    actions.into_iter().map(requests_of).sum::<u64>().saturating_add(of_list as u64)
}

/// A duration for people: `9 s`, `4 min`, `1 h 20 min`. It rounds up.
pub fn about(time: Duration) -> String {
    let seconds = time.as_millis().div_ceil(1_000).max(1);
    let minutes = seconds.div_ceil(60);
    match (seconds, minutes) {
        (0..=90, _) => format!("{seconds} s"),
        (_, 0..=90) => format!("{minutes} min"),
        (_, _) if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        (_, _) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

fn pages(definitions: usize) -> usize {
    definitions.div_ceil(PAGE_SIZE).max(1)
}

/// Does a PUT execute it? A PUT of the first generation can remove a division, so divisions are read before and after.
/// A DELETE sends no content.
pub fn is_put(action: Action) -> bool {
    match action {
        Action::Update | Action::Reactivate | Action::Deactivate | Action::Supersede => true,
        Action::Create | Action::Delete => false,
    }
}

/// Simulates the timing of a run.
struct Run {
    per_window: usize,
    started_ms: Vec<u64>,
    now_ms: u64,
}

impl Run {
    fn at(requests_per_minute: NonZeroU32) -> Run {
        let per_window = usize::try_from(requests_per_minute.get()).unwrap_or(usize::MAX);
        Run { per_window, started_ms: Vec::new(), now_ms: 0 }
    }

    /// Counts one request of so many concurrent ones. It starts when the oldest request has left the rate window.
    fn send(&mut self, at_once: u32) {
        let number = self.started_ms.len();
        let free_ms =
            number.checked_sub(self.per_window).map_or(0, |it| self.started_ms[it] + WINDOW_MS + WINDOW_SLACK_MS);
        self.now_ms = self.now_ms.max(free_ms);
        self.started_ms.push(self.now_ms);
        self.now_ms += REQUEST_MS_ASSUMED / u64::from(at_once.max(1));
    }

    fn list(&mut self, generation: Generation, definitions: usize) {
        let requests = match generation {
            Generation::First => pages(definitions),
            Generation::Second => STATES,
        };
        for _ in 0..requests {
            self.send(1);
        }
    }

    fn cost(&self) -> Cost {
        Cost { requests: self.started_ms.len() as u64, time: Duration::from_millis(self.now_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_as_people_say_it() {
        let said = [0, 999, 9_000, 90_000, 90_001, 240_000, 5_400_000, 7_200_000, 8_000_000]
            .map(|ms| about(Duration::from_millis(ms)));
        assert_eq!(said, ["1 s", "1 s", "9 s", "90 s", "2 min", "4 min", "90 min", "2 h", "2 h 14 min"]);
    }

    #[test]
    fn a_run_within_the_allowance_never_waits_and_one_beyond_it_does() {
        let mut run = Run::at(NonZeroU32::new(3).unwrap());
        for _ in 0..3 {
            run.send(1);
        }
        assert_eq!(run.cost(), Cost { requests: 3, time: Duration::from_millis(3 * REQUEST_MS_ASSUMED) });
        run.send(1);
        assert_eq!(run.cost().time, Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS + REQUEST_MS_ASSUMED));
    }
}
