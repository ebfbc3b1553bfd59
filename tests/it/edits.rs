//! Edits of a config file in place: what changes, and that nothing else does.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use presencectl::config::edit::{EditFlaw, EntryComment, FileEdit, Leaf, comments_below, edited};

mod into_org;
mod random;

fn text(label: &str) -> Leaf {
    Leaf::Text(label.to_owned())
}

fn set(path: &str, label: &str) -> FileEdit {
    FileEdit::set(&path.split('.').collect::<Vec<_>>(), text(label))
}

fn remove(path: &str) -> FileEdit {
    FileEdit::remove(&path.split('.').collect::<Vec<_>>())
}

/// The edits give this text, with every kind of line end and with and without the last one and a byte-order mark.
#[track_caller]
fn gives(before: &str, edits: &[FileEdit], after: &str) {
    assert_eq!(edited(before, edits).unwrap(), after);
    let dos = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(edited(&dos(before), edits).unwrap(), dos(after));
    let marked = |text: &str| format!("\u{FEFF}{text}");
    assert_eq!(edited(&marked(before), edits).unwrap(), marked(after));
    let cut = |text: &str| text.strip_suffix('\n').unwrap_or(text).to_owned();
    assert_eq!(edited(&cut(before), edits).unwrap(), cut(after));
}

const FLOW: &str = "version: 1
definitions:
  # What people eat.
  lunch: # at noon
    systemPresence: Meal
    labels: { en_US: Lunch, de: Mittag } # checked

  tea:
    systemPresence: Break
    labels: { en_US: Tea }
";

#[test]
fn a_value_is_replaced_where_it_stands() {
    gives(FLOW, &[set("definitions.lunch.labels.de", "Mittagspause")], &FLOW.replace("Mittag }", "Mittagspause }"));
    gives(FLOW, &[set("definitions.lunch.systemPresence", "Break")], &FLOW.replace("Meal", "Break"));
    gives(FLOW, &[set("definitions.lunch.labels.de", "Mittag")], FLOW);
}

#[test]
fn an_entry_is_added_in_the_style_of_its_neighbours() {
    gives(FLOW, &[set("definitions.tea.labels.de", "Tee: grün")], &FLOW.replace("Tea }", "Tea, de: \"Tee: grün\" }"));
    let deactivated = FileEdit::set(&["definitions", "lunch", "deactivated"], Leaf::Bool(true));
    let after = FLOW.replace("# checked\n", "# checked\n    deactivated: true\n");
    gives(FLOW, &[deactivated], &after);
    let added = [set("overrides.tea.labels.de", "Tee"), set("ids.tea", "2fa68d50-0000-4000-8000-000000000001")];
    let after = format!(
        "{FLOW}overrides:\n  tea:\n    labels: {{ de: Tee }}\nids:\n  tea: 2fa68d50-0000-4000-8000-000000000001\n"
    );
    gives(FLOW, &added, &after);
}

#[test]
fn a_block_keeps_its_quotes_and_its_indentation() {
    let before = "version: 1
definitions:
    lunch:
        labels:
            en_US: 'Lunch'
            # Agreed with the union.
            de: 'Mittag' # formal

            fr: 'Déjeuner'
        systemPresence: Meal
";
    gives(before, &[set("definitions.lunch.labels.de", "l'heure")], &before.replace("'Mittag'", "'l''heure'"));
    gives(
        before,
        &[set("definitions.lunch.labels.es", "no")],
        &before.replace("'Déjeuner'\n", "'Déjeuner'\n            es: 'no'\n"),
    );
    let without = before.replace("            # Agreed with the union.\n            de: 'Mittag' # formal\n", "");
    gives(before, &[remove("definitions.lunch.labels.de")], &without);
    let two = [set("definitions.tea.systemPresence", "Break"), set("definitions.tea.labels.en_US", "Tea")];
    let after = format!("{before}    tea:\n        systemPresence: Break\n        labels:\n            en_US: 'Tea'\n");
    gives(before, &two, &after);
}

#[test]
fn what_is_left_empty_goes_as_a_whole_with_its_comment() {
    let before = "version: 1
org: { name: acme }
overrides:
  # They do not read French.
  lunch:
    labels: { fr: null }
  tea: { labels: { de: Tee, fr: null } }
omit: [coffee]
";
    let after = before.replace("  # They do not read French.\n  lunch:\n    labels: { fr: null }\n", "");
    gives(before, &[remove("overrides.lunch.labels.fr")], &after);
    gives(before, &[remove("overrides.tea.labels.de")], &before.replace("de: Tee, fr", "fr"));
    gives(before, &[remove("overrides.tea.labels.fr")], &before.replace("Tee, fr: null", "Tee"));
    let both = [remove("overrides.lunch"), remove("overrides.tea.labels.fr"), remove("overrides.tea.labels.de")];
    gives(before, &both, "version: 1\norg: { name: acme }\nomit: [coffee]\n");
    let swapped =
        [remove("overrides.tea.labels.de"), remove("overrides.tea.labels.fr"), set("overrides.tea.labels.sv", "Te")];
    gives(before, &swapped, &before.replace("{ de: Tee, fr: null }", "{ sv: Te }"));
    gives(before, &[FileEdit::append(&["omit"], "tea")], &before.replace("[coffee]", "[coffee, tea]"));
}

#[test]
fn lists_and_empty_sections_are_filled() {
    let before = "version: 1\norg:\n  name: acme\noverrides:\nomit:\n  - coffee # theirs\nids: {} # none yet\n";
    let edits = [set("overrides.tea.labels.de", "Tee"), FileEdit::append(&["omit"], "tea"), set("ids.tea", "x")];
    gives(
        before,
        &edits,
        "version: 1\norg:\n  name: acme\noverrides:\n  tea:\n    labels:\n      de: Tee\nomit:\n  - coffee # theirs\n  - tea\nids: { tea: x } # none yet\n",
    );
    gives(
        "version: 1\nuse: [base]\n",
        &[
            FileEdit::append(&["omit"], "no"),
            FileEdit::comment(
                &["omit"],
                EntryComment { above: vec!["# Not here.".to_owned()], beside: Some("# ask".to_owned()) },
            ),
        ],
        "version: 1\nuse: [base]\n# Not here.\nomit: [\"no\"] # ask\n",
    );
}

#[test]
fn an_empty_section_keeps_its_comments() {
    let before = "version: 1\norg: { name: acme }\nids: # from pin\n  # lunch: 1234\n\nomit: []\n";
    gives(before, &[set("ids.tea", "x")], &before.replace("# from pin\n", "# from pin\n  tea: x\n"));
}

#[test]
fn json_stays_json() {
    let before = "{\n  \"version\": 1,\n  \"definitions\": {\n    \"lunch\": {\n      \"systemPresence\": \"Meal\",\n      \"labels\": {\n        \"en_US\": \"Lunch\",\n        \"de\": \"Mittag\"\n      }\n    }\n  }\n}\n";
    let added = before.replace("\"Mittag\"\n", "\"Mittag\",\n        \"fr\": \"Déjeuner\"\n");
    gives(before, &[set("definitions.lunch.labels.fr", "Déjeuner")], &added);
    gives(
        before,
        &[remove("definitions.lunch.labels.de")],
        &before.replace("\"Lunch\",\n        \"de\": \"Mittag\"\n", "\"Lunch\"\n"),
    );
    let two = [remove("definitions.lunch.labels.de"), set("definitions.lunch.labels.fr", "Déjeuner")];
    gives(before, &two, &before.replace("\"de\": \"Mittag\"", "\"fr\": \"Déjeuner\""));
    let section = before
        .replace("    }\n  }\n}", "    }\n  },\n  \"overrides\": { \"tea\": { \"labels\": { \"de\": \"Tee\" } } }\n}");
    gives(before, &[set("overrides.tea.labels.de", "Tee")], &section);
}

#[test]
fn comments_stay_with_their_entries_and_go_with_them() {
    let before = "version: 1
# About all of them.

definitions:
  # Lunch is long.
  # Very long.
  lunch: { systemPresence: Meal, labels: { en_US: Lunch } } # noon
    # deeper: still about lunch

  # Stands for itself.

  tea: { systemPresence: Break, labels: { en_US: Tea } }
  # Below the last one.
# At the end.
";
    let without = before
        .replace("  # Lunch is long.\n  # Very long.\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch } } # noon\n    # deeper: still about lunch\n", "");
    gives(before, &[remove("definitions.lunch")], &without);
    let comments = comments_below(before, &["definitions", "lunch"]);
    assert_eq!(comments[&["labels".to_owned()][..]], EntryComment::default());
    let comment = comments[&[][..]].clone();
    assert_eq!(comment.above, ["# Lunch is long.", "# Very long."]);
    assert_eq!(comment.beside.as_deref(), Some("# noon"));
    let carried = [
        FileEdit::set(&["definitions", "pause", "systemPresence"], text("Break")),
        FileEdit::comment(&["definitions", "pause"], comment),
    ];
    let after = before.replace(
        "  # Below the last one.\n",
        "  # Lunch is long.\n  # Very long.\n  pause: # noon\n    systemPresence: Break\n  # Below the last one.\n",
    );
    gives(before, &carried, &after);
    assert_eq!(comments_below(before, &["version"])[&[][..]], EntryComment::default());
    assert!(comments_below(before, &["version", "lunch"]).is_empty());
}

#[test]
fn what_cannot_be_edited_safely_is_left_alone() {
    let flaw = |text: &str, edit: FileEdit| edited(text, &[edit]).unwrap_err();
    assert_eq!(flaw("a: &x 1\nb: *x\n", set("a", "y")), EditFlaw::NotRead);
    assert_eq!(flaw("- 1\n", set("a", "y")), EditFlaw::NoMapping);
    assert_eq!(flaw("a: text\n", set("a.b", "y")), EditFlaw::Unfit(vec!["a".to_owned()]));
    let header = "a: | # why\n  text\nb: 1\n";
    assert_eq!(flaw(header, set("a", "y")), EditFlaw::Layout(vec!["a".to_owned()]));
    assert!(matches!(flaw("? a\n: 1\n", set("c", "y")), EditFlaw::Layout(_)));
    let two = [set("a", "x"), set("a", "y")];
    assert_eq!(edited("a: z\n", &two).unwrap_err(), EditFlaw::Unfit(vec!["a".to_owned()]));
    // A blank line at its end is a part of the text.
    let kept = "a: |+\n  text\n\n";
    assert!(matches!(flaw(kept, set("b", "y")), EditFlaw::Guard(..)), "{:?}", edited(kept, &[set("b", "y")]));
}

#[test]
fn values_over_several_lines_are_replaced_and_followed() {
    let before = "a: |\n  one\n  two\nb: 'one\n  two'\nc: one\n  two\nd: >-\n  one\n  two\n";
    gives(before, &[set("a", "x"), set("b", "y"), set("c", "z"), set("d", "w")], "a: x\nb: 'y'\nc: z\nd: w\n");
    gives(before, &[remove("a"), remove("c")], "b: 'one\n  two'\nd: >-\n  one\n  two\n");
    gives(before, &[set("e", "# no comment")], &format!("{before}e: \"# no comment\"\n"));
}
