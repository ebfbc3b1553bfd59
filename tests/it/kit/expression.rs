//! The expressions of GitHub Actions, as far as the kit uses them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::path::Path;

use serde_json::Value;

/// A value as it stands in a text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(it) => it.clone(),
        it => it.to_string(),
    }
}

/// A text with the value of each `${{ … }}` in its place.
pub(super) fn interpolated(raw: &str, context: &Value) -> String {
    let mut parts = raw.split("${{");
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once("}}").unwrap();
        whole.push_str(&text(&value(expression, context)));
        whole.push_str(rest);
    }
    whole
}

/// Is the condition of a job or a step met? Where none of it looks at what became of those before, they must have succeeded:
/// their status is `job.status` of the context, in which an unknown name is empty.
pub(super) fn is_met(condition: &Value, context: &Value) -> bool {
    let condition = condition.as_str().unwrap_or("success()");
    let bare = condition.trim().strip_prefix("${{").and_then(|it| it.strip_suffix("}}")).unwrap_or(condition);
    let looks = ["success()", "failure()", "cancelled()", "always()"].iter().any(|it| bare.contains(it));
    (looks || context["job"]["status"] == "success") && is_truthy(&value(bare, context))
}

fn value(expression: &str, context: &Value) -> Value {
    let mut reader = Reader { rest: expression, context };
    let value = reader.or();
    assert_eq!(reader.rest.trim(), "", "{expression}");
    value
}

fn is_truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("") && value.as_u64() != Some(0)
}

struct Reader<'a> {
    rest: &'a str,
    context: &'a Value,
}

impl Reader<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn or(&mut self) -> Value {
        let mut left = self.and();
        while self.takes("||") {
            let right = self.and();
            left = if is_truthy(&left) { left } else { right };
        }
        left
    }

    fn and(&mut self) -> Value {
        let mut left = self.compared();
        while self.takes("&&") {
            let right = self.compared();
            left = if is_truthy(&left) { right } else { left };
        }
        left
    }

    fn compared(&mut self) -> Value {
        let left = self.single();
        let same = if self.takes("==") {
            true
        } else if self.takes("!=") {
            false
        } else {
            return left;
        };
        Value::from((text(&left) == text(&self.single())) == same)
    }

    fn single(&mut self) -> Value {
        if self.takes("!") {
            return Value::from(!is_truthy(&self.single()));
        }
        if self.takes("(") {
            let value = self.or();
            assert!(self.takes(")"), "{}", self.rest);
            return value;
        }
        if self.takes("'") {
            let (string, rest) = self.rest.split_once('\'').unwrap();
            self.rest = rest;
            return Value::from(string);
        }
        let name: String =
            self.rest.trim_start().chars().take_while(|&c| c.is_alphanumeric() || "_-.".contains(c)).collect();
        assert!(!name.is_empty(), "{}", self.rest);
        assert!(self.takes(&name));
        if !self.takes("(") {
            return name.split('.').fold(self.context.clone(), |it, part| it[part].clone());
        }
        let mut arguments = Vec::new();
        while !self.takes(")") {
            arguments.push(text(&self.or()));
            self.takes(",");
        }
        self.called(&name, &arguments)
    }

    fn called(&self, name: &str, arguments: &[String]) -> Value {
        match (name, arguments) {
            ("always", []) => Value::from(true),
            ("success" | "failure" | "cancelled", []) => Value::from(self.context["job"]["status"] == name),
            ("format", [form, value]) => Value::from(form.replace("{0}", value)),
            ("hashFiles", [pattern]) => {
                let workspace = text(&self.context["github"]["workspace"]);
                let there = Path::new(&workspace).join(pattern.trim_end_matches("/**")).exists();
                Value::from(if there { "a hash" } else { "" })
            }
            _ => unreachable!("{name} of {} arguments", arguments.len()),
        }
    }
}

#[test]
fn expressions_mean_what_they_mean_to_github() {
    let context = serde_json::json!({ "a": { "b-c": "x", "yes": true }, "job": { "status": "success" } });
    for (raw, meant) in [
        ("${{ a.b-c }}/${{ a.none }}", "x/"),
        ("${{ a.b-c == 'x' && format('<{0}>', a.b-c) || 'no' }}", "<x>"),
        ("${{ a.b-c != 'x' && 'yes' || 'no' }}", "no"),
        ("${{ a.none || a.b-c }}", "x"),
        ("${{ a.yes == 'true' }}", "true"),
        ("${{ always() && success() }}", "true"),
        ("${{ !cancelled() && !(a.yes && failure()) }}", "true"),
    ] {
        assert_eq!(interpolated(raw, &context), meant, "{raw}");
    }
}

#[test]
fn a_condition_that_looks_at_no_status_wants_success() {
    for (condition, success, failure, cancelled) in [
        (Value::Null, true, false, false),
        (Value::from("a == 'x'"), true, false, false),
        (Value::from("always()"), true, true, true),
        (Value::from("${{ !cancelled() && a == 'x' }}"), true, true, false),
        (Value::from("failure()"), false, true, false),
    ] {
        for (status, met) in [("success", success), ("failure", failure), ("cancelled", cancelled)] {
            let context = serde_json::json!({ "a": "x", "job": { "status": status } });
            assert_eq!(is_met(&condition, &context), met, "{condition} after {status}");
        }
    }
}
