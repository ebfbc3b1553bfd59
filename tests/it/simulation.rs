//! Whole applies in a simulated world, under virtual time: the client, the plan and the engine unchanged, against the
//! sandbox, behind a wire on which everything may go wrong. A seed decides everything; one that fails prints the
//! command that repeats it.
//!
//! Two phases. *Safety*: faults, edits and deaths of the process happen, and the invariants of `ledger.rs` hold at
//! every step. *Liveness*: they end, and within a few runs the plan is empty, or somebody is told why not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod admin;
mod cause;
mod ledger;
mod play;
mod tempers;
mod together;
mod truth;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use play::{Played, Rest, play};
use together::Meeting;

/// How many seeds a plain `cargo test` plays; `PRESENCECTL_SEEDS` asks for another number.
const SEEDS: u64 = 10_000;
/// How many tests share them, so that they use the cores.
const PARTS: u64 = 4;
/// Of so many seeds, one is played once more with runs that meet.
const TOGETHER: u64 = 10;
/// After so long somebody is told which seed it is that takes so long.
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

/// While a seed is played: says which one it is when that panics, or goes on for long.
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

/// Plays one seed, and fails where anything is not as it has to be.
#[track_caller]
fn sound<T>(seed: u64, family: &str, play: impl FnOnce(u64) -> T, played: impl Fn(&T) -> &Played) -> T {
    let watch = Watch::over(seed, family);
    let all = play(seed);
    drop(watch);
    expect_sound(seed, family, played(&all));
    all
}

/// Plays every seed of a part, or the one that is asked for.
fn part(number: u64) {
    let family = "simulation::seeds";
    if let Some(seed) = variable("PRESENCECTL_SEED") {
        if seed % PARTS == number {
            sound(seed, family, play, |it| it);
        }
        return;
    }
    let seeds = variable("PRESENCECTL_SEEDS").unwrap_or(SEEDS);
    let mut sum = Sum::default();
    let mut seed = number;
    while seed < seeds {
        sum.add(&sound(seed, family, play, |it| it));
        seed += PARTS;
    }
    show(&format!("seeds {number}, {}, …: {sum:#?}", number + PARTS));
    // A simulation in which something never happens shows nothing of it.
    if seeds >= SEEDS {
        sum.expect_everything();
    }
}

#[expect(clippy::print_stdout, reason = "shown with `--nocapture`, for the one who asks how much was played")]
fn show(what: &str) {
    println!("{what}");
}

#[track_caller]
fn expect_sound(seed: u64, family: &str, played: &Played) {
    if played.violations.is_empty() {
        return;
    }
    let mut shown = String::new();
    for it in &played.violations {
        let _ = writeln!(shown, "  {it}");
    }
    panic!("seed {seed}:\n{shown}{}\n{}", repeat(seed, family), played.story);
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
        self.twins += played.twins;
        self.twins_in_use += played.twins_in_use;
        self.full += played.full;
        for (what, count) in &played.tally {
            *self.tally.entry(what.clone()).or_default() += count;
        }
    }

    fn expect_everything(&self) {
        let Sum { worlds, requests, runs, deaths, writes, refused, tally, .. } = self;
        let Sum { converged, told, stuck, gaps, undone, twins: _, twins_in_use: _, full, .. } = self;
        assert!(*converged as u64 > worlds / 2, "most worlds come to rest: {self:?}");
        for count in [requests, runs, deaths, writes, refused, told, stuck, gaps] {
            assert!(*count > 0, "{self:?}");
        }
        assert!(*full > 0, "no run ever sends all that it may send in a minute: {self:?}");
        // What the platform leaves open is rare, and stays so.
        assert!(*gaps as u64 <= worlds / 80, "edits are lost between reading and writing: {self:?}");
        assert!(*undone as u64 <= worlds / 250, "what somebody undid was made again: {self:?}");
        let dead: Vec<String> = wire::everything().into_iter().filter(|it| !tally.contains_key(it)).collect();
        assert!(dead.is_empty(), "never happens: {dead:?}");
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
fn together_they_make_twins_at_worst_and_somebody_is_told() {
    let family = "simulation::together";
    if let Some(seed) = variable("PRESENCECTL_SEED") {
        sound(seed, family, together::play, |(_, played)| played);
        return;
    }
    let seeds = variable("PRESENCECTL_SEEDS").unwrap_or(SEEDS) / TOGETHER;
    let mut sums: BTreeMap<Meeting, Sum> = BTreeMap::new();
    for seed in 0..seeds {
        let (meeting, played) = sound(seed, family, together::play, |(_, played)| played);
        sums.entry(meeting).or_default().add(&played);
    }
    show(&format!("runs that meet: {sums:#?}"));
    if seeds >= SEEDS / TOGETHER {
        for (meeting, sum) in &sums {
            assert!(sum.twins_in_use > 5 && sum.deaths > 50 && sum.told > 5, "{meeting:?}: {sum:?}");
        }
        assert_eq!(sums.len(), 2, "{:?}", sums.keys());
    }
}
