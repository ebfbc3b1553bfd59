//! What the checks of the first day go by. All of it is gathered before any of it is judged.

use crate::client::wire::WireError;
use crate::client::{ApiError, Endpoints, TrialRemoval};
use crate::host::git::{GitError, Repository};
use crate::host::proxy::Proxy;
use crate::model::generation::ApiChoice;
use crate::model::moment::Moment;
use crate::model::names::OrgId;
use crate::model::observed::Organization;
use crate::model::problem::Problem;

#[derive(Debug, Clone)]
pub struct Facts {
    pub config: ConfigFact,
    /// The repository that they are in; none where it is in none.
    pub git: Result<Option<Repository>, GitError>,
    /// Where the org is.
    pub place: Result<OrgPlace, Problem>,
    pub credentials: CredentialsFact,
    /// What the names of the variables end in; empty where they are those of all orgs.
    pub suffix: String,
    /// The generation that the config or `--api` asks for.
    pub wanted: ApiChoice,
    pub answers: Answers,
}

/// The answers of the org and of the proxy before it. `None` if it was not asked.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// What answered where the API is.
    pub api: Reach,
    /// What answered where tokens are given.
    pub login: Reach,
    pub org: DoctorAnswer<Organization>,
    /// How many definitions `v1` lists.
    pub first: DoctorAnswer<usize>,
    /// How many definitions `v2` lists.
    pub second: DoctorAnswer<usize>,
    /// One definition, read by its id as `apply` reads it.
    pub one: DoctorAnswer<()>,
    pub usage: DoctorAnswer<()>,
    /// How many divisions there are; asked where the config names one.
    pub divisions: DoctorAnswer<usize>,
    /// Whether the client could remove a definition; asked where a person wants to know.
    pub removal: DoctorAnswer<TrialRemoval>,
}

/// What the files of the config are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigFact {
    /// None was named, and there is none in the folder.
    Absent,
    Broken {
        path: String,
        errors: usize,
        /// The first of them in words, with its place.
        first: String,
        help: Option<String>,
    },
    Valid {
        path: String,
        definitions: usize,
        warnings: usize,
        meant: MeantOrg,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeantOrg {
    /// It names none.
    Unnamed,
    Named {
        name: String,
        /// Its id, where the config says it.
        id: Option<OrgId>,
    },
    OneOf(Vec<String>),
    /// None of the name that was typed.
    Unknown {
        typed: String,
        known: Vec<String>,
    },
}

/// Where the org is, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgPlace {
    pub endpoints: Endpoints,
    pub named_by: NamedBy,
    /// The proxy that is used, if any; a variable that cannot be used stops everything.
    pub proxy: Result<Option<Proxy>, Problem>,
    /// Entries of `NO_PROXY` that except nothing.
    pub unread_entries: Vec<String>,
}

/// What says where the org is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// `--sandbox`.
    Sandbox,
    /// `--base-url`.
    BaseUrl,
    /// `GENESYSCLOUD_REGION`.
    Variable,
    /// `org.region` in the config.
    Config,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialsFact {
    Sandbox,
    /// `GENESYSCLOUD_ACCESS_TOKEN`.
    Token {
        /// A client is set as well, and not used.
        client_too: bool,
    },
    Client,
    Missing(Problem),
}

/// What answered at an address, asked without credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    NotTried,
    /// There is no such name.
    NoSuchName {
        /// The name that was looked up: the host's, or the proxy's.
        name: String,
    },
    /// There was no answer.
    Failed(WireError),
    /// There was one: any shows that there is a way.
    Answered {
        status: u16,
        /// What the server's clock said, where it did.
        date: Option<Moment>,
        at: Moment,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DoctorAnswer<T> {
    /// It was not asked.
    #[default]
    NotAsked,
    Given(T),
    Refused(ApiError),
}

impl<T> From<Result<T, ApiError>> for DoctorAnswer<T> {
    fn from(result: Result<T, ApiError>) -> DoctorAnswer<T> {
        match result {
            Ok(value) => DoctorAnswer::Given(value),
            Err(error) => DoctorAnswer::Refused(error),
        }
    }
}
