//! The reader of a config and its schema accept the same files. Test builds check every file with both and report a
//! difference as a bug, so one file per constraint of the schema is enough.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use presencectl::config::finding::Severity;
use presencectl::config::{self, Text};
use serde_json::{Value, json};

/// Says something and constrains nothing.
const WORDS: [&str; 5] = ["$schema", "title", "description", "examples", "if"];

/// A value that a part of the schema refuses, and the keyword because of which.
struct Refused {
    keyword: String,
    value: Value,
}

/// One of each type of JSON, and those that the types of Rust would take for another one.
fn values() -> Vec<(&'static [&'static str], Value)> {
    vec![
        (&["null"], Value::Null),
        (&["boolean"], json!(true)),
        (&["integer", "number"], json!(1)),
        (&["number"], json!(1.5)),
        (&["string"], json!("1")),
        (&["array"], json!([])),
        (&["array"], json!(["a", "b", "c"])),
        (&["object"], json!({})),
    ]
}

/// The values that a keyword of the schema refuses. It fails for an unknown keyword.
fn refused_by(keyword: &str, constraint: &Value) -> Vec<Value> {
    match keyword {
        "type" => {
            let types: Vec<&str> = match constraint {
                Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
                one => vec![one.as_str().unwrap()],
            };
            let is_other = |of: &[&str]| !of.iter().any(|it| types.contains(it));
            values().into_iter().filter(|(of, _)| is_other(of)).map(|(_, value)| value).collect()
        }
        "enum" => {
            let first = constraint[0].as_str().unwrap();
            vec![json!("no such"), json!(first.to_uppercase()), json!(format!("{first} "))]
        }
        "const" => vec![json!(constraint.as_u64().unwrap() + 1)],
        "minimum" => vec![json!(constraint.as_i64().unwrap() - 1)],
        "maximum" => vec![json!(constraint.as_u64().unwrap() + 1), json!(u64::MAX)],
        "minItems" => vec![json!([])],
        "required" => vec![json!({})],
        "additionalProperties" if *constraint == json!(false) => vec![json!({ "no such": "off" })],
        // Those that only lead to other parts.
        "properties" | "items" | "additionalProperties" | "then" => Vec::new(),
        other => panic!("the reader is not tested for `{other}` of the schema"),
    }
}

fn walk(schema: &Value, path: &[String], see: &mut dyn FnMut(&[String], Refused)) {
    let below = |key: &str| path.iter().cloned().chain([key.to_owned()]).collect::<Vec<String>>();
    for (keyword, constraint) in schema.as_object().unwrap() {
        if WORDS.contains(&keyword.as_str()) {
            continue;
        }
        for value in refused_by(keyword, constraint) {
            see(path, Refused { keyword: keyword.clone(), value });
        }
        match keyword.as_str() {
            "properties" => {
                constraint.as_object().unwrap().iter().for_each(|(key, schema)| walk(schema, &below(key), see));
            }
            "items" => walk(constraint, &below("[]"), see),
            "additionalProperties" if constraint.is_object() => walk(constraint, &below("lunch"), see),
            // Of a rule in its short form.
            "then" => walk(constraint, path, see),
            _ => {}
        }
    }
}

/// A file with this value at this place, and with nothing else that is wrong.
fn file(path: &[String], value: &Value) -> Value {
    let mut file = json!({ "version": 1, "org": { "name": "acme" } });
    let mut at = &mut file;
    for key in path {
        if key == "[]" {
            *at = json!([null]);
            at = &mut at[0];
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[key.as_str()];
        }
    }
    *at = value.clone();
    file
}

/// The errors of a file.
fn errors(file: &Value) -> Vec<String> {
    let text = file.to_string();
    let (_, found, _) = config::read_texts(Text { path: "acme.yaml", text: &text }, &[]);
    let errors = found.iter().filter(|it| it.severity == Severity::Error);
    errors.map(|it| format!("{:?}", it.finding)).collect()
}

#[test]
fn the_reader_refuses_what_the_schema_refuses() {
    let mut seen = 0;
    walk(&config::json_schema(), &[], &mut |path, Refused { keyword, value }| {
        // Two keywords may refuse one value, and the root is reported as another kind of file.
        if path.is_empty() {
            return;
        }
        let file = file(path, &value);
        let errors = errors(&file);
        assert!(!errors.is_empty(), "`{keyword}` of {path:?} takes {value}");
        assert!(!errors.iter().any(|it| it.contains("bug of presencectl")), "{keyword} {path:?} {file}: {errors:?}");
        seen += 1;
    });
    assert!(seen > 500, "only {seen} constraints were seen: this test has become blind");
}

/// What no constraint speaks against is taken by both.
#[test]
fn the_reader_takes_what_the_schema_takes() {
    for file in [
        json!({ "version": 1 }),
        json!({ "version": 1, "org": { "name": "acme", "id": "a", "region": "eu-central-1" }, "use": null }),
        json!({ "version": 1, "settings": null, "definitions": null, "overrides": null, "omit": null, "ids": null }),
        json!({ "version": 1, "settings": { "limits": { "renames": 0, "removals": u32::MAX }, "locales": [""] } }),
        json!({ "version": 1, "settings": { "rules": {
            "same-label": "off", "long-label": { "level": "warn", "keys": { "lunch": "error" } },
        } } }),
        json!({ "version": 1, "overrides": { "lunch": { "labels": { "de": null, "fr": "" } } }, "protect": [] }),
    ] {
        let errors = errors(&file);
        assert!(!errors.iter().any(|it| it.contains("bug of presencectl")), "{file}: {errors:?}");
    }
}
