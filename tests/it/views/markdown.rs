//! Markdown: its content, that foreign text has no effect, and that it always fits.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::time::Duration;

use insta::assert_snapshot;
use presencectl::config::coverage::Coverage;
use presencectl::config::diagnostic::Findings;
use presencectl::config::layers::Resolved;
use presencectl::model::observed::{Organization, Target};
use presencectl::model::problem::{KnownOrg, Problem};
use presencectl::model::text;
use presencectl::ops::apply::report::{Outcome, Report, Verification};
use presencectl::output::page::html;
use presencectl::output::page::{self, COMMENT, Inline, PageKind, SUMMARY, in_cell};
use presencectl::plan::Plan;
use presencectl::plan::change::Action;
use presencectl::plan::cost::Cost;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq};
use proptest::proptest;

use super::parsed::{Parsed, parsed};
use super::{all_called, cause, compared_called, drift_called, hostile, large, locale};
use crate::paper::{World, target, want};
use crate::render::{drift, reports, row, world};

#[test]
fn a_plan_for_reviewers() {
    let (plan, sources) = world().planned();
    assert_snapshot!("plan", page::plan(&plan, &target(), &sources, None));
    let coverage = Coverage::of(&world().desired().0, &Resolved::default());
    assert_snapshot!("plan_summary", page::plan_summary(&plan, &coverage, &target(), &sources, None));
}

#[test]
fn a_plan_without_changes_is_one_line() {
    let (plan, sources) = World::in_step([want("lunch", "Meal", "Lunch")]).planned();
    assert_eq!(
        page::plan(&plan, &target(), &sources, None),
        "<!-- presencectl:plan 22222222-bbbb-4bbb-8bbb-222222222222 -->\n\
         **No changes** in `Acme Prod` (`22222222-bbbb-4bbb-8bbb-222222222222`). 1 definition is in sync.\n"
    );
    let unknown = Target { org: None, sandbox: true, ..target() };
    assert_eq!(
        page::plan(&plan, &unknown, &sources, None),
        "<!-- presencectl:plan unknown -->\n**No changes** in an org that has not said who it is. 1 definition is \
         in sync. A sandbox: nothing real is written.\n"
    );
}

#[test]
fn what_a_plan_costs_is_said_where_it_can_be_applied() {
    let cost = Some(Cost { requests: 38, time: Duration::from_secs(9) });
    let shown = |world: &World| {
        let (plan, sources) = world.planned();
        let plan = Plan { cost, ..plan };
        let page = html::plan(&plan, &Coverage::of(&world.desired().0, &Resolved::default()), &target(), &sources);
        (page::plan(&plan, &target(), &sources, None), page)
    };
    let mut open = World::empty();
    open.config(want("tea", "Break", "Tea"));
    let (comment, page) = shown(&open);
    assert!(comment.lines().nth(1).unwrap().ends_with(". Cost: 38 requests, about 9 s."), "{comment}");
    assert!(page.contains("<p>Cost: 38 requests, about 9 s.</p>"));
    for (comment, page) in [shown(&world()), shown(&World::in_step([want("lunch", "Meal", "Lunch")]))] {
        assert!(!comment.contains("Cost") && !page.contains("Cost"), "refused, or nothing to do");
    }
}

#[test]
fn every_report_for_whoever_merged() {
    let (_, sources) = drift();
    let shown: Vec<String> = reports()
        .iter()
        .map(|(name, report)| format!("=== {name}\n{}", page::report(report, &target(), &sources, COMMENT)))
        .collect();
    assert_snapshot!("reports", shown.join("\n"));
}

#[test]
fn a_failure_says_what_to_do() {
    let problem = Problem {
        message: "GET /api/v2/organizations/me: 401 Unauthorized".to_owned(),
        help: Some("give another token; see `GENESYSCLOUD_ACCESS_TOKEN`".to_owned()),
        correlation_id: Some("0e2f-41".to_owned()),
        ..Problem::default()
    };
    let known_org = KnownOrg { org: target().org, sandbox: false };
    assert_snapshot!(
        "failure",
        page::failure(&problem, &known_org, &Findings::default(), &drift().1, PageKind::Plan, COMMENT)
    );
}

/// A piece of a row, and of a line of a list, by itself.
fn within(piece: &Inline) -> (Parsed, Parsed) {
    let row = format!("| a | b |\n| --- | --- |\n| {} | x |\n", in_cell(piece.as_str()));
    (parsed(&row), parsed(&format!("- say: {piece}\n")))
}

const ROW: [&str; 7] = ["table", "row", "cell", "cell", "row", "cell", "cell"];
const ITEM: [&str; 3] = ["list", "item", "paragraph"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_name_comes_back_as_it_is_and_as_nothing_else(name in hostile()) {
        let (row, item) = within(&Inline::code(&name));
        let shown = text::terminal(&name).to_string();
        prop_assert_eq!(&row.blocks, &ROW);
        prop_assert_eq!(&item.blocks, &ITEM);
        let in_row = shown.replace("\\|", "\\x5C|");
        for (it, shown) in [(row, in_row), (item, shown)] {
            prop_assert!(it.strangers.is_empty() && it.html.is_empty(), "{:?}", it);
            prop_assert_eq!(it.code, vec![shown]);
        }
    }

    #[test]
    fn a_sentence_comes_back_and_only_words_of_it_are_text(sentence in hostile()) {
        let (row, item) = within(&Inline::prose(&sentence));
        prop_assert_eq!(&row.blocks, &ROW);
        prop_assert_eq!(&item.blocks, &ITEM);
        let without_backticks = |it: &str| it.chars().filter(|c| *c != '`').collect::<String>();
        let all = format!("{}", text::terminal(&sentence));
        for it in [row, item] {
            prop_assert!(it.strangers.is_empty() && it.html.is_empty(), "{:?}", it);
            // Everything that a host looks for in the finished page is in code.
            prop_assert!(!it.text.contains(['@', '#', '<', '&', '/', '_', '*', '$', '[', '\\']), "{}", it.text);
            let length = |it: &str| it.chars().filter(|c| *c != ' ' && *c != '`').count();
            let is_row = it.blocks == ROW;
            let frame = if is_row { "abx" } else { "say:" };
            let code: String = it.code.concat();
            let without_backticks = without_backticks(&all);
            let all = if is_row { without_backticks.replace("\\|", "\\x5C|") } else { without_backticks };
            prop_assert_eq!(length(&it.text) - frame.len() + length(&code), length(&all));
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_changes_what_a_page_consists_of(name in hostile()) {
        let pages = |name: &str| {
            let (plan, target, desired, sources) = all_called(name);
            let report = Report {
                verification: Verification::Failed(cause(name)),
                ..Report::of(
                    vec![row(Action::Update, "x", name, 1, Outcome::Failed(cause(name)))],
                    locale("en_US"),
                )
            };
            let (drift, _, places) = drift_called(name);
            let compared = compared_called(name).map(|(plan, target, _, sources)| page::plan(&plan, &target, &sources, None));
            let pages = [
                page::plan(&plan, &target, &sources, None),
                page::plan_summary(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources, None),
                page::report(&report, &target, &sources, SUMMARY),
                page::drift(&drift, &target, &places, SUMMARY),
            ];
            pages.into_iter().chain(compared).collect::<Vec<_>>()
        };
        for (hostile, tame) in pages(&format!("{name}z")).iter().zip(&pages("Tame")) {
            let (hostile, tame) = (parsed(hostile), parsed(tame));
            prop_assert!(hostile.strangers.is_empty(), "{:?}", hostile.strangers);
            prop_assert_eq!(hostile.blocks, tame.blocks);
            prop_assert_eq!(hostile.html, tame.html);
        }
    }
}

/// Sentences put names between backticks. A backtick in a name would end that code, and the rest would be read as
/// Markdown, where a URL is a link.
#[test]
fn a_backtick_in_a_name_ends_no_code() {
    for name in ["x` www.``evil.``com `y", "`https://evil.com/`", "a`@team`b", "` [a](//evil.com) `", "``#1``"] {
        let (plan, target, desired, sources) = all_called(name);
        let (drift, _, places) = drift_called(name);
        let failed = vec![row(Action::Update, "x", name, 1, Outcome::Failed(cause(name)))];
        let problem = Problem::new(format!("the org has no presence {}", text::ticked(name))).help(name);
        let known_org = KnownOrg { org: target.org.clone(), sandbox: false };
        let mut pages = vec![
            page::plan(&plan, &target, &sources, None),
            page::plan_summary(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources, None),
            page::report(&Report::of(failed, locale("en_US")), &target, &sources, SUMMARY),
            page::drift(&drift, &target, &places, SUMMARY),
            page::failure(&problem, &known_org, &Findings::default(), &sources, PageKind::Plan, COMMENT),
        ];
        pages
            .extend(compared_called(name).map(|(plan, target, _, sources)| page::plan(&plan, &target, &sources, None)));
        for page in pages {
            let found = parsed(&page);
            assert!(found.strangers.is_empty(), "{name}: {:?}\n{page}", found.strangers);
            for live in ["evil.com", "@team", "#1", "[a]"] {
                assert!(!found.text.contains(live), "{name}: {}", found.text);
            }
        }
        for blocker in &plan.blockers {
            assert_eq!(blocker.message().matches('`').count() % 2, 0, "{}", blocker.message());
            assert!(!blocker.message().contains(name), "{}", blocker.message());
        }
    }
}

#[test]
fn an_id_cannot_end_the_marker() {
    let id = presencectl::model::names::OrgId::new("a --> b<!--\u{202E}").unwrap();
    let org = Some(Organization { name: "x".to_owned(), id });
    let (plan, sources) = World::empty().planned();
    let page = page::plan(&plan, &Target { org, ..target() }, &sources, None);
    assert_eq!(page.lines().next(), Some("<!-- presencectl:plan a_____b_____ -->"));
}

/// How many rows of changes there are, and how many are said to be missing.
fn counted(page: &str) -> (usize, usize) {
    let rows = page.lines().filter(|it| it.starts_with("| ➕ create") && it.matches('|').count() == 5).count();
    let missing =
        page.lines().find_map(|it| it.strip_prefix("**")?.strip_suffix(" more changes are not shown here.**"));
    (rows, missing.map_or(0, |it| it.parse().unwrap()))
}

#[test]
fn a_plan_of_ten_thousand_changes_fits() {
    let (plan, desired, sources) = large(10_000);
    let comment = page::plan(&plan, &target(), &sources, None);
    // No character is longer than its bytes: below by the one count is below by the other.
    assert!(comment.len() <= COMMENT.bytes_max && COMMENT.bytes_max < 65_536, "{}", comment.len());
    assert!(comment.len() > COMMENT.bytes_max - 1_000, "the room is used: {}", comment.len());
    let (rows, missing) = counted(&comment);
    assert_eq!(rows + missing, 10_000, "every change is shown or said to be missing");
    assert!(rows > 300, "{rows}");
    assert!(comment.contains("**10000 to create** in `Acme Prod`"));
    assert!(comment.contains("> **Not everything is here**: a comment holds no more. The whole is in the log"));
    assert_eq!(parsed(&comment).blocks.iter().filter(|it| **it == "row").count(), rows + 1);

    let summary = page::plan_summary(&plan, &Coverage::of(&desired, &Resolved::default()), &target(), &sources, None);
    assert!(summary.len() <= SUMMARY.bytes_max && SUMMARY.bytes_max < 1 << 20, "{}", summary.len());
    let (rows, missing) = counted(&summary);
    assert!(rows + missing == 10_000 && rows > 5_000, "{rows}");
}

#[test]
fn thousands_of_errors_and_labels_without_end_fit_as_well() {
    let mut world = World::empty();
    for number in 0..2_000 {
        let endless = "午`|".repeat(400);
        world.org().add("Busy", &[("en_US", &format!("{endless}{number}")), ("de", &endless)]);
        world.org().add("Meal", &[("en_US", &format!("Lunch {number}"))]);
        world.config(want(&format!("key-{number}"), "Meal", &format!("lunch  {number}")));
    }
    world.prune();
    let (plan, sources) = world.planned();
    assert!(plan.blockers.len() >= 2_000 && plan.changes.len() >= 2_000);
    let comment = page::plan(&plan, &target(), &sources, None);
    assert!(comment.len() <= COMMENT.bytes_max, "{}", comment.len());
    let found = parsed(&comment);
    assert_eq!(found.strangers, Vec::<String>::new());
    let items = found.blocks.iter().filter(|it| **it == "item").count();
    assert!(items > 100, "errors come first: {items}");
    assert!(
        comment.contains(" changes are not shown here.**") && comment.contains(" more errors are not shown here.**")
    );
}

#[test]
fn what_only_some_labels_of_is_shown_is_whole_in_the_details() {
    let mut world = World::empty();
    let lunch = ["de", "fr", "it", "no", "es"]
        .iter()
        .fold(want("lunch", "Meal", "Lunch"), |want, it| want.label(it, &format!("Lunch {it}")));
    world.config(lunch);
    let (plan, sources) = world.planned();
    let page = page::plan(&plan, &target(), &sources, None);
    assert!(page.contains("`de` `Lunch de`<br>`es` `Lunch es`<br>`fr` `Lunch fr`<br>and 2 more |"), "{page}");
    let details = page.split("<details>").nth(1).unwrap();
    for locale in ["en_US", "de", "fr", "it", "no", "es"] {
        assert!(details.contains(&format!("| `{locale}` |  | `Lunch")), "{locale}: {details}");
    }
}
