//! Which org is spoken to, and with which credentials. Decided by flags and environment; a config
//! can only be compared, or pick a host from the table of known regions: its author may be anybody
//! who can open a pull request.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use crate::api::{Credentials, Endpoints, HttpWire, Limits, Options, Session};
use crate::cli::{Api, ConfigArgs, TargetArgs};
use crate::commands::simulated::{self, Started};
use crate::environment::Environment;
use crate::limits::CERTIFICATES_BYTES_MAX;
use crate::model::desired::Desired;
use crate::model::generation::{ApiChoice, Generation};
use crate::model::region::{REGIONS, Region};
use crate::problem::{Problem, cause};
use crate::sandbox::{self, Server};
use crate::text;

/// An open conversation with an org. Commands are handed one by `commands/conversation.rs`, which ends it.
pub struct Connection {
    /// Gives readers and writers.
    pub session: Session,
    /// Where the org is.
    pub endpoints: Endpoints,
    /// Is it anywhere but on this machine?
    pub is_remote: bool,
    /// What a person should know.
    pub notes: Vec<Problem>,
    /// The embedded org, where that is what is spoken to.
    sandbox: Option<Server>,
}

impl Connection {
    /// Ends it: what the embedded org is answering is answered, and its port and state are free.
    pub async fn close(self) {
        if let Some(server) = self.sandbox {
            server.shutdown().await;
        }
    }
}

/// The generation of the API that a person asks for, else the config.
#[must_use]
pub fn api(args: &TargetArgs, desired: &Desired) -> ApiChoice {
    match args.api {
        Some(Api::Auto) => ApiChoice::Auto,
        Some(Api::V1) => ApiChoice::Only(Generation::First),
        Some(Api::V2) => ApiChoice::Only(Generation::Second),
        None => desired.settings.api,
    }
}

/// How the same org is reached again, as it is typed behind a command.
#[must_use]
pub fn flags(target: &TargetArgs) -> String {
    let TargetArgs { sandbox, base_url, ca_cert, .. } = target;
    let sandbox = if *sandbox { " --sandbox" } else { "" };
    let url = base_url.as_ref().map_or_else(String::new, |url| format!(" --base-url {}", text::shell_word(url)));
    let ca_cert = ca_cert
        .as_deref()
        .map_or_else(String::new, |it| format!(" --ca-cert {}", text::shell_word(&it.to_string_lossy())));
    format!("{sandbox}{url}{ca_cert}")
}

/// The same config, as it is typed behind a command that takes it by a flag.
#[must_use]
pub fn config_flags(config: &ConfigArgs) -> String {
    let ConfigArgs { path, org, root } = config;
    let word = |path: &Path| text::shell_word(&path.to_string_lossy());
    let org = org.as_ref().map_or_else(String::new, |org| format!(" --org {}", text::shell_word(org)));
    let root = root.as_ref().map_or_else(String::new, |root| format!(" --root {}", word(root)));
    format!(" --config {}{org}{root}", word(path))
}

/// The id of the OAuth client that speaks to the org; a given token does not say whose it is.
#[must_use]
pub fn client(args: &TargetArgs, environment: &Environment) -> Option<String> {
    if args.sandbox {
        return Some(sandbox::CLIENT_ID.to_owned());
    }
    environment.client_id.clone().filter(|_| environment.access_token.is_none())
}

/// Opens a conversation. Nothing is sent yet, to anybody.
///
/// # Errors
/// A region or address that is not taken, credentials that are not there, a sandbox that does not
/// start.
pub async fn connect(args: &TargetArgs, desired: &Desired, environment: &Environment) -> Result<Connection, Problem> {
    let options = Options { requests_per_minute: args.requests_per_minute, ..Options::default() };
    if args.sandbox {
        let Started { server, notes } = simulated::start(args, desired).await?;
        let endpoints = Endpoints::of_base_url(&server.url()).map_err(|error| Problem::from(("the sandbox", error)))?;
        let secret = SecretString::from(server.client_secret());
        let credentials = Credentials::Client { id: server.client_id().to_owned(), secret };
        let wire = HttpWire::new(&endpoints, Limits::default());
        let session = Session::new(endpoints.clone(), credentials, Arc::new(wire), options);
        return Ok(Connection { session, endpoints, is_remote: false, notes, sandbox: Some(server) });
    }
    let endpoints = endpoints(args, desired, environment)?;
    let credentials = credentials(environment)?;
    let is_remote = !endpoints.is_loopback();
    let wire = wire(args, &endpoints)?;
    let session = Session::new(endpoints.clone(), credentials, Arc::new(wire), options);
    Ok(Connection { session, endpoints, is_remote, notes: Vec::new(), sandbox: None })
}

/// The way to an org over sockets. Nothing is opened yet.
///
/// # Errors
/// `--ca-cert` is no file of certificates.
pub fn wire(args: &TargetArgs, endpoints: &Endpoints) -> Result<HttpWire, Problem> {
    let wire = HttpWire::new(endpoints, Limits::default());
    match &args.ca_cert {
        Some(file) => trusting(wire, file),
        None => Ok(wire),
    }
}

/// The wire that trusts the certificates of a file as well.
fn trusting(wire: HttpWire, file: &Path) -> Result<HttpWire, Problem> {
    let cannot = |why: String| {
        Problem::new(format!("--ca-cert: cannot use `{}`: {why}", text::unticked(file.display())))
            .help("give a file of certificates in PEM, which begin with `-----BEGIN CERTIFICATE-----`")
    };
    let mut pem = Vec::new();
    let read = File::open(file).and_then(|it| it.take(CERTIFICATES_BYTES_MAX + 1).read_to_end(&mut pem));
    read.map_err(|error| cannot(cause(&error)))?;
    if u64::try_from(pem.len()).is_ok_and(|length| length > CERTIFICATES_BYTES_MAX) {
        return Err(cannot(format!("it is longer than {CERTIFICATES_BYTES_MAX} bytes")));
    }
    wire.trusting(&pem).map_err(cannot)
}

/// The region that the environment names, where it is a known one.
#[must_use]
pub fn named_region(environment: &Environment) -> Option<Region> {
    match Named::read(environment.region.as_deref()?) {
        Ok(Named::Region(region)) => Some(region),
        Ok(Named::Domain(_)) | Err(_) => None,
    }
}

/// Where a real org is.
///
/// # Errors
/// Nothing says it, or what does is no region and no address, or the config and the environment differ.
pub fn endpoints(args: &TargetArgs, desired: &Desired, environment: &Environment) -> Result<Endpoints, Problem> {
    let config = desired.org.as_ref().and_then(|org| org.region);
    // Where `--base-url` says where the org is, the variable only tells whose credentials these are.
    let region = environment.region.as_deref().filter(|_| args.base_url.is_none() || config.is_some());
    let place = region.map(Named::read).transpose()?;
    if let (Some(config), Some(place), Some(typed)) = (config, &place, region) {
        place.compare(config, typed)?;
    }
    if let Some(url) = &args.base_url {
        return Endpoints::of_base_url(url).map_err(|error| Problem::from(("--base-url", error)));
    }
    match (place, config) {
        (Some(Named::Region(region)), _) | (None, Some(region)) => {
            Endpoints::of_region(region).map_err(|error| Problem::from(("the region", error)))
        }
        (Some(Named::Domain(domain)), _) => {
            Endpoints::of_domain(&domain).map_err(|error| Problem::from(("GENESYSCLOUD_REGION", error)))
        }
        (None, None) => Err(Problem::new("nothing says where the org is")
            .help("set GENESYSCLOUD_REGION to its region, such as `eu-central-1`, or use --sandbox")),
    }
}

/// What `GENESYSCLOUD_REGION` names.
enum Named {
    Region(Region),
    Domain(String),
}

impl Named {
    fn read(typed: &str) -> Result<Named, Problem> {
        if let Some(region) = Region::by_name(typed).or_else(|| Region::by_domain(typed)) {
            return Ok(Named::Region(region));
        }
        if typed.contains('.') {
            return Ok(Named::Domain(typed.to_owned()));
        }
        let problem = Problem::new(format!(
            "GENESYSCLOUD_REGION is {typed}, which is no known region",
            typed = text::ticked(typed)
        ));
        Err(match text::nearest(typed, REGIONS.iter().map(|it| it.name())) {
            Some(nearest) => problem.help(format!(
                "did you mean {nearest}? A domain such as `mypurecloud.de` works too",
                nearest = text::ticked(nearest)
            )),
            None => problem.help("write an AWS name such as `eu-central-1`, or a domain such as `mypurecloud.de`"),
        })
    }

    /// The config's region must be the environment's.
    fn compare(&self, config: Region, typed: &str) -> Result<(), Problem> {
        if matches!(self, Named::Region(region) if *region == config) {
            return Ok(());
        }
        Err(Problem::new(format!(
            "the config is for the region {config}, and GENESYSCLOUD_REGION is {typed}",
            typed = text::ticked(typed),
            config = text::ticked(config)
        ))
        .help("correct `org.region`, or run it with the other org's environment; nothing was sent"))
    }
}

/// Who speaks to a real org.
///
/// # Errors
/// What is not set.
pub fn credentials(environment: &Environment) -> Result<Credentials, Problem> {
    if let Some(token) = &environment.access_token {
        return Ok(Credentials::Token(token.clone()));
    }
    match (&environment.client_id, &environment.client_secret) {
        (Some(id), Some(secret)) => Ok(Credentials::Client { id: id.clone(), secret: secret.clone() }),
        (Some(_), None) => Err(missing("GENESYSCLOUD_OAUTHCLIENT_SECRET")),
        (None, Some(_)) => Err(missing("GENESYSCLOUD_OAUTHCLIENT_ID")),
        (None, None) => Err(missing("GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET")),
    }
}

fn missing(names: &str) -> Problem {
    Problem::new(format!("there are no credentials: {names} not set"))
        .help("set them (or GENESYSCLOUD_ACCESS_TOKEN) in the environment, or use --sandbox to try it out")
}

/// What the sandbox reads: its state, and the files that flags name.
#[must_use]
pub fn files_read(args: &TargetArgs) -> Vec<PathBuf> {
    let state = args.sandbox.then(|| PathBuf::from(simulated::STATE_FOLDER));
    let files = [&args.sandbox_seed, &args.sandbox_faults, &args.sandbox_behavior, &args.ca_cert];
    files.into_iter().flatten().cloned().chain(state).collect()
}
