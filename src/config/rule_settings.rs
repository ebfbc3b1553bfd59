//! `settings.rules`: the level of each finding, globally or for one definition. Defines its shape and its conversion
//! for the collector.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::config::collector::Levels;
use crate::config::finding::Severity;
use crate::config::located::{Entries, Located, LocatedField};
use crate::config::rules::{RULES, Rule, Settable, rule};
use crate::model::source::Span;

/// How much a finding matters, as people type it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not told.
    Off,
    /// It is told.
    Warn,
    /// It stops the work.
    Error,
}

impl Level {
    const NAMES: [&str; 3] = ["off", "warn", "error"];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// What is set for one rule.
#[derive(Debug, Clone)]
pub enum RuleSetting {
    /// `same-label: off`
    Level(Level),
    /// `same-label: { level: warn, keys: { lunch: off } }`
    Each {
        /// For everything that `keys` does not name.
        level: LocatedField<Level>,
        /// For definitions, by key.
        keys: LocatedField<Entries<Level>>,
    },
}

/// `settings.rules`, by the names of rules.
#[derive(Debug, Clone, Default)]
pub struct RuleLevels(pub Entries<RuleSetting>);

/// One line of [`Rules`]: a rule, the definition where it is about one, and the level.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// The rule's name.
    pub rule: Located<String>,
    /// The key, where the line is about one definition.
    pub key: Option<Located<String>>,
    /// None where what stands there was wrong.
    pub level: LocatedField<Level>,
}

impl RuleLine {
    /// What the line sets, as a message names it.
    pub fn path(&self) -> String {
        let (rule, key) = self.name();
        match key {
            None => format!("rules.{rule}"),
            Some(key) => format!("rules.{rule}.keys.{key}"),
        }
    }

    /// The rule, and the key.
    pub fn name(&self) -> (String, Option<String>) {
        let text = |it: &Located<String>| it.value.clone().unwrap_or_default();
        (text(&self.rule), self.key.as_ref().map(text))
    }
}

/// Every line, in the file's order.
pub fn lines(field: &LocatedField<RuleLevels>) -> Vec<RuleLine> {
    let mut lines = Vec::new();
    for (rule, setting) in field.get().into_iter().flat_map(|it| &it.0.0) {
        let line = |key, level| RuleLine { rule: rule.clone(), key, level };
        match &setting.value {
            None => lines.push(line(None, LocatedField(Some(Located { place: setting.place, value: None })))),
            Some(RuleSetting::Level(level)) => {
                lines.push(line(None, LocatedField(Some(Located { place: setting.place, value: Some(*level) }))));
            }
            Some(RuleSetting::Each { level, keys }) => {
                if level.0.is_some() {
                    lines.push(line(None, level.clone()));
                }
                let each =
                    Entries::of(keys).map(|(key, level)| line(Some(key.clone()), LocatedField(Some(level.clone()))));
                lines.extend(each);
            }
        }
    }
    lines
}

/// The same from lines, each rule once.
pub fn from_lines(lines: &[RuleLine], place: Span) -> LocatedField<RuleLevels> {
    let mut entries: BTreeMap<String, (Located<String>, LocatedField<Level>, Vec<_>)> = BTreeMap::new();
    for line in lines {
        let (name, _) = line.name();
        let entry = entries.entry(name).or_insert_with(|| (line.rule.clone(), LocatedField::default(), Vec::new()));
        match (&line.key, &line.level.0) {
            (None, _) => entry.1 = line.level.clone(),
            (Some(key), Some(level)) => entry.2.push((key.clone(), level.clone())),
            (Some(_), None) => {}
        }
    }
    let entries = entries.into_values().map(|(rule, level, keys)| {
        let keys = if keys.is_empty() { None } else { Some(Located { place: rule.place, value: Some(Entries(keys)) }) };
        let setting = RuleSetting::Each { level, keys: LocatedField(keys) };
        (rule.clone(), Located { place: rule.place, value: Some(setting) })
    });
    LocatedField(Some(Located { place, value: Some(RuleLevels(Entries(entries.collect()))) }))
}

/// What a config sets, by rule and key.
pub fn levels(field: &LocatedField<RuleLevels>) -> Levels {
    let set = lines(field).into_iter().filter_map(|it| {
        let severity = match it.level.get()? {
            Level::Off => None,
            Level::Warn => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        };
        Some((it.name(), (severity, it.level.0.as_ref()?.place)))
    });
    Levels(set.collect())
}

impl<'de> Deserialize<'de> for RuleLevels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RuleLevels, D::Error> {
        let levels = Entries::deserialize(deserializer)?;
        if levels.0.iter().all(|(name, setting)| may_be_set(name, setting)) {
            Ok(RuleLevels(levels))
        } else {
            Err(Error::custom("a rule is set that cannot be"))
        }
    }
}

fn may_be_set(name: &Located<String>, setting: &Located<RuleSetting>) -> bool {
    match name.value.as_deref().and_then(rule).map(|it| it.settable) {
        None | Some(Settable::No) => false,
        Some(Settable::Whole) => !matches!(&setting.value, Some(RuleSetting::Each { keys, .. }) if keys.0.is_some()),
        Some(Settable::ByKey) => true,
    }
}

/// The longer form.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Each {
    level: LocatedField<Level>,
    keys: LocatedField<Entries<Level>>,
}

impl<'de> Deserialize<'de> for RuleSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RuleSetting, D::Error> {
        deserializer.deserialize_any(RuleVisitor)
    }
}

struct RuleVisitor;

impl<'de> Visitor<'de> for RuleVisitor {
    type Value = RuleSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a level, or a mapping with `level` and `keys`")
    }

    fn visit_str<E: Error>(self, typed: &str) -> Result<RuleSetting, E> {
        Level::deserialize(StrDeserializer::new(typed)).map(RuleSetting::Level)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleSetting, A::Error> {
        let Each { level, keys } = Each::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RuleSetting::Each { level, keys })
    }
}

impl JsonSchema for RuleLevels {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> =
            RULES.iter().filter_map(|rule| Some((rule.name.to_owned(), rule_schema(rule)?))).collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// None for a rule that no config may set.
fn rule_schema(rule: &Rule) -> Option<Value> {
    let level = serde_json::json!({ "type": "string", "enum": Level::NAMES });
    let mut properties = Map::new();
    match rule.settable {
        Settable::No => return None,
        Settable::Whole => {}
        Settable::ByKey => {
            let keys = serde_json::json!({
                "description": "The level for single definitions, by key.",
                "type": "object",
                "additionalProperties": level,
            });
            properties.insert("keys".to_owned(), keys);
        }
    }
    properties.insert("level".to_owned(), level);
    // `then` and the fields describe one form each, so that a mistake is reported for the right form.
    Some(serde_json::json!({
        "description": rule.summary(),
        "type": ["string", "object"],
        "if": { "type": "string" },
        "then": { "enum": Level::NAMES },
        "properties": properties,
        "additionalProperties": false,
    }))
}
