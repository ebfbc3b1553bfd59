//! Names from a Terraform state: the values that are read, the keys, and the blocks that make Terraform forget the
//! objects.

use presencectl::model::names::Key;
use presencectl::model::observed::Observed;
use presencectl::ops::import::note::ImportNote;
use presencectl::ops::import::terraform::{RESOURCE_TYPE, Resource, keys, removed};
use presencectl::ops::import::{ImportRequest, import, prove};
use presencectl::output::json::terraform_state::{StateError, read};
use serde_json::{Value, json};

use super::{asked, organization, planned, shown};
use crate::paper::object;

/// A resource in a state, by the number of its definition.
fn resource(module: &str, name: &str, index: &Value, number: usize) -> Value {
    let spelt = if index.is_null() { String::new() } else { format!("[{index}]") };
    let dot = if module.is_empty() { "" } else { "." };
    let mut resource = json!({
        "address": format!("{module}{dot}{RESOURCE_TYPE}.{name}{spelt}"),
        "mode": "managed", "type": RESOURCE_TYPE, "name": name,
        "values": { "id": object(number, "Meal", &[]).id.as_str() },
    });
    if !index.is_null() {
        resource["index"] = index.clone();
    }
    resource
}

/// A state of modules, each within the root.
fn state(root: &[Value], modules: &[(&str, &[Value])]) -> String {
    let child = |(address, resources): &(&str, &[Value])| json!({ "address": address, "resources": resources });
    let children: Vec<Value> = modules.iter().map(child).collect();
    json!({
        "format_version": "1.0",
        "values": { "root_module": { "resources": root, "child_modules": children } },
    })
    .to_string()
}

fn plain(name: &str, number: usize) -> Value {
    resource("", name, &Value::Null, number)
}

/// Address and key, by address.
fn keyed(state: &str) -> Vec<String> {
    let resources = read(state).unwrap();
    let keys = keys(&resources);
    let key = |it: &Resource| keys.get(it.id.as_ref().unwrap()).map_or_else(|| "-".to_owned(), Key::to_string);
    resources.iter().map(|it| format!("{} {}", it.address.replace(RESOURCE_TYPE, "T"), key(it))).collect()
}

#[test]
fn a_key_is_the_name_with_index_and_module_where_two_would_be_equal() {
    let eu = |number| format!("module.eu[{number}]");
    let nested = r#"module.apac["a.b[\"]"].module.team"#;
    let state = state(
        &[
            plain("tea", 1),
            plain("Late_Lunch", 2),
            resource("", "only", &json!(0), 3),
            resource("", "old", &json!(1), 4),
            resource("", "old", &json!(0), 5),
            resource("", "shift", &json!("Früh \"1\""), 6),
            resource("", "shift", &json!("spät/2"), 7),
        ],
        &[
            ("module.nordic", &[resource("module.nordic", "tea", &Value::Null, 8)]),
            (&eu(0), &[resource(&eu(0), "desk", &Value::Null, 9)]),
            (&eu(1), &[resource(&eu(1), "desk", &Value::Null, 10)]),
            (nested, &[resource(nested, "tea", &Value::Null, 11)]),
        ],
    );
    assert_eq!(
        keyed(&state),
        [
            "T.Late_Lunch late-lunch",
            "T.old[0] old-0",
            "T.old[1] old-1",
            "T.only[0] only",
            "T.shift[\"Früh \\\"1\\\"\"] shift-fruh-1",
            "T.shift[\"spät/2\"] shift-spat-2",
            "T.tea tea",
            "module.apac[\"a.b[\\\"]\"].module.team.T.tea apac-team-tea",
            "module.eu[0].T.desk eu-0-desk",
            "module.eu[1].T.desk eu-1-desk",
            "module.nordic.T.tea nordic-tea",
        ]
    );
}

#[test]
fn names_that_stay_equal_get_numbers_and_take_no_other_name() {
    let state = state(
        &[
            plain("a_b", 1),
            plain("a-b", 2),
            plain("a_b_2", 3),
            plain("__", 4),
            resource("", "x", &json!("\u{202E}"), 5),
            resource("", "x", &json!("`$(id)`"), 6),
        ],
        &[],
    );
    assert_eq!(
        keyed(&state),
        ["T.__ -", "T.a-b a-b", "T.a_b a-b-3", "T.a_b_2 a-b-2", "T.x[\"`$(id)`\"] x-id", "T.x[\"\u{202E}\"] x",]
    );
}

#[test]
fn the_order_of_a_state_changes_no_key() {
    let name = |number: usize| if number.is_multiple_of(2) { "a_b" } else { "a-b" };
    let all: Vec<Value> = (1..9).map(|it| resource("", name(it), &json!(it / 2), it)).collect();
    let mut other = all.clone();
    other.reverse();
    assert_eq!(keyed(&state(&all, &[])), keyed(&state(&other, &[])));
}

#[test]
fn a_block_is_of_a_resource_and_has_the_address_of_its_module() {
    let module = "module.a[\"x\"].module.b";
    let state = state(
        &[resource("", "old", &json!(0), 1), resource("", "old", &json!(1), 2)],
        &[(module, &[resource(module, "tea", &Value::Null, 3)])],
    );
    let block = |it: &str| format!("removed {{\n  from = {it}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
    let expected = [format!("module.a.module.b.{RESOURCE_TYPE}.tea"), format!("{RESOURCE_TYPE}.old")];
    let mut expected = expected.map(|it| block(&it));
    expected.sort();
    assert_eq!(removed(&read(&state).unwrap()), expected.join("\n"));
}

#[test]
fn what_is_named_is_imported_and_the_rest_gets_keys_as_ever() {
    let mut hidden = object(2, "Meal", &[("en_US", "Old")]);
    hidden.deactivated = true;
    let mut other = object(4, "Meal", &[("en_US", "Never named")]);
    other.deactivated = true;
    let objects = vec![
        object(1, "Meal", &[("en_US", "Lunch")]),
        hidden,
        object(3, "Break", &[("en_US", "Again")]),
        other,
        object(5, "Busy", &[("en_US", "Pause 2")]),
    ];
    let org = Observed::new(objects, None);
    let text = state(&[plain("pause", 1), plain("pause_2", 2), plain("gone", 99), plain("again", 1)], &[]);
    let resources = read(&text).unwrap();
    let import = import(&org, &organization(), &ImportRequest { resources, ..asked() });
    assert_eq!(prove(&import, &org), Ok(()));
    let plan = planned(&import, &org);
    assert!(plan.is_empty(), "{}", shown(&plan));
    let text = &import.files[0].text;
    let keys: Vec<&str> = text.lines().filter(|it| it.starts_with("  ") && it.ends_with(':')).map(str::trim).collect();
    let keys: Vec<&str> = keys.into_iter().filter(|it| *it != "labels:" && *it != "settings:").collect();
    assert_eq!(keys, ["again-2:", "pause-2-2:", "again:", "pause-2:"], "{text}");
    let address = |name: &str| format!("{RESOURCE_TYPE}.{name}");
    assert_eq!(
        import.notes[..3],
        [
            ImportNote::ResourceNotInOrg { address: address("gone"), id: object(99, "Meal", &[]).id },
            ImportNote::ResourceRepeated { address: address("pause"), first: address("again") },
            ImportNote::DeactivatedLeftOut { count: 1 },
        ]
    );
}

#[test]
fn what_is_no_state_is_named() {
    let of = |text: &str| read(text).unwrap_err();
    assert_eq!(of(r#"{ "format_version": "1.2", "planned_values": {}, "values": {} }"#), StateError::Plan);
    assert_eq!(of(r#"{ "version": 4, "serial": 3, "lineage": "x", "resources": [{}] }"#), StateError::RawState);
    assert_eq!(of(r#"{ "format_version": "1.0" }"#), StateError::NoDefinitions);
    assert_eq!(of(r#"{ "format_version": "2.0", "values": {} }"#), StateError::UnknownFormat);
    assert_eq!(of("{}"), StateError::OtherDocument);
    assert!(matches!(of("[]"), StateError::OtherShape { .. }));
    assert_eq!(of("{\n \"values\": \"secret\" }"), StateError::OtherShape { line: 2, column: 19 });
    assert_eq!(of("{\n  \"values\": {,").to_string(), "it is not JSON (key must be a string at line 2 column 14)");
    let others = [
        json!({ "mode": "data", "type": RESOURCE_TYPE, "name": "tea", "values": { "id": "x" } }),
        json!({ "mode": "managed", "type": "genesyscloud_user", "name": "tea", "values": { "id": 7 } }),
        json!({ "mode": "managed", "type": RESOURCE_TYPE, "name": "tea", "deposed_key": "1", "values": { "id": "x" } }),
    ];
    assert_eq!(of(&state(&others, &[])), StateError::NoDefinitions);
}

#[test]
fn an_address_that_terraform_does_not_take_is_refused() {
    for name in ["", "a b", "1a", "a\"", "a\n}\nresource", "a}", "${x}", "a.b", "a\u{3164}"] {
        let error = read(&state(&[plain(name, 1)], &[])).unwrap_err();
        assert!(matches!(error, StateError::BadAddress(_)), "{name:?}: {error}");
    }
    for module in ["emea", "module.", "module.a.", "module.a[", "module.a[\"x]", "module.a[0]x", "module.a }"] {
        let error = read(&state(&[], &[(module, &[plain("tea", 1)])])).unwrap_err();
        assert_eq!(error, StateError::BadAddress(module.to_owned()));
    }
}
