//! Runs that follow each other within seconds and keep reports, while lists lag for minutes: a process is killed and
//! restarted at once, as in a CI. Reports are written and read as by the command, and no object is created twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use presencectl::commands::context::execute::begun;
use presencectl::model::division::Divisions;
use presencectl::model::moment::Moment;
use presencectl::model::names::Locale;
use presencectl::model::observed::{Observed, Target};
use presencectl::model::run_metadata::Origin;
use presencectl::model::run_metadata::RunMetadata;
use presencectl::ops::apply::BeforePost;
use presencectl::ops::apply::report::Report;
use presencectl::ops::history::sent::sent;
use presencectl::ops::history::stored::Stored;
use presencectl::output::json;
use presencectl::plan::Plan;
use presencectl::plan::change::Step;
use presencectl::plan::evidence::{Evidence, EvidenceSource, Had};
use presencectl::plan::recent::Sent;

use super::ledger::NEXT_RUN_MS;
use super::play::{Played, World};
use super::wire::Death;
use super::world::Start;
use crate::paper::{page, target};
use presencectl::output::json::posts;
use presencectl::output::json::stored_report;

/// What is under way when a process ends may arrive so much later.
const UNDER_WAY_MS: u64 = 25_000;

/// The files of one run.
#[derive(Debug, Default)]
struct Files {
    report: String,
    posts: Arc<Mutex<String>>,
}

/// The folder of reports.
#[derive(Debug, Default)]
pub(super) struct Folder(Mutex<Vec<Files>>);

impl Folder {
    /// What the next run knows.
    pub(super) fn sent(&self, now: Moment) -> Vec<Sent> {
        let files = self.0.lock().unwrap();
        let one = |it: &Files| {
            let posts = posts::read(it.posts.lock().unwrap().as_bytes());
            match stored_report::read(it.report.as_bytes()).unwrap() {
                Stored::Report(report) => sent(&report, Path::new("report.json"), Some(&posts), now),
                Stored::Failure(_) => Vec::new(),
            }
        };
        files.iter().flat_map(one).collect()
    }

    /// Which objects what would be created had, as the command finds it in the reports.
    pub(super) fn evidence(&self, plan: &Plan, observed: &Observed) -> Evidence {
        let files = self.0.lock().unwrap();
        let mut known = BTreeMap::new();
        for file in files.iter().rev() {
            let Stored::Report(report) = stored_report::read(file.report.as_bytes()).unwrap() else { continue };
            let objects = report.objects();
            for key in plan.may_be_renames().into_iter().filter(|key| !known.contains_key(key)).collect::<Vec<_>>() {
                if let Some(id) = objects.get(&key).filter(|id| observed.get(id).is_some()) {
                    // The config never changes here.
                    let had = Had {
                        id: (*id).clone(),
                        source: EvidenceSource::Report("report.json".to_owned()),
                        said_new: true,
                    };
                    known.insert(key, had);
                }
            }
        }
        Evidence { known, not_read: None }
    }

    /// Stores the report before the first write. Returns the recorder of POSTs, with the clock `now`.
    pub(super) fn begin(
        &self,
        steps: &[Step],
        world: &World,
        now: impl Fn() -> Moment + Send + Sync + 'static,
    ) -> BeforePost {
        let report = begun(steps, &[], &world.start.config, Divisions::NotAsked);
        let lines = Arc::<Mutex<String>>::default();
        let files = Files { report: document(&report, &world.start, now()), posts: Arc::clone(&lines) };
        self.0.lock().unwrap().push(files);
        let default_locale: Locale = world.start.config.settings.default_locale.clone();
        Arc::new(move |create| lines.lock().unwrap().push_str(&posts::line(create, &default_locale, now())))
    }

    /// The report takes the place of that.
    pub(super) fn end(&self, report: &Report, start: &Start, now: Moment) {
        if let Some(files) = self.0.lock().unwrap().last_mut() {
            files.report = document(report, start, now);
        }
    }
}

fn document(report: &Report, start: &Start, ended: Moment) -> String {
    let metadata = RunMetadata {
        began: ended,
        ended,
        client: None,
        origin: Origin::default(),
        config: None,
        org_name: None,
        only: None,
        default_locale: Some(start.config.settings.default_locale.clone()),
        scope: start.config.settings.scope.clone(),
        break_glass: None,
        undoes: None,
    };
    let report = Report { metadata: Some(metadata), ..report.clone() };
    json::write(&json::ReportV1::of(&report, &Target { ..target() }, &page()))
}

/// Plays a seed to its end.
pub(super) fn play(seed: u64) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut dice = Rng::with_seed(seed);
        let mut start = Start::of(&mut dice);
        // In most of these worlds lists lag for minutes.
        if dice.u8(0..4) > 0 {
            start.behavior.list_lag_ms = dice.u64(1_000..=NEXT_RUN_MS - UNDER_WAY_MS);
            start.apart_ms = NEXT_RUN_MS + 20_000;
        }
        let mut world = World::new(start, dice);
        world.kept = Some(Folder::default());
        let mut played = Played::default();
        world.introduce(&mut played);
        for _ in 0..world.dice(|it| it.usize(2..5)) {
            let death = world.dice(Death::perhaps);
            world.run(&mut played, death).await;
            let gap_ms = world.dice(|it| it.u64(0..20_000));
            tokio::time::sleep(Duration::from_millis(gap_ms)).await;
        }
        tokio::time::sleep(Duration::from_millis(world.start.apart_ms + 1_000)).await;
        world.liveness(&mut played).await;
        world.close(&mut played);
        played
    })
}
