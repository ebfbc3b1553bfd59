//! The shared parts of JSON documents: their header, their org, causes, and places in files.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Config, print};
use crate::model::labels::Scope;
use crate::model::observed::{Organization, Target};
use crate::model::problem::Problem;
use crate::model::run_metadata::{Origin, RunMetadata};
use crate::model::source::{Sources, Span};
use crate::ops::history::stored::RunText;
use crate::plan::evidence::Had;

/// The head of a document. It is flattened into one that is only written: in one that is read back, a
/// mistake in what is flattened would have no place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeadV1<T> {
    /// What kind of document it is.
    pub kind: String,
    /// The number of the format.
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// Which org.
    pub target: T,
}

/// A kind of document that [`write`](super::write) writes, with a published schema.
pub trait Document: Serialize + JsonSchema {
    /// What `kind` says.
    const KIND: &str;
    /// What `formatVersion` says. It rises whenever the meaning of what is in it changes; fields may be added without.
    const VERSION: u32;
    /// Which org it is about, for the schema.
    const TARGET: &str = "Which org.";
}

impl<T> HeadV1<T> {
    /// The head of a document that this version of the tool writes.
    pub fn of<D: Document>(target: T) -> HeadV1<T> {
        HeadV1 {
            kind: D::KIND.to_owned(),
            format_version: D::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            target,
        }
    }
}

/// Says in the schema of a whole document what its head always holds.
pub fn head_in_schema<D: Document>(schema: &mut Schema) {
    let mut say = |property: &str, what: &str, value: Value| {
        if let Some(Value::Object(it)) = schema.pointer_mut(&format!("/properties/{property}")) {
            it.insert(what.to_owned(), value);
        }
    };
    say("kind", "description", format!("Always `{}`.", D::KIND).into());
    say("kind", "const", D::KIND.into());
    say("formatVersion", "description", format!("Always {}.", D::VERSION).into());
    say("formatVersion", "const", D::VERSION.into());
    say("target", "description", D::TARGET.into());
}

/// Which org, for what both generations of the API share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct OrgV1 {
    /// Absent where the org was not asked yet, or did not say who it is.
    pub org_id: Option<String>,
    /// The org's own name.
    pub org_name: Option<String>,
    /// The embedded org: nothing real is written.
    pub sandbox: bool,
}

/// Which org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct TargetV1 {
    /// Absent where the org could not be asked who it is.
    pub org_id: Option<String>,
    /// The org's own name.
    pub org_name: Option<String>,
    /// The embedded org: nothing real is written.
    pub sandbox: bool,
    /// The generation of the API that was spoken: `v1` or `v2`.
    #[schemars(extend("enum" = ["v1", "v2"]))]
    pub api: String,
}

/// Why something is not as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CauseV1 {
    /// In one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that failed.
    pub correlation_id: Option<String>,
}

impl From<Problem> for CauseV1 {
    fn from(cause: Problem) -> CauseV1 {
        let Problem { message, help, correlation_id, platform_terms: _, is_freeze: _, is_declined: _ } = cause;
        CauseV1 { message, help, correlation_id }
    }
}

/// When a run was, who was at work, and from which config. The platform itself knows only the OAuth client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct RunV1 {
    /// When it began: RFC 3339, UTC, to the millisecond.
    pub began: String,
    /// When it ended.
    pub ended: String,
    /// The OAuth client's id; absent with a given token, which does not say whose it is.
    pub client: Option<String>,
    /// The person: `--actor`, else what the CI says.
    pub actor: Option<String>,
    /// Why: `--reason`.
    pub reason: Option<String>,
    /// The commit that was applied.
    pub commit: Option<String>,
    /// Some file of the config was not as this commit has it. Absent where all were, or where a CI names the commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub modified: bool,
    /// The pull request or merge request: its address, else its number.
    pub pull_request: Option<String>,
    /// The address of the CI's run.
    pub ci_run: Option<String>,
    /// The name that the config gives the org.
    pub config_org: Option<String>,
    /// `sha256:` and the digest of the config as it was put together of its files: two runs with one digest
    /// asked for the same.
    pub config_digest: Option<String>,
    /// The definitions that the run was limited to by `--only`.
    pub only: Option<Vec<String>>,
    /// The locale whose label names a definition. Absent where no config was read.
    pub default_locale: Option<String>,
    /// The locales that the config manages, and that edits speak of; absent: all.
    pub locales: Option<Vec<String>>,
    /// Why it wrote during a freeze: `--break-glass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<String>,
    /// The report that was undone.
    pub undoes: Option<String>,
}

/// Which config of which org a document was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct ConfigV1 {
    /// The name that the config gives the org.
    pub org: Option<String>,
    /// `sha256:` and the digest of the config as it was put together of its files.
    pub digest: String,
    /// The whole hash of the commit that the config was read from (`--at`); absent if it was read from the disk.
    pub commit: Option<String>,
}

impl ConfigV1 {
    /// Of a config that these files made.
    pub fn of(config: &Config, sources: &Sources) -> ConfigV1 {
        ConfigV1 {
            org: config.desired.org.as_ref().map(|org| org.name.clone()),
            digest: print::digest_of(&config.resolved),
            commit: sources.commit.clone(),
        }
    }
}

/// A place in a file of the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct PlaceV1 {
    /// The file, as it was named.
    pub file: String,
    /// From one.
    pub line: u32,
    /// From one, in characters.
    pub column: u32,
}

/// The org, as far as it has said who it is.
pub fn org_v1(org: Option<&Organization>, sandbox: bool) -> OrgV1 {
    OrgV1 { org_id: org.map(|it| it.id.to_string()), org_name: org.map(|it| it.name.clone()), sandbox }
}

/// The org that a run spoke to.
pub fn target_v1(target: &Target) -> TargetV1 {
    let Target { org, sandbox, generation } = target;
    let OrgV1 { org_id, org_name, sandbox } = org_v1(org.as_ref(), *sandbox);
    TargetV1 { org_id, org_name, sandbox, api: generation.name().to_owned() }
}

/// Where a run comes from, as documents say it.
pub fn run_v1(metadata: &RunMetadata) -> RunV1 {
    let RunMetadata {
        began,
        ended,
        client,
        origin,
        config,
        org_name,
        only,
        default_locale,
        scope,
        break_glass,
        undoes,
    } = metadata.clone();
    let Origin { actor, reason, commit, modified, pull_request, run } = origin;
    RunV1 {
        began: began.to_string(),
        ended: ended.to_string(),
        client,
        actor,
        reason,
        commit,
        modified,
        pull_request,
        ci_run: run,
        config_org: org_name,
        config_digest: config,
        only: only.map(|keys| keys.iter().map(ToString::to_string).collect()),
        default_locale: default_locale.map(|it| it.to_string()),
        locales: match scope {
            Scope::All => None,
            Scope::Only(locales) => Some(locales.iter().map(ToString::to_string).collect()),
        },
        break_glass,
        undoes,
    }
}

/// A place as documents name it.
pub fn place_v1(span: Span, sources: &Sources) -> PlaceV1 {
    let place = sources.place(span);
    PlaceV1 { file: place.path.display().to_string(), line: place.line.get(), column: place.column.get() }
}

/// The object that a definition was in an earlier state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct EarlierV1 {
    /// Which object.
    pub id: String,
    /// Who says so: `base` (the config of `--base`), `report` or `commit` (the config of an earlier commit).
    #[schemars(extend("enum" = ["base", "report", "commit"]))]
    pub source: String,
    /// The whole hash of the commit, where it is one.
    pub commit: Option<String>,
    /// The file of the report.
    pub file: Option<String>,
}

impl From<&Had> for EarlierV1 {
    fn from(had: &Had) -> EarlierV1 {
        let Had { id, source, said_new: _ } = had;
        EarlierV1 {
            id: id.to_string(),
            source: source.code().to_owned(),
            commit: source.commit().map(str::to_owned),
            file: source.file().map(str::to_owned),
        }
    }
}

/// Two types that are the same field by field, or name by name: one inside, one in documents. Each is turned into the
/// other, and neither can gain a part that the other lacks.
macro_rules! twins {
    ($inside:ident { $($field:ident),+ $(,)? } = $document:ident) => {
        impl From<$inside> for $document {
            fn from($inside { $($field),+ }: $inside) -> $document {
                $document { $($field),+ }
            }
        }

        impl From<$document> for $inside {
            fn from($document { $($field),+ }: $document) -> $inside {
                $inside { $($field),+ }
            }
        }
    };
    ($inside:ident = $document:ident { $($of_inside:ident = $of_document:ident),+ $(,)? }) => {
        impl From<$inside> for $document {
            fn from(it: $inside) -> $document {
                match it {
                    $($inside::$of_inside => $document::$of_document,)+
                }
            }
        }

        impl From<$document> for $inside {
            fn from(it: $document) -> $inside {
                match it {
                    $($document::$of_document => $inside::$of_inside,)+
                }
            }
        }
    };
}
pub(super) use twins;

twins! {
    RunText {
        began, ended, client, actor, reason, commit, modified, pull_request, ci_run, config_org, config_digest, only,
        default_locale, locales, break_glass, undoes,
    } = RunV1
}
