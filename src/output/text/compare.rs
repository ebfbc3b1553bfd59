//! The comparison of orgs, for people and spreadsheets.

use std::fmt::Write as _;

use crate::model::desired::ACTIVE_DEFINITIONS_MAX;
use crate::model::text;
use crate::output::csv::csv as written;
use crate::output::json::ComparisonV1;
use crate::output::json::comparison::{ComparedRowV1, OrgComparisonV1, PairFindingV1};
use crate::output::style::Style;

// Writing to a String cannot fail.

pub fn human(comparison: &ComparisonV1, style: Style) -> String {
    let mut shown = String::new();
    for it in &comparison.not_read {
        let _ = writeln!(shown, "{} was not read: {}", name(&it.org), text::terminal(&it.error.message));
    }
    let (equal, different): (Vec<&OrgComparisonV1>, Vec<&OrgComparisonV1>) =
        comparison.comparisons.iter().partition(|it| it.rows.is_empty() && !it.has_unpaired());
    for it in different {
        if !shown.is_empty() {
            shown.push('\n');
        }
        shown.push_str(&pair(it, style));
    }
    if !equal.is_empty() {
        let names: Vec<String> = equal.iter().map(|it| name(&it.first)).collect();
        let second = equal.first().map_or_else(String::new, |it| name(&it.second));
        let sums = if different_sums(&equal) { "" } else { " (definitions and labels)" };
        let _ = writeln!(shown, "{}the same as {second}{sums}: {}", between(&shown), names.join(", "));
    }
    let what = if comparison.live { "the orgs were read" } else { "from files; `--live` reads the orgs" };
    let _ = writeln!(shown, "\nCompared: {what}. Ids are not compared.");
    shown
}

fn between(shown: &str) -> &'static str {
    if shown.is_empty() { "" } else { "\n" }
}

fn different_sums(equal: &[&OrgComparisonV1]) -> bool {
    equal.iter().any(|it| it.sums.iter().any(|sum| sum.first != sum.second))
}

fn name(raw: &str) -> String {
    text::terminal(raw).to_string()
}

/// The differences of two orgs, and their numbers of active definitions.
fn pair(it: &OrgComparisonV1, style: Style) -> String {
    let (first, second) = (name(&it.first), name(&it.second));
    let count = |found| it.rows.iter().filter(|row| row.found == found).count();
    let mut sums = vec![format!("{} the same", it.same)];
    for (found, words) in [
        (PairFindingV1::Differs, if count(PairFindingV1::Differs) == 1 { "differs" } else { "differ" }.to_owned()),
        (PairFindingV1::OnlyFirst, format!("only in {first}")),
        (PairFindingV1::OnlySecond, format!("only in {second}")),
        (
            PairFindingV1::LooksAlike,
            if count(PairFindingV1::LooksAlike) == 1 { "looks alike" } else { "look alike" }.to_owned(),
        ),
    ] {
        if count(found) > 0 {
            sums.push(format!("{} {words}", count(found)));
        }
    }
    let mut shown = format!("{}\n\n", style.bold(&format!("{first} and {second}: {}", sums.join(", "))));
    for row in &it.rows {
        shown.push_str(&row_in_words(row, (&first, &second), style));
    }
    for (org, count) in [(&first, it.not_paired_in_first), (&second, it.not_paired_in_second)] {
        if count > 0 {
            let what = text::count(count, "definition");
            let _ = writeln!(shown, "  not compared: {what} of {org} without a default label");
        }
    }
    let full =
        it.sums.iter().filter(|sum| sum.first != sum.second || sum.first.max(sum.second) > ACTIVE_DEFINITIONS_MAX);
    let full: Vec<String> =
        full.map(|sum| format!("{} {} and {}", text::terminal(&sum.system_presence), sum.first, sum.second)).collect();
    if !full.is_empty() {
        let _ = writeln!(shown, "  active, of at most {ACTIVE_DEFINITIONS_MAX}: {}", full.join(", "));
    }
    shown
}

fn row_in_words(row: &ComparedRowV1, (first, second): (&str, &str), style: Style) -> String {
    let called = match (&row.key, &row.name) {
        (Some(key), Some(label)) => format!("{} {}", text::terminal(key), text::quoted(label)),
        (Some(only), None) => text::terminal(only).to_string(),
        (None, Some(label)) => text::quoted(label),
        (None, None) => String::new(),
    };
    let called = style.bold(&format!("{called} ({})", text::terminal(&row.system_presence)));
    let omits = |org: &str| if row.omitted { format!(", {org} omits it") } else { String::new() };
    let mut shown = match row.found {
        PairFindingV1::Differs => format!("  {} {called}\n", style.doubtful("~ differs")),
        PairFindingV1::OnlyFirst => {
            format!("  {} {called}{}\n", style.good(&format!("+ only in {first}")), omits(second))
        }
        PairFindingV1::OnlySecond => {
            format!("  {} {called}{}\n", style.bad(&format!("- only in {second}")), omits(first))
        }
        PairFindingV1::LooksAlike => {
            let label = row.looks_like.as_deref().map(text::quoted).unwrap_or_default();
            format!("  {} {called}: in {second} it is {label}\n", style.doubtful("? looks alike"))
        }
    };
    let value = |it: &Option<String>| it.as_deref().map_or_else(|| "none".to_owned(), text::quoted);
    for it in &row.differences {
        let field = it.field.strip_prefix("labels.").unwrap_or(&it.field);
        let _ = writeln!(shown, "      {}: {} · {}", text::terminal(field), value(&it.first), value(&it.second));
    }
    if let Some(place) = &row.place {
        let reason = row.reason.as_ref().map_or_else(String::new, |it| format!(": {}", text::terminal(it)));
        let _ = writeln!(shown, "      {}:{}:{}{reason}", text::terminal(&place.file), place.line, place.column);
    }
    shown
}

pub fn csv(comparison: &ComparisonV1) -> String {
    let headings =
        ["first", "second", "key", "name", "systemPresence", "found", "field", "firstValue", "secondValue", "reason"];
    let mut rows = Vec::new();
    for pair in &comparison.comparisons {
        for row in &pair.rows {
            let found = match row.found {
                PairFindingV1::Differs => "differs",
                PairFindingV1::OnlyFirst => "only-first",
                PairFindingV1::OnlySecond => "only-second",
                PairFindingV1::LooksAlike => "looks-alike",
            };
            let or_empty = |it: &Option<String>| it.clone().unwrap_or_default();
            let record = |[field, first, second]: [String; 3]| {
                let head = [pair.first.clone(), pair.second.clone(), or_empty(&row.key), or_empty(&row.name)];
                let tail = [row.system_presence.clone(), found.to_owned(), field, first, second, or_empty(&row.reason)];
                head.into_iter().chain(tail).collect::<Vec<String>>()
            };
            if row.differences.is_empty() {
                rows.push(record([String::new(), String::new(), or_empty(&row.looks_like)]));
            }
            let of = |it: &crate::output::json::comparison::FieldDifferenceV1| {
                record([it.field.clone(), or_empty(&it.first), or_empty(&it.second)])
            };
            rows.extend(row.differences.iter().map(of));
        }
    }
    written(&headings.map(str::to_owned), &rows)
}

impl OrgComparisonV1 {
    fn has_unpaired(&self) -> bool {
        self.not_paired_in_first + self.not_paired_in_second > 0
    }
}
