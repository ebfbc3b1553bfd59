//! The shape of config files as types. Their documentation is shown by editors. Valid files are read directly into
//! them. The JSON Schema that is generated from them explains errors in invalid files. Other rules are elsewhere.

#![warn(missing_docs)]

use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::config::located::{Entries, Located, LocatedField, only};
use crate::config::rule_settings::RuleLevels as RuleSettings;
use crate::model::names::SYSTEM_PRESENCES;
use crate::model::region::{REGIONS, Region};

/// The version of the format that this program reads.
pub const VERSION: u32 = 1;

/// A presencectl config: an org file (it has `org`) or a layer.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["version"]))]
pub struct ConfigFile {
    /// The version of this format: 1.
    #[serde(deserialize_with = "this_version")]
    #[schemars(extend("const" = VERSION))]
    pub version: LocatedField<u32>,
    /// Which versions of presencectl this file is for, such as `">=0.1, <0.2"`. Every file's range has to hold,
    /// and nothing else is judged where one does not.
    pub requires: LocatedField<String>,
    /// Makes this file an org file: which org the config is for.
    #[serde(deserialize_with = "named")]
    pub org: LocatedField<Org>,
    /// Org files only: layers (files or folders), in order, later over earlier. Paths start from
    /// the folder of this file.
    #[serde(rename = "use")]
    #[schemars(extend("type" = ["array", "null"]))]
    pub uses: LocatedField<Vec<Located<String>>>,
    /// How the config is meant.
    #[schemars(extend("type" = ["object", "null"]))]
    pub settings: LocatedField<Settings>,
    /// The presence definitions, each under a key: its stable name in this repository. In an org
    /// file, keys that no layer has.
    #[serde(deserialize_with = "without_nulls")]
    #[schemars(with = "LocatedField<Entries<Definition<String>>>", extend("type" = ["object", "null"]))]
    pub definitions: LocatedField<Entries<SharedDefinition>>,
    /// Org files only: changes to definitions of the layers. Labels merge by locale, and `null`
    /// takes an inherited label away; every other field is replaced.
    #[schemars(extend("type" = ["object", "null"]))]
    pub overrides: LocatedField<Entries<SharedDefinition>>,
    /// Org files only: keys of definitions that are not managed in this org. They are left as they
    /// are, and listed.
    #[schemars(extend("type" = ["array", "null"]))]
    pub omit: LocatedField<Vec<Located<String>>>,
    /// Pins: the id that a definition has in the org, by key.
    #[schemars(extend("type" = ["object", "null"]))]
    pub ids: LocatedField<Entries<String>>,
    /// Ids of definitions in the org that are never changed or removed, no matter what else is said.
    #[schemars(extend("type" = ["array", "null"]))]
    pub protect: LocatedField<Vec<Located<String>>>,
    /// A time in which nothing is written to the org. In a layer, it holds for every org that uses the layer. Where
    /// several hold at once, the longer one counts.
    #[serde(deserialize_with = "ending")]
    pub freeze: LocatedField<Freeze>,
}

/// A time in which nothing is written to an org. Times are dates (the whole day, in UTC) or RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["until", "reason"]))]
pub struct Freeze {
    /// When it begins. Without it, it has begun.
    pub from: LocatedField<String>,
    /// When it ends.
    pub until: LocatedField<String>,
    /// Why, for the people who find it in their way.
    pub reason: LocatedField<String>,
}

/// Which org a config is for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Org {
    /// The name in this repository, for `--org NAME`.
    pub name: LocatedField<String>,
    /// The org's id. `apply` stops when the credentials are for another org.
    pub id: LocatedField<String>,
    /// The AWS name of the org's region. It is compared with the environment and never decides
    /// where credentials go against it.
    #[serde(deserialize_with = "known_region")]
    #[schemars(extend("enum" = REGIONS.map(Region::name)))]
    pub region: LocatedField<String>,
    /// Which stage the org belongs to, such as `test`: one of `settings.stages`, where there are any.
    pub stage: LocatedField<String>,
}

/// How a config is meant.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// The locale whose label identifies a definition. Default: `en_US`.
    pub default_locale: LocatedField<String>,
    /// What happens to active definitions that the config does not name: `keep` leaves them alone
    /// and lists them, `delete` removes them. Default: `keep`.
    pub prune: LocatedField<Prune>,
    /// The locales that this config manages; labels in others are neither written nor removed.
    /// Without it, all are managed.
    #[serde(deserialize_with = "not_empty")]
    #[schemars(length(min = 1))]
    pub locales: LocatedField<Vec<Located<String>>>,
    /// How many dangerous changes one apply may make.
    pub limits: LocatedField<Limits>,
    /// System presences that the platform has added to its ten.
    pub system_presences: LocatedField<Vec<Located<String>>>,
    /// The generation of the platform's API: `v1` (`/api/v2/presencedefinitions`, deprecated), `v2`
    /// (`/api/v2/presence/definitions`, with divisions), or `auto`: `v1`, and `v2` where an org no
    /// longer serves that. Default: `auto`.
    pub api: LocatedField<Api>,
    /// How much findings matter: `off`, `warn` or `error` for each rule, and under `keys` for single
    /// definitions. `presencectl explain` lists the rules.
    pub rules: LocatedField<RuleSettings>,
    /// The stages of the orgs, in the order in which changes reach them, such as `[dev, test, prod]`. With it, each
    /// org file names its stage.
    #[serde(deserialize_with = "not_empty")]
    #[schemars(length(min = 1))]
    pub stages: LocatedField<Vec<Located<String>>>,
}

/// How many dangerous changes one apply may make.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Limits {
    /// Deactivations, deletions and replacements. Default: 5.
    #[schemars(extend("maximum" = u32::MAX))]
    pub removals: LocatedField<u32>,
    /// Labels taken away from definitions that stay. Default: 5.
    #[schemars(extend("maximum" = u32::MAX))]
    pub label_removals: LocatedField<u32>,
    /// Default labels changed. Default: 10.
    #[schemars(extend("maximum" = u32::MAX))]
    pub renames: LocatedField<u32>,
    /// People who are just now on a definition that is removed or renamed. Where no one can say how
    /// many, the plan is refused. Without it, no one asks.
    #[schemars(extend("maximum" = u32::MAX))]
    pub active_users: LocatedField<u32>,
    /// In how many orgs one change may take something away. It counts where several orgs are planned at once.
    /// Without it, in any number.
    #[schemars(extend("maximum" = u32::MAX))]
    pub orgs: LocatedField<u32>,
}

/// What happens to active definitions that the config does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("type" = "string", "enum" = ["keep", "delete"]), transform = drop_one_of)]
pub enum Prune {
    /// They are left alone and listed.
    Keep,
    /// They are removed.
    Delete,
}

/// The generation of the platform's API for definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("type" = "string", "enum" = ["auto", "v1", "v2"]), transform = drop_one_of)]
pub enum Api {
    /// The first that the org serves.
    Auto,
    /// The first generation.
    V1,
    /// The second generation.
    V2,
}

/// A definition as it is read. The orgs that share a layer share what it says, and copy only what they change.
pub type SharedDefinition = Arc<Definition<Option<String>>>;

// `L` is the schema's type of a label.
/// One presence definition, or a change to one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase", bound = "L: for<'a> Deserialize<'a>")]
pub struct Definition<L> {
    // `L` is the type of a label: only an override may have `null`.
    /// The system presence that it belongs to, such as `Break`. The platform cannot change it.
    #[schemars(extend("examples" = SYSTEM_PRESENCES))]
    pub system_presence: LocatedField<String>,
    /// All its labels, by locale.
    pub labels: LocatedField<Entries<L>>,
    /// While true, only that is managed: agents do not see it, and its labels stay as they are.
    pub deactivated: LocatedField<bool>,
    /// Earlier default labels, by which a renamed definition is recognised.
    pub previous_labels: LocatedField<Vec<Located<String>>>,
    /// Says that this is a new definition and no renamed or moved one.
    pub new: LocatedField<bool>,
    /// The system presence under which it is today: it is created anew, the old one
    /// deactivated.
    pub replaces: LocatedField<String>,
    /// The division that it belongs to, by name or id; `"*"` is all of them. Needs `api: v2`. Without
    /// it, a new definition belongs to all divisions, and one that exists stays where it is.
    pub division: LocatedField<String>,
}

impl<L> Default for Definition<L> {
    fn default() -> Definition<L> {
        Definition {
            system_presence: LocatedField::default(),
            labels: LocatedField::default(),
            deactivated: LocatedField::default(),
            previous_labels: LocatedField::default(),
            new: LocatedField::default(),
            replaces: LocatedField::default(),
            division: LocatedField::default(),
        }
    }
}

// Schema constraints that the types cannot express, for the reader.

fn this_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocatedField<u32>, D::Error> {
    only(deserializer, |version| *version == VERSION)
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocatedField<Org>, D::Error> {
    only(deserializer, |org: &Org| org.name.0.is_some())
}

fn ending<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocatedField<Freeze>, D::Error> {
    only(deserializer, |freeze: &Freeze| freeze.until.0.is_some() && freeze.reason.0.is_some())
}

fn known_region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocatedField<String>, D::Error> {
    only(deserializer, |name: &String| REGIONS.iter().any(|it| it.name() == name))
}

/// Only an override can take a label away.
fn without_nulls<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<LocatedField<Entries<SharedDefinition>>, D::Error> {
    only(deserializer, |definitions: &Entries<SharedDefinition>| {
        let bodies = definitions.0.iter().filter_map(|(_, it)| it.value.as_ref());
        bodies.flat_map(|it| Entries::of(&it.labels)).all(|(_, label)| label.value != Some(None))
    })
}

fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocatedField<Vec<Located<String>>>, D::Error> {
    only(deserializer, |items: &Vec<Located<String>>| !items.is_empty())
}

/// An enum of documented variants would become a `oneOf`, whose errors name nothing.
fn drop_one_of(schema: &mut schemars::Schema) {
    schema.remove("oneOf");
}

/// The JSON Schema of a config file, draft 2020-12.
pub fn json_schema() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<ConfigFile>();
    RecursiveTransform(|it: &mut schemars::Schema| {
        // The formats name Rust types, which no editor knows.
        it.remove("format");
        // Editors show each line break of the source.
        if let Some(Value::String(words)) = it.get_mut("description") {
            *words = words.replace('\n', " ");
        }
    })
    .transform(&mut schema);
    schema.insert("title".to_owned(), "presencectl config, version 1".into());
    schema.to_value()
}

/// The schema, and the validator compiled from it.
pub(super) struct Rules {
    pub(super) schema: Value,
    /// None only if the schema is no schema, which a test excludes.
    pub(super) validator: Option<Validator>,
}

/// Compiled once a process: that takes longer than validating a small file.
pub(super) static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let schema = json_schema();
    let validator = jsonschema::options().build(&schema).ok();
    Rules { schema, validator }
});
