//! The rate limiter that all requests of a run share. It is pure: the time is an argument.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::model::platform::{WINDOW_MS, WINDOW_SLACK_MS};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Started,
    /// Not before this instant. Nothing is counted yet.
    NotBefore(Instant),
}

/// What a request reserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    Single,
    /// Starts one request and reserves a slot for another: for a read that a write follows. Otherwise the read would
    /// age while the write waits.
    WithNext,
    Kept,
}

/// The rate limiter of a run: a sliding window, so that a short run never waits.
#[derive(Debug)]
pub struct Pace {
    per_window: usize,
    started: VecDeque<Instant>,
    kept: usize,
    not_before: Option<Instant>,
    begun: u64,
    ended: u64,
    answered: u32,
    took: Duration,
    told: Option<Told>,
    requests_per_minute: NonZeroU32,
}

/// The platform's own count.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// The number of the last request that it will accept,
    last: u64,
    /// until this time.
    until: Instant,
}

/// When to ask again while every free slot is reserved.
const KEPT_MS: u64 = 100;
/// How long other requests wait for the first response after the platform's window restarts.
const ASKING_MS: u64 = 2_000;

impl Pace {
    /// At most this many requests in any [`WINDOW_MS`].
    pub fn new(requests_per_minute: NonZeroU32) -> Pace {
        let per_window = usize::try_from(requests_per_minute.get()).unwrap_or(usize::MAX);
        Pace {
            per_window,
            started: VecDeque::new(),
            kept: 0,
            not_before: None,
            begun: 0,
            ended: 0,
            answered: 0,
            took: Duration::ZERO,
            told: None,
            requests_per_minute,
        }
    }

    /// Starts a request now, or returns when to ask again.
    pub fn admit(&mut self, turn: Reservation, now: Instant) -> Admission {
        let window = Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        while self.started.front().is_some_and(|first| now.saturating_duration_since(*first) >= window) {
            self.started.pop_front();
        }
        // A limit of one slot cannot hold two.
        let wanted = match turn {
            Reservation::Single => 1,
            Reservation::WithNext => self.per_window.min(2),
            Reservation::Kept => usize::from(self.kept == 0),
        };
        let last = self.begun.saturating_add(u64::try_from(self.kept + wanted).unwrap_or(u64::MAX));
        let told = self.told.filter(|it| wanted > 0 && last > it.last);
        let slot = if self.started.len() + self.kept + wanted <= self.per_window {
            None
        } else {
            let kept = now.checked_add(Duration::from_millis(KEPT_MS));
            self.started.front().map_or(kept, |first| first.checked_add(window))
        };
        let slot = slot.max(told.map(|it| it.until).filter(|until| *until > now));
        if let Some(at) = slot.max(self.not_before.filter(|at| *at > now)) {
            return Admission::NotBefore(at);
        }
        if told.is_some() {
            // The window restarted, and its count is not known: one request starts, and the others wait for its
            // response.
            let until = now.checked_add(Duration::from_millis(ASKING_MS)).unwrap_or(now);
            self.told = Some(Told { last, until });
        }
        self.kept = (self.kept + wanted).saturating_sub(1);
        self.started.push_back(now);
        self.begun += 1;
        Admission::Started
    }

    /// How many in any [`WINDOW_MS`].
    pub fn requests_per_minute(&self) -> NonZeroU32 {
        self.requests_per_minute
    }

    /// The time until this many more requests end, `at_once` of them concurrently. It is based on the starts and
    /// durations of earlier requests.
    pub fn time_for(&self, requests: u64, at_once: u32, now: Instant) -> Duration {
        let each = self.took.checked_div(self.answered.max(1).saturating_mul(at_once.max(1))).unwrap_or_default();
        let window = Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        let in_window = || self.started.iter().filter(|it| now.saturating_duration_since(**it) < window);
        let (sent, per_window) = (in_window().count(), self.per_window);
        let Some(last) = usize::try_from(requests).unwrap_or(usize::MAX).checked_sub(1) else { return Duration::ZERO };
        // Each starts when the request one allowance earlier leaves the window.
        let place = sent.saturating_add(last) % per_window;
        let windows = u32::try_from(sent.saturating_add(last) / per_window).unwrap_or(u32::MAX);
        let waits = window.saturating_mul(windows);
        let start = match in_window().nth(place) {
            Some(started) => waits.saturating_sub(now.saturating_duration_since(*started)),
            None => waits.saturating_add(each.saturating_mul(u32::try_from(place - sent).unwrap_or(u32::MAX))),
        };
        let held = self.not_before.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        start.max(held).saturating_add(each)
    }

    /// Frees a reserved slot.
    pub fn give_back(&mut self) {
        self.kept = self.kept.saturating_sub(1);
    }

    /// A started request has its response, will have none, or was not sent.
    pub fn ended(&mut self) {
        self.ended += 1;
    }

    /// Like [`Pace::ended`], for one that was sent and took this long.
    pub fn ended_after(&mut self, took: Duration) {
        self.ended();
        self.answered = self.answered.saturating_add(1);
        self.took = self.took.saturating_add(took);
    }

    /// No request starts before this instant. A 429 slows down all of them, not only the one that received it.
    pub fn hold_until(&mut self, at: Instant) {
        self.not_before = self.not_before.max(Some(at));
    }

    /// By the latest response, the platform accepts `left` more requests until an instant. It is a hint that only slows
    /// down.
    pub fn told(&mut self, left: u64, until: Instant) {
        // Requests in flight may have been overtaken, and may not be counted yet.
        self.told = Some(Told { last: self.ended.saturating_add(left), until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::platform::REQUESTS_PER_MINUTE_DEFAULT;

    #[test]
    fn a_window_holds_its_number_and_not_one_more() {
        let begin = tokio::time::Instant::now().into_std();
        let two = NonZeroU32::new(2).unwrap();
        let mut pace = Pace::new(two);
        assert_eq!(pace.requests_per_minute(), two);
        let second = begin + Duration::from_secs(10);
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::Started);
        assert_eq!(pace.admit(Reservation::Single, second), Admission::Started);
        let free = begin + Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        assert_eq!(pace.admit(Reservation::Single, second), Admission::NotBefore(free));
        assert_eq!(pace.admit(Reservation::Single, free), Admission::Started);
        assert_eq!(pace.admit(Reservation::Single, free), Admission::NotBefore(free + Duration::from_secs(10)));
    }

    #[test]
    fn a_turn_that_is_kept_is_nobody_elses_and_waits_for_no_window() {
        let begin = tokio::time::Instant::now().into_std();
        let mut pace = Pace::new(NonZeroU32::new(3).unwrap());
        let free = begin + Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        assert_eq!(pace.admit(Reservation::WithNext, begin), Admission::Started);
        assert_eq!(
            pace.admit(Reservation::WithNext, begin),
            Admission::NotBefore(free),
            "one is free, and it wants two"
        );
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::Started);
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::NotBefore(free));
        let later = begin + Duration::from_secs(5);
        assert_eq!(pace.admit(Reservation::Kept, later), Admission::Started);
        // It counts from its start, not from its reservation.
        assert_eq!(pace.admit(Reservation::Single, free), Admission::Started);
        assert_eq!(pace.admit(Reservation::WithNext, free), Admission::NotBefore(free + Duration::from_secs(5)));
        assert_eq!(pace.admit(Reservation::Single, free), Admission::Started);
    }

    #[test]
    fn a_turn_that_is_given_back_is_free() {
        let begin = tokio::time::Instant::now().into_std();
        let mut pace = Pace::new(NonZeroU32::new(2).unwrap());
        assert_eq!(pace.admit(Reservation::WithNext, begin), Admission::Started);
        pace.give_back();
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::Started);
        // A 429 delays reserved slots too.
        let free = begin + Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        assert_eq!(pace.admit(Reservation::WithNext, free), Admission::Started);
        pace.hold_until(free + Duration::from_secs(7));
        assert_eq!(pace.admit(Reservation::Kept, free), Admission::NotBefore(free + Duration::from_secs(7)));
        // However long that is, all remaining slots are reserved.
        let long = free + Duration::from_mins(3);
        assert_eq!(
            pace.admit(Reservation::WithNext, long),
            Admission::NotBefore(long + Duration::from_millis(KEPT_MS))
        );
    }

    #[test]
    fn a_turn_that_is_kept_does_not_wait_for_what_the_platform_counts() {
        let begin = tokio::time::Instant::now().into_std();
        let until = begin + Duration::from_secs(30);
        let mut pace = Pace::new(NonZeroU32::new(6).unwrap());
        assert_eq!(pace.admit(Reservation::WithNext, begin), Admission::Started);
        pace.ended();
        // Nothing is left, but a read must not age. If the platform rejects the write, its response shows it.
        pace.told(0, until);
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::NotBefore(until));
        assert_eq!(pace.admit(Reservation::Kept, begin), Admission::Started);
    }

    #[test]
    fn one_request_a_minute_is_never_two() {
        let begin = tokio::time::Instant::now().into_std();
        let mut pace = Pace::new(NonZeroU32::new(1).unwrap());
        assert_eq!(pace.admit(Reservation::WithNext, begin), Admission::Started);
        let free = begin + Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        assert_eq!(pace.admit(Reservation::Kept, begin), Admission::NotBefore(free));
    }

    #[test]
    fn what_the_platform_counts_slows_and_never_hastens() {
        let begin = tokio::time::Instant::now().into_std();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut pace = Pace::new(NonZeroU32::new(6).unwrap());
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::Started);
        pace.ended();
        pace.told(3, at(30));
        assert_eq!(pace.admit(Reservation::WithNext, begin), Admission::Started);
        assert_eq!(
            pace.admit(Reservation::WithNext, begin),
            Admission::NotBefore(at(30)),
            "one is left, and it wants two"
        );
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::Started);
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::NotBefore(at(30)), "the second is kept");
        assert_eq!(pace.admit(Reservation::Kept, begin), Admission::Started);
        // Three are in flight. The response to the first shows that only it was counted, so the other two fit and
        // nothing more.
        pace.ended();
        pace.told(2, at(30));
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::NotBefore(at(30)));
        // After that time, one request asks, and the others wait for its response.
        assert_eq!(pace.admit(Reservation::Single, at(30)), Admission::Started);
        assert_eq!(pace.admit(Reservation::Single, at(30)), Admission::NotBefore(at(32)));
        pace.told(1_000, at(60));
        assert_eq!(pace.admit(Reservation::Single, at(31)), Admission::Started);
        assert!(
            matches!(pace.admit(Reservation::Single, at(31)), Admission::NotBefore(_)),
            "six a minute all the same"
        );
    }

    #[test]
    fn the_time_for_what_is_left_follows_the_windows_and_no_average() {
        let begin = tokio::time::Instant::now().into_std();
        let each = Duration::from_millis(100);
        let window = Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS);
        let mut pace = Pace::new(NonZeroU32::new(10).unwrap());
        // Two at once took 200 ms each.
        pace.ended_after(each);
        pace.ended_after(each * 3);
        assert_eq!(pace.time_for(0, 2, begin), Duration::ZERO);
        assert_eq!(pace.time_for(10, 2, begin), each * 10);
        assert_eq!(pace.time_for(11, 2, begin), window + each);
        assert_eq!(pace.time_for(25, 2, begin), window * 2 + each * 5);
        for second in 0..6 {
            assert_eq!(pace.admit(Reservation::Single, begin + Duration::from_secs(second)), Admission::Started);
        }
        let now = begin + Duration::from_secs(20);
        assert_eq!(pace.time_for(4, 2, now), each * 4, "four are free");
        assert_eq!(
            pace.time_for(5, 2, now),
            Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS - 20_000) + each,
            "after the first"
        );
        assert_eq!(
            pace.time_for(10, 2, now),
            Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS - 15_000) + each,
            "after the sixth"
        );
        assert_eq!(pace.time_for(11, 2, now), window + each, "after the first of the four");
        pace.hold_until(now + Duration::from_secs(30));
        assert_eq!(pace.time_for(1, 2, now), Duration::from_secs(30) + each);
        // A request outside the window does not count, from the moment its slot is free.
        assert_eq!(pace.time_for(5, 2, begin + window), each * 5);
        assert_eq!(pace.time_for(10, 2, begin + Duration::from_mins(5)), each * 10);
    }

    #[test]
    fn a_hold_is_for_everybody_and_never_shortened() {
        let begin = tokio::time::Instant::now().into_std();
        let mut pace = Pace::new(REQUESTS_PER_MINUTE_DEFAULT);
        pace.hold_until(begin + Duration::from_secs(42));
        pace.hold_until(begin + Duration::from_secs(3));
        assert_eq!(pace.admit(Reservation::Single, begin), Admission::NotBefore(begin + Duration::from_secs(42)));
        assert_eq!(pace.admit(Reservation::Single, begin + Duration::from_secs(42)), Admission::Started);
    }
}
