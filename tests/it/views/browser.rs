//! The page in a real browser: headless Chromium, found on PATH or by `PRESENCECTL_CHROMIUM`. Where there is
//! none, the test says so and holds nothing; in CI it fails.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use presencectl::coverage::Coverage;
use presencectl::render::html;
use serde_json::Value;
use tempfile::TempDir;

use super::all_called;
use crate::tools;

/// Looks at every element that holds text, and at the width of the page, and leaves the answer as the title.
const MEASURE: &str = r"<script>
const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = (colour) => numbers(colour).slice(0, 3).map((it) => it / 255)
  .map((it) => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
  .reduce((sum, it, index) => sum + it * [0.2126, 0.7152, 0.0722][index], 0);
const back = (it) => {
  for (; it; it = it.parentElement) {
    const colour = getComputedStyle(it).backgroundColor;
    if ((numbers(colour)[3] ?? 1) > 0) return colour;
  }
  return 'rgb(255, 255, 255)';
};
let least = 99;
for (const it of document.body.querySelectorAll('*')) {
  if (![...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
  if (it.tagName === 'SCRIPT') continue;
  const [a, b] = [light(getComputedStyle(it).color), light(back(it))].sort((x, y) => y - x);
  least = Math.min(least, (a + 0.05) / (b + 0.05));
}
document.title = JSON.stringify({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  width: document.documentElement.clientWidth,
  back: back(document.body),
  contrast: least,
  rows: document.querySelectorAll('table.changes tbody tr').length,
});
</script>";

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

    /// The page's own numbers, of a copy that may run the one script that takes them.
    fn measured(&self, page: &str, more: &[&str]) -> Value {
        let allowed = page.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';");
        let path = self.folder.path().join("measured.html");
        fs::write(&path, allowed.replace("</body>", &format!("{MEASURE}</body>"))).unwrap();
        let output = self.open(&path, &[&["--dump-dom"], more].concat());
        let page = String::from_utf8(output.stdout).unwrap();
        let title = page.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        serde_json::from_str(title).unwrap_or_else(|_| panic!("no numbers: {title}"))
    }

    fn picture(&self, page: &Path, name: &str, more: &[&str]) -> Vec<u8> {
        let path = self.folder.path().join(name);
        self.open(page, &[&[format!("--screenshot={}", path.display()).as_str()], more].concat());
        fs::read(path).unwrap()
    }
}

#[test]
fn a_page_in_a_browser() {
    const DARK: &str = "--blink-settings=preferredColorScheme=0";
    let Some(program) = chromium() else {
        tools::missing("no Chromium on PATH and none by PRESENCECTL_CHROMIUM; the page was not looked at");
        return;
    };
    let browser = Browser { program, folder: TempDir::new().unwrap() };
    let (plan, target, desired, sources) = all_called("Mittagspause_ohne_Ende| <script>x</script> غداء");
    let page = html::plan(&plan, &Coverage::of(&desired), &target, &sources);
    let path = browser.folder.path().join("plan.html");
    fs::write(&path, &page).unwrap();

    let quiet = browser.open(&path, &["--dump-dom"]);
    let said = String::from_utf8_lossy(&quiet.stderr).into_owned();
    assert!(!said.contains("CONSOLE"), "the browser complains: {said}");
    let forbidden = browser.folder.path().join("forbidden.html");
    fs::write(&forbidden, page.replace("</body>", "<script>x</script></body>")).unwrap();
    let loud = browser.open(&forbidden, &["--dump-dom"]);
    assert!(String::from_utf8_lossy(&loud.stderr).contains("CONSOLE"), "the policy of the page is in force");

    for (width, scheme) in [("400", None), ("1200", None), ("400", Some(DARK)), ("1200", Some(DARK))] {
        let window = format!("--window-size={width},900");
        let flags: Vec<&str> = std::iter::once(window.as_str()).chain(scheme).collect();
        let numbers = browser.measured(&page, &flags);
        assert_eq!(numbers["overflow"], 0, "{width}: the page is not wider than the window: {numbers}");
        assert!(numbers["contrast"].as_f64().unwrap() >= 4.5, "{width} {scheme:?}: {numbers}");
        assert_eq!(numbers["rows"], plan.changes.len());
        let back = if scheme.is_some() { "rgb(20, 24, 29)" } else { "rgb(255, 255, 255)" };
        assert_eq!(numbers["back"], back);
    }
    let light = browser.picture(&path, "light.png", &["--window-size=1200,900"]);
    let dark = browser.picture(&path, "dark.png", &["--window-size=1200,900", DARK]);
    assert!(light.starts_with(b"\x89PNG") && light.len() > 10_000 && light != dark);
}
