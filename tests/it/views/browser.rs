//! The page in a real browser: headless Chromium from PATH or `PRESENCECTL_CHROMIUM`. Without one, the test reports it
//! and checks nothing. In CI it fails.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use presencectl::config::coverage::Coverage;
use presencectl::config::diagnostic::Findings;
use presencectl::config::layers::Resolved;
use presencectl::model::problem::{KnownOrg, Problem};
use presencectl::ops::apply::report::{Outcome, Report, Verification};
use presencectl::output::page::{PageKind, html};
use presencectl::plan::change::Action;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{all_called, cause, compared_called, drift_called, locale};
use crate::render::{every_outcome, row};
use crate::tools;

/// Looks at every frame of a page, and leaves the answer as the title.
const MEASURE: &str = include_str!("measure.js");

/// Counts the colours of a picture, and leaves the answer as the title.
const COUNT_COLOURS: &str = r"
addEventListener('load', () => {
  const picture = document.querySelector('img');
  const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const colours = {};
  for (let at = 0; at < data.length; at += 4) {
    const colour = `rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`;
    colours[colour] = (colours[colour] ?? 0) + 1;
  }
  document.title = JSON.stringify({ width: canvas.width, height: canvas.height, colours });
});";

const LIGHT_PAPER: &str = "rgb(255, 255, 255)";
const DARK_PAPER: &str = "rgb(20, 24, 29)";

fn chromium() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let (asked, path) = (env::var_os("PRESENCECTL_CHROMIUM"), env::var_os("PATH"));
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let on_path = || {
        let folders: Vec<PathBuf> = env::split_paths(&path.unwrap_or_default()).collect();
        names.iter().find_map(|name| folders.iter().map(|it| it.join(name)).find(|it| it.is_file()))
    };
    asked.map(PathBuf::from).or_else(on_path)
}

struct Browser {
    program: PathBuf,
    folder: TempDir,
}

impl Browser {
    fn open(&self, page: &Path, more: &[&str]) -> Output {
        let profile = TempDir::new_in(self.folder.path()).unwrap();
        let output = Command::new(&self.program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--hide-scrollbars", "--enable-logging=stderr"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(more)
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// What a script finds out in a page of its own, which it leaves as the title.
    fn found(&self, body: &str, script: &str) -> Value {
        let path = self.folder.path().join("looks.html");
        let page =
            format!("<!doctype html><meta charset=utf-8><title></title><body>{body}<script>{script}</script></body>");
        fs::write(&path, page).unwrap();
        let output = self.open(&path, &["--dump-dom", "--allow-file-access-from-files"]);
        let page = String::from_utf8(output.stdout).unwrap();
        let title = page.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_str(title).unwrap_or_else(|_| panic!("nothing was found out: {title}\n{said}"))
    }

    /// Measures all pages with one browser, because starting it takes longer than measuring.
    fn measured(&self, shown: &[Shown<'_>]) -> Vec<Value> {
        let frames: String = shown.iter().map(Shown::frame).collect();
        let Value::Array(found) = self.found(&frames, MEASURE) else { panic!("a list") };
        assert_eq!(found.len(), shown.len());
        found
    }

    fn picture(&self, page: &Path, name: &str, more: &[&str]) -> Value {
        let path = self.folder.path().join(name);
        self.open(page, &[&[format!("--screenshot={}", path.display()).as_str()], more].concat());
        self.found(&format!("<img src=\"{name}\">"), COUNT_COLOURS)
    }
}

/// Where a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    Screen,
    /// As its rules for paper make it.
    Paper,
}

/// A page in a frame.
struct Shown<'a> {
    name: &'a str,
    page: &'a str,
    medium: Medium,
    scheme: &'static str,
    width: u32,
}

impl Shown<'_> {
    fn frame(&self) -> String {
        let Shown { name: _, page, medium, scheme, width } = self;
        let (media, page) = match medium {
            Medium::Screen => ("screen", (*page).to_owned()),
            Medium::Paper => ("print", page.replace("@media print", "@media all")),
        };
        let page = page.replace('&', "&amp;").replace('"', "&quot;");
        format!(
            "<iframe data-media={media} width={width} height=900 style=\"border: 0; color-scheme: {scheme}\" \
             srcdoc=\"{page}\"></iframe>"
        )
    }

    fn in_words(&self) -> String {
        let Shown { name, page: _, medium, scheme, width } = self;
        format!("{name}, {medium:?}, {scheme}, {width} wide")
    }
}

/// A page on a telephone and on a desk, light and dark, and on a sheet of A4.
fn everywhere<'a>(name: &'a str, page: &'a str) -> Vec<Shown<'a>> {
    let mut shown = Vec::new();
    for scheme in ["light", "dark"] {
        for (medium, width) in [(Medium::Screen, 400), (Medium::Screen, 1280), (Medium::Paper, 718)] {
            shown.push(Shown { name, page, medium, scheme, width });
        }
    }
    shown
}

/// None where there is no browser.
fn browser() -> Option<Browser> {
    let Some(program) = chromium() else {
        tools::missing("no Chromium on PATH and none by PRESENCECTL_CHROMIUM; the page was not looked at");
        return None;
    };
    Some(Browser { program, folder: TempDir::new().unwrap() })
}

/// Every kind of page, with names that want to be more and are as wide as they can be.
fn pages() -> Vec<(&'static str, String)> {
    let name = "Mittagspause_ohne_Ende_und_ohne_Luecke| <script>x</script> غداء";
    let (plan, target, desired, sources) = all_called(name);
    let [compared, not_compared] = compared_called(name).map(|(plan, target, desired, sources)| {
        html::plan(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources)
    });
    let (drift, _, places) = drift_called(name);
    let problem = Problem {
        message: name.into(),
        help: Some(name.into()),
        correlation_id: Some(name.into()),
        ..Problem::default()
    };
    let known_org = KnownOrg { org: target.org.clone(), sandbox: true };
    let failed = row(Action::Update, "x", name, 1, Outcome::Failed(cause(name)));
    let report = Report {
        verification: Verification::Failed(cause(name)),
        ..Report::of([every_outcome(), vec![failed]].concat(), locale("en_US"))
    };
    vec![
        ("plan", html::plan(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources)),
        ("compared", compared),
        ("not compared", not_compared),
        ("drift", html::drift(&drift, &target, &places)),
        ("report", html::report(&report, &target, &sources)),
        ("failure", html::failure(&problem, &known_org, &Findings::default(), &sources, PageKind::Plan)),
    ]
}

#[test]
fn every_page_reads_by_keyboard_on_every_screen_and_on_paper() {
    let Some(browser) = browser() else { return };
    let pages = pages();
    let shown: Vec<Shown<'_>> = pages.iter().flat_map(|(name, page)| everywhere(name, page)).collect();
    for (shown, found) in shown.iter().zip(browser.measured(&shown)) {
        let what = shown.in_words();
        assert_eq!(found["complaints"], json!([]), "{what}");
        assert_eq!((&found["width"], &found["overflow"]), (&json!(shown.width), &json!(0)), "{what}: {found}");
        assert_eq!(found["title"], true, "{what}: what it comes to is seen first");
        let (paper, unfolded) = match (shown.medium, shown.scheme) {
            (Medium::Paper, _) => (LIGHT_PAPER, &found["folded"]),
            (Medium::Screen, "light") => (LIGHT_PAPER, &json!(0)),
            (Medium::Screen, _) => (DARK_PAPER, &json!(0)),
        };
        assert_eq!((&found["back"], &found["unfolded"]), (&json!(paper), unfolded), "{what}: {found}");
        // The link to the content, and each table.
        assert!(found["stops"].as_u64() > found["tables"].as_u64(), "{what}: {found}");
        match shown.name {
            "failure" => assert_eq!(found["tables"], 0),
            "plan" => assert_eq!(found["rows"], all_called("x").0.changes.len()),
            _ => assert!(found["tables"].as_u64() > Some(0), "{what}: {found}"),
        }
    }
}

/// Each of these would be a page that a person cannot read.
#[test]
fn what_is_wrong_with_a_page_is_seen() {
    let Some(browser) = browser() else { return };
    let pages = pages();
    let (_, page) = pages.first().unwrap();
    let spoilt: [(&str, &str, Medium, &str); 9] = [
        ("--quiet: #57606a", "--quiet: #a0a0a0", Medium::Screen, "hard to read"),
        ("font-size: 0.85em", "font-size: 0.6em", Medium::Screen, "small"),
        ("<caption>", "<caption hidden></caption><caption>", Medium::Screen, "a table without a caption"),
        ("role=\"region\"", "role=\"region\" tabindex=\"-1\"", Medium::Screen, "scrolls without the keyboard"),
        (
            ":focus-visible { outline: 3px",
            ":focus { outline: 0px",
            Medium::Screen,
            "not seen when the keyboard is on it",
        ),
        ("<h2>", "<h4>", Medium::Screen, "a heading without one above it"),
        (".scroll { overflow-x: auto;", ".scroll {", Medium::Screen, "overflow"),
        ("<h1>", "<h1 hidden>", Medium::Screen, "title"),
        ("details::details-content {", "details {", Medium::Paper, "unfolded"),
    ];
    let pages: Vec<String> = spoilt.iter().map(|(from, to, ..)| page.replace(from, to)).collect();
    let shown: Vec<Shown<'_>> = spoilt
        .iter()
        .zip(&pages)
        .map(|((name, _, medium, _), page)| Shown { name, page, medium: *medium, scheme: "light", width: 400 })
        .collect();
    for ((_, _, _, wrong), (spoilt, found)) in spoilt.iter().zip(pages.iter().zip(browser.measured(&shown))) {
        assert_ne!(spoilt, page, "{wrong}");
        let is_seen = match *wrong {
            "overflow" => found["overflow"].as_i64() > Some(0),
            "title" => found["title"] == false,
            "unfolded" => found["unfolded"].as_u64() < found["folded"].as_u64(),
            complaint => {
                let complaints = found["complaints"].as_array().unwrap();
                complaints.iter().any(|it| it.as_str().unwrap().starts_with(complaint))
            }
        };
        assert!(is_seen, "{wrong}: {found}");
    }
}

#[test]
fn a_page_is_quiet_in_a_browser_and_its_policy_is_in_force() {
    let Some(browser) = browser() else { return };
    for (name, page) in pages() {
        let path = browser.folder.path().join("page.html");
        fs::write(&path, &page).unwrap();
        let quiet = browser.open(&path, &["--dump-dom"]);
        let said = String::from_utf8_lossy(&quiet.stderr).into_owned();
        assert!(!said.contains("CONSOLE"), "{name}: the browser complains: {said}");
        let forbidden = browser.folder.path().join("forbidden.html");
        fs::write(&forbidden, page.replace("</body>", "<script>x</script></body>")).unwrap();
        let loud = browser.open(&forbidden, &["--dump-dom"]);
        assert!(String::from_utf8_lossy(&loud.stderr).contains("CONSOLE"), "{name}: a script may run");
    }
}

#[test]
fn a_picture_of_a_page_is_light_or_dark_and_not_empty() {
    const DARK: &str = "--blink-settings=preferredColorScheme=0";
    let Some(browser) = browser() else { return };
    let path = browser.folder.path().join("plan.html");
    fs::write(&path, &pages()[0].1).unwrap();
    let light = ("light.png", vec![], LIGHT_PAPER, "rgb(28, 33, 40)");
    let dark = ("dark.png", vec![DARK], DARK_PAPER, "rgb(230, 237, 243)");
    for (name, more, paper, ink) in [light, dark] {
        let found = browser.picture(&path, name, &[&["--window-size=1200,900"], more.as_slice()].concat());
        assert_eq!((&found["width"], &found["height"]), (&json!(1200), &json!(900)), "{name}");
        let colours = found["colours"].as_object().unwrap();
        let count = |colour: &str| colours.get(colour).and_then(Value::as_u64).unwrap_or_default();
        let most = colours.keys().max_by_key(|it| count(it)).unwrap();
        assert_eq!(most, paper, "{name}: what there is most of is paper");
        let share = count(paper) * 100 / (1200 * 900);
        assert!((30..90).contains(&share), "{name}: {share} % of it is paper");
        assert!(count(ink) > 1_000 && colours.len() > 100, "{name}: something is written on it: {}", count(ink));
    }
}
