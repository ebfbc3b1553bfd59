//! HTML: its content, that no foreign text becomes markup, and that it needs no external file.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use insta::assert_snapshot;
use presencectl::config::coverage::Coverage;
use presencectl::config::diagnostic::Findings;
use presencectl::config::layers::Resolved;
use presencectl::model::problem::{KnownOrg, Problem};
use presencectl::model::text;
use presencectl::ops::apply::report::{Outcome, Report, Verification};
use presencectl::output::page::{PageKind, html};
use presencectl::plan::change::Action;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq};
use proptest::proptest;

use super::{all_called, cause, compared_called, drift_called, hostile, locale};
use crate::paper::target;
use crate::render::{drift, reports, row, world};

/// Without the style, and with the version named.
pub(super) fn bare(page: &str) -> String {
    let (before, rest) = page.split_once("<style>\n").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let version = format!("presencectl {}", env!("CARGO_PKG_VERSION"));
    format!("{before}<style>…</style>{after}").replace(&version, "presencectl 0.0.0")
}

/// Every tag of a page, in order.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|it| it.split_once('>').expect("a tag ends").0).collect()
}

#[test]
fn a_plan_as_a_page() {
    let (plan, sources) = world().planned();
    let coverage = Coverage::of(&world().desired().0, &Resolved::default());
    assert_snapshot!("plan", bare(&html::plan(&plan, &coverage, &target(), &sources)));
}

#[test]
fn reports_as_pages() {
    let (_, sources) = drift();
    let reports = reports();
    for name in ["every_outcome", "drifted", "interrupted"] {
        let (_, report) = reports.iter().find(|(it, _)| *it == name).expect(name);
        assert_snapshot!(format!("report_{name}"), bare(&html::report(report, &target(), &sources)));
    }
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let (plan, sources) = world().planned();
    let page = html::plan(&plan, &Coverage::of(&world().desired().0, &Resolved::default()), &target(), &sources);
    for tag in tags(&page) {
        let name = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap();
        assert!(!["script", "link", "img", "iframe", "object", "embed", "base", "form"].contains(&name), "{tag}");
        assert!(!tag.contains(" src=") && !tag.contains(" on") && !tag.contains(" style="), "{tag}");
        assert!(!tag.contains("href=") || tag.contains("href=\"#"), "{tag}");
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert!(
        page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"")
    );
}

#[test]
fn every_table_has_a_caption_and_heads_that_say_of_what() {
    let (plan, sources) = world().planned();
    let page = html::plan(&plan, &Coverage::of(&world().desired().0, &Resolved::default()), &target(), &sources);
    let tags = tags(&page);
    let count = |begin: &str| tags.iter().filter(|it| it.starts_with(begin)).count();
    assert!(count("table") >= 3);
    assert_eq!(count("table"), count("caption"));
    assert_eq!(count("th ") + count("th>"), count("th scope=\"col\"") + count("th scope=\"row\""));
    assert_eq!(count("h1"), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_is_markup(name in hostile()) {
        // A pair of backticks is code, as in every sentence.
        let name = name.replace('`', "");
        let pages = |name: &str| {
            let (plan, target, desired, sources) = all_called(name);
            let report = Report {
                verification: Verification::Failed(cause(name)),
                ..Report::of(vec![row(Action::Update, "x", name, 1, Outcome::Failed(cause(name)))], locale("en_US"))
            };
            let problem = Problem { message: name.into(), help: Some(name.into()), correlation_id: Some(name.into()), ..Problem::default() };
            let known_org = KnownOrg { org: target.org.clone(), sandbox: true };
            let (drift, _, places) = drift_called(name);
            let compared = compared_called(name)
                .map(|(plan, target, desired, sources)| html::plan(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources));
            let pages = [
                html::plan(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources),
                html::report(&report, &target, &sources),
                html::failure(&problem, &known_org, &Findings::default(), &sources, PageKind::Plan),
                html::drift(&drift, &target, &places),
            ];
            pages.into_iter().chain(compared).collect::<Vec<_>>()
        };
        let named = format!("{name}z");
        // As long, since the page says of a label that it is too long.
        let tame = "T".repeat(named.chars().count());
        // Lines to paste have a pin for a label that the config refuses, such as one with a tab. Then a page has the
        // tags for it.
        let refused = format!("{}\t", &tame[1..]);
        for ((hostile, tame), refused) in pages(&named).iter().zip(&pages(&tame)).zip(&pages(&refused)) {
            let its = tags(hostile);
            prop_assert!(its == tags(tame) || its == tags(refused), "{:?}", its);
            let hidden: String = hostile.chars().filter(|c| *c != '\n' && text::is_hidden(*c)).collect();
            prop_assert_eq!(hidden, "");
            let shown = text::terminal(&named).to_string();
            let read = hostile.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            prop_assert!(read.replace("&amp;", "&").contains(&shown), "the name is there");
        }
    }
}
