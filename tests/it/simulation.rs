//! Whole applies in a simulated world, in virtual time: the real client, plan and engine against the sandbox, over a
//! wire with every kind of fault. A seed decides everything. A failing seed prints the command that repeats it.
//!
//! There are two phases. *Safety*: faults, edits and process kills happen, and the invariants of `ledger.rs` apply to
//! every step. *Liveness*: they end, and within a few runs the plan is empty, or the output explains why not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod admin;
mod cause;

mod behaviors;
mod kept;
mod ledger;
mod play;
mod together;
mod truth;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use play::{Played, Rest, play};
use together::Meeting;

/// How many seeds a plain `cargo test` plays, from 0 on. `PRESENCECTL_SEEDS` asks for another number, and
/// `PRESENCECTL_SEED_FROM` for another beginning.
const SEEDS: u64 = 10_000;
/// How many tests share them, so that they use the cores.
const PARTS: u64 = 4;
/// Of so many seeds, one is played once more with runs that meet.
const TOGETHER: u64 = 10;
/// A part continues after failing seeds up to this number: they rarely have the same cause.
const FAILURES_MAX: usize = 10;
/// After this time, a slow seed is reported.
const PATIENCE_S: u64 = 60;

fn variable(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")))
}

/// The command that repeats a seed.
fn repeat(seed: u64, family: &str) -> String {
    format!("repeat: PRESENCECTL_SEED={seed} cargo test --test it {family}")
}

#[expect(clippy::print_stderr, reason = "what a test that panics or hangs cannot say by itself")]
fn tell(what: &str) {
    eprintln!("{what}");
}

/// While a seed is played: prints it on a panic, or if it takes long.
struct Watch {
    repeat: String,
    /// Dropped when it has ended.
    _ended: Sender<()>,
}

impl Watch {
    fn over(seed: u64, family: &str) -> Watch {
        let repeat = repeat(seed, family);
        let (ended, watched) = channel::<()>();
        let line = repeat.clone();
        thread::spawn(move || {
            while watched.recv_timeout(Duration::from_secs(PATIENCE_S)) == Err(RecvTimeoutError::Timeout) {
                tell(&format!("seed {seed} has been played for long\n{line}"));
            }
        });
        Watch { repeat, _ended: ended }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if thread::panicking() {
            tell(&self.repeat);
        }
    }
}

/// The seeds that are asked for.
fn seeds() -> Range<u64> {
    let from = variable("PRESENCECTL_SEED_FROM").unwrap_or(0);
    from..from.saturating_add(variable("PRESENCECTL_SEEDS").unwrap_or(SEEDS))
}

/// Plays seeds one after the other, and fails when anything in one of them is not as it has to be.
#[track_caller]
fn all_sound<T>(
    seeds: impl Iterator<Item = u64>,
    family: &str,
    play: impl Fn(u64) -> T,
    played: impl Fn(&T) -> &Played,
    mut done: impl FnMut(T),
) {
    let mut failed = Vec::new();
    for seed in seeds {
        let watch = Watch::over(seed, family);
        let all = play(seed);
        drop(watch);
        failed.extend(unsound(seed, family, played(&all)));
        done(all);
        if failed.len() >= FAILURES_MAX {
            break;
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Plays every seed of a part, or the one that is asked for.
fn part(number: u64) {
    let family = "simulation::seeds";
    let own = |seed: &u64| seed % PARTS == number;
    if let Some(seed) = variable("PRESENCECTL_SEED") {
        all_sound([seed].into_iter().filter(own), family, play, |it| it, |_| {});
        return;
    }
    let seeds = seeds();
    let mut sum = Sum::default();
    all_sound(seeds.clone().filter(own), family, play, |it| it, |it| sum.add(&it));
    show(&format!("every {PARTS}th of the seeds {seeds:?}: {sum:#?}"));
    // A simulation in which something never happens shows nothing of it.
    if seeds.end - seeds.start >= SEEDS {
        sum.expect_everything(seeds == (0..SEEDS));
    }
}

#[expect(clippy::print_stdout, reason = "shown with `--nocapture`, for the one who asks how much was played")]
fn show(what: &str) {
    println!("{what}");
}

/// What is wrong in a seed, with its story and the line that repeats it; none if nothing is.
fn unsound(seed: u64, family: &str, played: &Played) -> Option<String> {
    if played.violations.is_empty() {
        return None;
    }
    let mut shown = String::new();
    for it in &played.violations {
        let _ = writeln!(shown, "  {it}");
    }
    Some(format!("seed {seed}:\n{shown}{}\n{}", repeat(seed, family), played.story))
}

/// What happened in many worlds.
#[derive(Debug, Default)]
struct Sum {
    worlds: u64,
    requests: usize,
    runs: usize,
    deaths: usize,
    writes: usize,
    refused: usize,
    converged: usize,
    told: usize,
    stuck: usize,
    gaps: usize,
    undone: usize,
    late: usize,
    twins: usize,
    twins_in_use: usize,
    full: u64,
    /// Faults, edits and deaths, by what they are.
    tally: BTreeMap<String, u64>,
}

impl Sum {
    fn add(&mut self, played: &Played) {
        self.worlds += 1;
        self.requests += played.requests;
        self.runs += played.runs;
        self.deaths += played.deaths;
        self.writes += played.writes;
        self.refused += played.refused;
        self.converged += usize::from(played.rest == Rest::Converged);
        self.told += usize::from(played.rest == Rest::Told);
        self.stuck += usize::from(played.rest == Rest::Stuck);
        self.gaps += played.gaps;
        self.undone += played.undone;
        self.late += played.late;
        self.twins += played.twins;
        self.twins_in_use += played.twins_in_use;
        self.full += played.full;
        for (what, count) in &played.tally {
            *self.tally.entry(what.clone()).or_default() += count;
        }
    }

    /// `fixed`: of the seeds that are always played, exactly so much is lost. How much it is in others is chance as
    /// well.
    fn expect_everything(&self, fixed: bool) {
        let Sum { worlds, requests, runs, deaths, writes, refused, tally, .. } = self;
        let Sum { converged, told, stuck, gaps, undone, late, twins: _, twins_in_use: _, full, .. } = self;
        assert!(*converged as u64 > worlds / 2, "most worlds come to rest: {self:?}");
        for count in [requests, runs, deaths, writes, refused, told, stuck, gaps, late] {
            assert!(*count > 0, "{self:?}");
        }
        assert!(*full > 0, "no run ever sends all that it may send in a minute: {self:?}");
        // What the platform leaves open is rare, and stays so.
        let rare = |one_in: u64| {
            let expected = worlds / one_in;
            if fixed { expected } else { expected + 3 * expected.isqrt() }
        };
        assert!(*gaps as u64 <= rare(80), "edits are lost between reading and writing: {self:?}");
        assert!(*late as u64 <= rare(40), "reads by id that lag lose more than that: {self:?}");
        assert!(*undone as u64 <= rare(250), "what a person undid was made again: {self:?}");
        let dead: Vec<String> = wire::everything().into_iter().filter(|it| !tally.contains_key(it)).collect();
        // Of as many others, it is chance whether the rarest of them happens; of four times as many it is not.
        assert!(dead.is_empty() || (!fixed && *worlds < SEEDS), "never happens: {dead:?}");
        let other: Vec<&String> = tally.keys().filter(|it| !wire::everything().contains(it)).collect();
        assert!(other.is_empty(), "counted, and not listed: {other:?}");
    }
}

#[test]
fn seeds_one() {
    part(0);
}

#[test]
fn seeds_two() {
    part(1);
}

#[test]
fn seeds_three() {
    part(2);
}

#[test]
fn seeds_four() {
    part(3);
}

#[test]
fn runs_that_keep_reports_make_no_twins_however_soon_they_follow() {
    let family = "simulation::runs_that_keep";
    if let Some(seed) = variable("PRESENCECTL_SEED") {
        all_sound([seed].into_iter(), family, kept::play, |it| it, |_| {});
        return;
    }
    let Range { start, end } = seeds();
    let seeds = start / TOGETHER..end / TOGETHER;
    let mut sum = Sum::default();
    all_sound(seeds.clone(), family, kept::play, |it| it, |it| sum.add(&it));
    show(&format!("runs that keep reports, seeds {seeds:?}: {sum:#?}"));
    if seeds.end - seeds.start >= SEEDS / TOGETHER {
        for what in [play::HELD, play::WAITED] {
            assert!(sum.tally.get(what).is_some_and(|it| *it > 10), "{what}: {sum:?}");
        }
    }
}

#[test]
fn together_they_make_twins_at_worst_and_somebody_is_told() {
    let family = "simulation::together";
    if let Some(seed) = variable("PRESENCECTL_SEED") {
        all_sound([seed].into_iter(), family, together::play, |(_, played)| played, |_| {});
        return;
    }
    let Range { start, end } = seeds();
    let seeds = start / TOGETHER..end / TOGETHER;
    let mut sums: BTreeMap<Meeting, Sum> = BTreeMap::new();
    let add = |(meeting, played): (Meeting, Played)| sums.entry(meeting).or_default().add(&played);
    all_sound(seeds.clone(), family, together::play, |(_, played)| played, add);
    show(&format!("runs that meet, seeds {seeds:?}: {sums:#?}"));
    if seeds.end - seeds.start >= SEEDS / TOGETHER {
        for (meeting, sum) in &sums {
            assert!(sum.twins_in_use > 5 && sum.deaths > 50 && sum.told > 5, "{meeting:?}: {sum:?}");
        }
        assert_eq!(sums.len(), 2, "{:?}", sums.keys());
    }
}
