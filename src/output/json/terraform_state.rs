//! Reads a Terraform state: the output of `terraform show -json`. It has secrets of other resources, so errors only
//! show addresses and ids.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::error::Category;

use crate::model::names::DefinitionId;
use crate::model::text;
use crate::ops::import::terraform::{self, RESOURCE_TYPE, Resource};

/// Why a file has no usable resources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The parser's message, which has a place and no value.
    #[error("it is not JSON ({0})")]
    NotJson(String),
    #[error("it is not what `terraform show -json` prints (line {line}, column {column})")]
    OtherShape { line: usize, column: usize },
    #[error("it is not what `terraform show -json` prints")]
    OtherDocument,
    #[error("it is of a format that this version ({}) does not know", env!("CARGO_PKG_VERSION"))]
    UnknownFormat,
    #[error("it is a plan, not a state")]
    Plan,
    #[error("it is a raw state, as `terraform.tfstate` is")]
    RawState,
    #[error("it has no resource `{RESOURCE_TYPE}`")]
    NoDefinitions,
    /// The address is raw.
    #[error("Terraform does not take the address {}", text::ticked(.0))]
    BadAddress(String),
}

impl StateError {
    /// What to type.
    pub fn help(&self) -> &'static str {
        match self {
            StateError::NoDefinitions => {
                "run `terraform show -json > FILE` where the presences are managed; without it, `import` makes the keys"
            }
            StateError::Plan => "print the state, without a plan file: `terraform show -json > FILE`",
            StateError::RawState => "print it where it is used: `terraform show -json > FILE`",
            StateError::NotJson(_)
            | StateError::OtherShape { .. }
            | StateError::OtherDocument
            | StateError::UnknownFormat
            | StateError::BadAddress(_) => "make it with `terraform show -json > FILE`, or with `tofu`",
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(expecting = "an object")]
struct State {
    format_version: Option<String>,
    values: Option<Values>,
    // In a plan.
    planned_values: Option<IgnoredAny>,
    resource_changes: Option<IgnoredAny>,
    // In a raw state.
    serial: Option<IgnoredAny>,
    lineage: Option<IgnoredAny>,
}

#[derive(serde::Deserialize)]
#[serde(expecting = "an object")]
struct Values {
    root_module: Option<StateModule>,
}

#[derive(serde::Deserialize)]
#[serde(expecting = "an object")]
struct StateModule {
    address: Option<String>,
    #[serde(default, deserialize_with = "wanted")]
    resources: Vec<StateResource>,
    #[serde(default, deserialize_with = "wanted")]
    child_modules: Vec<StateModule>,
}

#[derive(serde::Deserialize)]
#[serde(expecting = "an object")]
struct StateResource {
    address: Option<String>,
    mode: Option<String>,
    r#type: Option<String>,
    name: Option<String>,
    index: Option<Scalar>,
    /// In a replaced object that waits for its removal.
    deposed_key: Option<IgnoredAny>,
    values: Option<StateValues>,
}

#[derive(serde::Deserialize)]
#[serde(expecting = "an object")]
struct StateValues {
    id: Option<Scalar>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(u64),
    Text(String),
    Other(IgnoredAny),
}

/// Filters a list while it is read: a state may have any number of other resources.
trait Wanted {
    fn is_wanted(&self) -> bool;
}

impl Wanted for StateResource {
    fn is_wanted(&self) -> bool {
        self.mode.as_deref() == Some("managed")
            && self.r#type.as_deref() == Some(RESOURCE_TYPE)
            && self.deposed_key.is_none()
    }
}

impl Wanted for StateModule {
    fn is_wanted(&self) -> bool {
        !self.resources.is_empty() || !self.child_modules.is_empty()
    }
}

fn wanted<'de, D: Deserializer<'de>, T: Deserialize<'de> + Wanted>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Items<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de> + Wanted> Visitor<'de> for Items<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut kept = Vec::new();
            while let Some(item) = items.next_element::<T>()? {
                if item.is_wanted() {
                    kept.push(item);
                }
            }
            Ok(kept)
        }
    }

    deserializer.deserialize_any(Items(PhantomData))
}

/// The definitions in a state.
pub fn read(text: &str) -> Result<Vec<Resource>, StateError> {
    let state: State = serde_json::from_str(text).map_err(|error| match error.classify() {
        // Other error messages may have a value.
        Category::Data => StateError::OtherShape { line: error.line(), column: error.column() },
        Category::Io | Category::Syntax | Category::Eof => StateError::NotJson(error.to_string()),
    })?;
    if state.planned_values.is_some() || state.resource_changes.is_some() {
        return Err(StateError::Plan);
    }
    if state.serial.is_some() || state.lineage.is_some() {
        return Err(StateError::RawState);
    }
    let format = state.format_version.ok_or(StateError::OtherDocument)?;
    if !["0", "1"].contains(&format.split('.').next().unwrap_or_default()) {
        return Err(StateError::UnknownFormat);
    }
    let mut resources = Vec::new();
    let mut modules: Vec<StateModule> = state.values.and_then(|it| it.root_module).into_iter().collect();
    while let Some(module) = modules.pop() {
        let address = module.address.unwrap_or_default();
        let path = modules_of(&address).ok_or(StateError::BadAddress(address))?;
        for resource in module.resources {
            resources.push(read_resource(resource, &path)?);
        }
        modules.extend(module.child_modules);
    }
    if resources.is_empty() {
        return Err(StateError::NoDefinitions);
    }
    resources.sort();
    Ok(resources)
}

fn read_resource(resource: StateResource, modules: &[terraform::Module]) -> Result<Resource, StateError> {
    let StateResource { address, mode: _, r#type: _, name, index, deposed_key: _, values } = resource;
    let name = name.unwrap_or_default();
    let address = address.unwrap_or_else(|| format!("{RESOURCE_TYPE}.{name}"));
    if !is_identifier(&name) {
        return Err(StateError::BadAddress(address));
    }
    let index = match index {
        Some(Scalar::Number(number)) => Some(number.to_string()),
        Some(Scalar::Text(text)) => Some(text),
        Some(Scalar::Other(_)) | None => None,
    };
    let id = match values.and_then(|it| it.id) {
        Some(Scalar::Text(id)) => DefinitionId::new(&id),
        Some(Scalar::Number(_) | Scalar::Other(_)) | None => None,
    };
    Ok(Resource { address, modules: modules.to_vec(), name, index, id })
}

/// The modules of an address such as `module.emea["a"].module.team`. `None` if it is invalid.
fn modules_of(address: &str) -> Option<Vec<terraform::Module>> {
    let mut modules = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        let named = rest.strip_prefix("module.")?;
        let (name, after) = named.split_at(named.find(['.', '[']).unwrap_or(named.len()));
        let (index, after) = match after.strip_prefix('[') {
            Some(within) => {
                let (index, after) = index_of(within)?;
                (Some(index.to_owned()), after)
            }
            None => (None, after),
        };
        if !is_identifier(name) {
            return None;
        }
        modules.push(terraform::Module { name: name.to_owned(), index });
        rest = match after.strip_prefix('.') {
            Some("") => return None,
            Some(next) => next,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(modules)
}

/// The instance key in its spelling, and the text after its bracket.
fn index_of(within: &str) -> Option<(&str, &str)> {
    let Some(quoted) = within.strip_prefix('"') else { return within.split_once(']') };
    let mut is_escaped = false;
    let end = quoted.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    let (index, after) = quoted.split_at(end);
    Some((index, after.strip_prefix("\"]")?))
}

/// Is it a valid Terraform name? It becomes part of `removed` blocks.
fn is_identifier(name: &str) -> bool {
    let begins = name.chars().next().is_some_and(|it| it.is_alphabetic() || it == '_');
    begins && name.chars().all(|it| (it.is_alphanumeric() || matches!(it, '_' | '-')) && !text::is_hidden(it))
}
