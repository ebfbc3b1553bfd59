//! Selects the org and the credentials of a run, from flags and the environment.
//! A config can only be compared with them, or select a host from the table of regions. Its author only needs the right
//! to open a pull request.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::cli::{LimitArgs, TargetArgs};
use crate::client::{Credentials, Endpoints, HttpWire, Options, RunSecrets, Session, WireLimits};
use crate::commands::context::host::Host;
use crate::commands::context::pasted;
use crate::commands::context::start_sandbox::{self, Started};
use crate::host::clock::Clock;
use crate::host::environment::Environment;
use crate::host::files;
use crate::host::proxy::Proxy;
use crate::model::desired::Desired;
use crate::model::limits::{CERTIFICATES_BYTES_MAX, read_within};
use crate::model::moment::Moment;
use crate::model::problem::{Problem, cause};
use crate::model::region::{REGIONS, Region};
use crate::model::text;
use crate::ops::history::reports::ReportStore;
use crate::ops::identity::Identity;
use crate::ops::plan_org::PlanRequest;

/// A connection to an org. `Run::connect` opens it, and the run closes what it started.
pub struct Connection {
    pub session: Session,
    /// The address of the org.
    pub endpoints: Endpoints,
    /// Is it on another machine?
    pub is_remote: bool,
}

/// The access to an org.
pub struct OrgAccess {
    pub target: TargetArgs,
    pub environment: Environment,
    /// A variable that is set but not used for it.
    pub unused: Option<Problem>,
}

impl OrgAccess {
    /// Uses the org's own variables, if it has any. One of several orgs never uses the shared ones. Flags come first.
    pub fn of(args: &TargetArgs, desired: &Desired, host: &Host<'_>, is_alone: bool) -> OrgAccess {
        let name = desired.org.as_ref().map(|org| org.name.as_str()).filter(|_| !args.sandbox);
        let plain = || OrgAccess { target: args.clone(), environment: host.environment.clone(), unused: None };
        let environment = match name {
            Some(name) if is_alone => host.environment.of_org(name),
            Some(name) => Some(host.environment.of_one_of_several(name)),
            None => None,
        };
        let Some(environment) = environment else { return plain() };
        if host.typed.has("base-url") {
            return OrgAccess { target: args.clone(), environment, unused: None };
        }
        let unused = args.base_url.as_ref().map(|_| {
            let name = text::ticked(name.unwrap_or_default());
            Problem::new(format!("PRESENCECTL_BASE_URL is not used for {name}, which has variables of its own"))
                .help(format!("set {} for it, or give --base-url", environment.variable_name("PRESENCECTL_BASE_URL")))
        });
        let target = TargetArgs { base_url: environment.base_url.clone(), ..args.clone() };
        OrgAccess { target, environment, unused }
    }
}

/// Connects to an org, and starts the embedded sandbox if it is selected. Nothing is sent yet.
pub async fn connect(
    args: &TargetArgs,
    desired: &Desired,
    environment: &Environment,
    secrets: &RunSecrets,
) -> Result<(Connection, Option<Started>), Problem> {
    let options = Options { requests_per_minute: args.requests_per_minute, ..Options::default() };
    if !args.sandbox {
        let endpoints = endpoints(args, desired, environment)?;
        let credentials = credentials(environment)?;
        let is_remote = !endpoints.is_loopback();
        let proxy = proxy(&endpoints, matches!(credentials, Credentials::Token(_)), environment)?;
        let wire = wire(args, &endpoints, proxy, environment)?;
        let session = Session::in_run(endpoints.clone(), credentials, Arc::new(wire), options, secrets);
        return Ok((Connection { session, endpoints, is_remote }, None));
    }
    let started = start_sandbox::start(args, desired).await?;
    let server = &started.server;
    let endpoints = Endpoints::of_base_url(&server.url()).map_err(|error| Problem::from(("the sandbox", error)))?;
    let secret = SecretString::from(server.client_secret());
    let credentials = Credentials::Client { id: server.client_id().to_owned(), secret };
    let wire = HttpWire::new(&endpoints, WireLimits::default());
    let session = Session::in_run(endpoints.clone(), credentials, Arc::new(wire), options, secrets);
    Ok((Connection { session, endpoints, is_remote: false }, Some(started)))
}

/// The proxy for an org, if there is one.
pub fn proxy(endpoints: &Endpoints, by_token: bool, environment: &Environment) -> Result<Option<Proxy>, Problem> {
    if endpoints.is_loopback() {
        return Ok(None);
    }
    let mut urls = vec![endpoints.api("/", &[])];
    // A given token needs no login.
    urls.extend((!by_token).then(|| endpoints.login().clone()));
    let proxy = environment.proxies.of_urls(&urls);
    proxy.map_err(|error| Problem::new(error.to_string()).help(error.help()))
}

/// A wire over sockets. It opens no connection yet.
pub fn wire(
    args: &TargetArgs,
    endpoints: &Endpoints,
    proxy: Option<Proxy>,
    environment: &Environment,
) -> Result<HttpWire, Problem> {
    let wire = HttpWire::new(endpoints, WireLimits::default()).through(proxy).by(Clock::starting(environment.began));
    match &args.ca_cert {
        Some(file) => trusting(wire, file),
        None => Ok(wire),
    }
}

/// Adds the certificates of a file as trusted.
fn trusting(wire: HttpWire, file: &Path) -> Result<HttpWire, Problem> {
    let cannot = |why: String| {
        Problem::new(format!("--ca-cert: cannot use `{}`: {why}", text::unticked(file.display())))
            .help("give a file of certificates in PEM, which begin with `-----BEGIN CERTIFICATE-----`")
    };
    let pem = File::open(file)
        .and_then(|it| read_within(it, CERTIFICATES_BYTES_MAX))
        .map_err(|error| files::cannot_read(file, cannot(cause(&error))))?
        .ok_or_else(|| cannot(format!("it is longer than {CERTIFICATES_BYTES_MAX} bytes")))?;
    let pem = text::without_mark(&pem).map_err(|error| cannot(error.to_string()))?;
    wire.trusting(pem).map_err(cannot)
}

/// The region in the environment, if it is a known one.
pub fn named_region(environment: &Environment) -> Option<Region> {
    match Named::read(environment.region.as_deref()?, environment) {
        Ok(Named::Region(region)) => Some(region),
        Ok(Named::Domain(_)) | Err(_) => None,
    }
}

/// The address of a real org.
pub fn endpoints(args: &TargetArgs, desired: &Desired, environment: &Environment) -> Result<Endpoints, Problem> {
    let config = desired.org.as_ref().and_then(|org| org.region);
    // With `--base-url`, the variable only identifies the credentials.
    let region = environment.region.as_deref().filter(|_| args.base_url.is_none() || config.is_some());
    let place = region.map(|it| Named::read(it, environment)).transpose()?;
    if let (Some(config), Some(place), Some(typed)) = (config, &place, region) {
        place.compare(config, typed, environment)?;
    }
    if let Some(url) = &args.base_url {
        return Endpoints::of_base_url(url).map_err(|error| Problem::from(("--base-url", error)));
    }
    let variable = environment.variable_name("GENESYSCLOUD_REGION");
    match (place, config) {
        (Some(Named::Region(region)), _) | (None, Some(region)) => {
            Endpoints::of_region(region).map_err(|error| Problem::from(("the region", error)))
        }
        (Some(Named::Domain(domain)), _) => {
            Endpoints::of_domain(&domain).map_err(|error| Problem::from((&*variable, error)))
        }
        (None, None) => Err(Problem::new("no region is set")
            .help(format!("set {variable} to its region, such as `eu-central-1`, or use --sandbox"))),
    }
}

/// The value of `GENESYSCLOUD_REGION`.
enum Named {
    Region(Region),
    Domain(String),
}

impl Named {
    fn read(typed: &str, environment: &Environment) -> Result<Named, Problem> {
        if let Some(region) = Region::by_name(typed).or_else(|| Region::by_domain(typed)) {
            return Ok(Named::Region(region));
        }
        if typed.contains('.') {
            return Ok(Named::Domain(typed.to_owned()));
        }
        let problem = Problem::new(format!(
            "{variable} is {typed}, which is no known region",
            variable = environment.variable_name("GENESYSCLOUD_REGION"),
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

    /// The config's region must equal the environment's.
    fn compare(&self, config: Region, typed: &str, environment: &Environment) -> Result<(), Problem> {
        if matches!(self, Named::Region(region) if *region == config) {
            return Ok(());
        }
        Err(Problem::new(format!(
            "the config is for the region {config}, and {variable} is {typed}",
            variable = environment.variable_name("GENESYSCLOUD_REGION"),
            typed = text::ticked(typed),
            config = text::ticked(config)
        ))
        .help("correct `org.region`, or run it with the other org's environment; nothing was sent"))
    }
}

pub fn credentials(environment: &Environment) -> Result<Credentials, Problem> {
    let variable = |name: &str| environment.variable_name(name);
    if let Some(token) = &environment.access_token {
        pasted::check(&variable("GENESYSCLOUD_ACCESS_TOKEN"), token.expose_secret())?;
        return Ok(Credentials::Token(token.clone()));
    }
    if let Some(id) = &environment.client_id {
        pasted::check(&variable("GENESYSCLOUD_OAUTHCLIENT_ID"), id)?;
    }
    if let Some(secret) = &environment.client_secret {
        pasted::check(&variable("GENESYSCLOUD_OAUTHCLIENT_SECRET"), secret.expose_secret())?;
    }
    match (&environment.client_id, &environment.client_secret) {
        (Some(id), Some(secret)) => Ok(Credentials::Client { id: id.clone(), secret: secret.clone() }),
        (Some(_), None) => Err(missing(&["GENESYSCLOUD_OAUTHCLIENT_SECRET"], environment)),
        (None, Some(_)) => Err(missing(&["GENESYSCLOUD_OAUTHCLIENT_ID"], environment)),
        (None, None) => Err(missing(&["GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"], environment)),
    }
}

fn missing(names: &[&str], environment: &Environment) -> Problem {
    let names: Vec<String> = names.iter().map(|it| environment.variable_name(it)).collect();
    let token = environment.variable_name("GENESYSCLOUD_ACCESS_TOKEN");
    Problem::new(format!("there are no credentials: {} not set", text::list(&names, "and")))
        .help(format!("set them (or {token}) in the environment, or use --sandbox to try it out"))
}

impl<'a> PlanRequest<'a> {
    /// The identity that a person requests for this config by flags.
    pub fn of(
        desired: &'a Desired,
        identity: Identity,
        target: &TargetArgs,
        flags: LimitArgs,
        usage: bool,
        (folder, now): (&'a dyn ReportStore, Moment),
    ) -> PlanRequest<'a> {
        PlanRequest {
            desired,
            limits: flags.raise(&desired.settings.limits),
            identity,
            api: target.api(desired),
            usage,
            sandbox: target.sandbox,
            earlier: None,
            folder,
            now,
        }
    }
}
