//! Whole applies in a simulated world, under virtual time: the client, the plan and the engine unchanged, against the
//! sandbox, behind a wire on which everything may go wrong. A seed decides everything; one that fails prints the
//! command that repeats it.
//!
//! Two phases. *Safety*: faults, edits and deaths of the process happen, and the invariants of `ledger.rs` hold at
//! every step. *Liveness*: they end, and within a few runs the plan is empty, or somebody is told why not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod ledger;
mod play;
mod together;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use play::{Played, play};

/// How many seeds a plain `cargo test` plays; `PRESENCECTL_SEEDS` asks for another number.
const SEEDS: u64 = 10_000;
/// How many tests share them, so that they use the cores.
const PARTS: u64 = 4;

fn variable(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")))
}

/// Plays every seed of a part, or the one that is asked for.
fn part(number: u64) {
    if let Some(seed) = variable("PRESENCECTL_SEED") {
        if seed % PARTS == number {
            expect_sound(seed, &play(seed));
        }
        return;
    }
    let seeds = variable("PRESENCECTL_SEEDS").unwrap_or(SEEDS);
    let mut sum = Sum::default();
    let mut seed = number;
    while seed < seeds {
        let played = play(seed);
        expect_sound(seed, &played);
        sum.add(&played);
        seed += PARTS;
    }
    #[expect(clippy::print_stdout, reason = "shown with `--nocapture`, for the one who asks how much was played")]
    {
        println!("seeds {number}, {}, …: {sum:#?}", number + PARTS);
    }
    // A simulation in which something never happens shows nothing of it.
    if seeds >= SEEDS {
        sum.expect_everything();
    }
}

#[track_caller]
fn expect_sound(seed: u64, played: &Played) {
    if played.violations.is_empty() {
        return;
    }
    let mut shown = String::new();
    for it in &played.violations {
        let _ = writeln!(shown, "  {it}");
    }
    panic!("seed {seed}:\n{shown}repeat: PRESENCECTL_SEED={seed} cargo test --test it simulation::\n{}", played.story);
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
    gaps: usize,
    undone: usize,
    twins: usize,
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
        self.converged += usize::from(played.converged);
        self.told += usize::from(!played.converged);
        self.gaps += played.gaps;
        self.undone += played.undone;
        self.twins += played.twins;
        for (what, count) in &played.tally {
            *self.tally.entry(what.clone()).or_default() += count;
        }
    }

    fn expect_everything(&self) {
        let Sum { worlds, requests, runs, deaths, writes, refused, converged, told, gaps, undone: _, twins: _, tally } =
            self;
        assert!(*converged as u64 > worlds / 2, "most worlds come to rest: {self:?}");
        for count in [requests, runs, deaths, writes, refused, told, gaps] {
            assert!(*count > 0, "{self:?}");
        }
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
