//! Reads the documents of several orgs' jobs. They are files, so their content is untrusted.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::json;
use crate::model::limits::DOCUMENT_VALUES_MAX;
use crate::model::text;
use crate::ops::history::stored::{Stored, StoredReport};
use crate::output::json::common::{ConfigV1, Document, OrgV1};
use crate::output::json::{DriftV1, ErrorV1, PlanV1, ReportV1, saved_plan, stored_report};

/// A document, and the origin that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CombinedDocument {
    pub tool_version: String,
    /// The number of its values. An object or list counts eight.
    pub values: usize,
    pub body: CombinedBody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CombinedBody {
    Plan(Box<PlanV1>),
    Drift(Box<DriftV1>),
    Report(Box<StoredReport>),
    Error(Box<ErrorV1>),
}

/// The org and config that a document names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentOrigin {
    pub org: Option<String>,
    pub org_id: Option<String>,
    /// The embedded sandbox, whose id has no meaning.
    pub sandbox: bool,
    pub digest: Option<String>,
    pub commit: Option<String>,
}

/// The fields that decide whether the rest can be read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Head {
    kind: String,
    format_version: u64,
    tool_version: String,
}

/// Reads a document, or explains in a sentence why it is invalid.
pub fn read(bytes: &[u8]) -> Result<CombinedDocument, String> {
    let values = json::values_at_most(bytes);
    if values > DOCUMENT_VALUES_MAX {
        return Err(format!("it holds more than {DOCUMENT_VALUES_MAX} values"));
    }
    let said = text::of_bytes(bytes).map_err(|error| error.to_string())?;
    let head: Head = parsed(said)?;
    let body = match head.kind.as_str() {
        PlanV1::KIND => {
            let plan = saved_plan::whole(said).map_err(|error| error.to_string())?;
            CombinedBody::Plan(Box::new(plan))
        }
        DriftV1::KIND => CombinedBody::Drift(Box::new(of_format::<DriftV1>(said, &head)?)),
        ErrorV1::KIND => CombinedBody::Error(Box::new(of_format::<ErrorV1>(said, &head)?)),
        ReportV1::KIND => match stored_report::read(bytes).map_err(|error| error.why)? {
            Stored::Report(report) => CombinedBody::Report(Box::new(report)),
            Stored::Failure(_) => return Err("it is an error, not a report".to_owned()),
        },
        other => return Err(format!("it is a {}, and no plan, drift, report or error", text::ticked(other))),
    };
    Ok(CombinedDocument { tool_version: head.tool_version, values, body })
}

fn of_format<T: Document + DeserializeOwned>(said: &str, head: &Head) -> Result<T, String> {
    if head.format_version != u64::from(T::VERSION) {
        let (version, found) = (env!("CARGO_PKG_VERSION"), head.format_version);
        return Err(format!("it is of format {found}, and this version ({version}) reads format {}", T::VERSION));
    }
    parsed(said)
}

fn parsed<T: DeserializeOwned>(said: &str) -> Result<T, String> {
    serde_json::from_str(said).map_err(|error| format!("it is no document that presencectl wrote ({error})"))
}

impl CombinedBody {
    pub fn origin(&self) -> DocumentOrigin {
        let of = |config: Option<&ConfigV1>, org_id: Option<&String>, sandbox: bool| DocumentOrigin {
            org: config.and_then(|it| it.org.clone()),
            org_id: org_id.cloned(),
            sandbox,
            digest: config.map(|it| it.digest.clone()),
            commit: config.and_then(|it| it.commit.clone()),
        };
        match self {
            CombinedBody::Plan(it) => of(it.config.as_ref(), it.target.org_id.as_ref(), it.target.sandbox),
            CombinedBody::Drift(it) => of(it.config.as_ref(), it.head.target.org_id.as_ref(), it.head.target.sandbox),
            CombinedBody::Error(it) => {
                let OrgV1 { org_id, sandbox, .. } = &it.head.target;
                match &it.run {
                    None => of(it.config.as_ref(), org_id.as_ref(), *sandbox),
                    Some(run) => DocumentOrigin {
                        org: run.config_org.clone(),
                        org_id: org_id.clone(),
                        sandbox: *sandbox,
                        digest: run.config_digest.clone(),
                        commit: run.commit.clone(),
                    },
                }
            }
            CombinedBody::Report(it) => {
                let said = it.run.as_ref().map(|it| it.said.clone()).unwrap_or_default();
                DocumentOrigin {
                    org: said.config_org,
                    org_id: it.org.as_ref().map(ToString::to_string),
                    sandbox: it.sandbox,
                    digest: said.config_digest,
                    commit: said.commit,
                }
            }
        }
    }
}
