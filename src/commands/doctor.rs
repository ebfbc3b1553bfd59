//! `presencectl doctor`: gathers everything, then has it judged. It reads, and nothing that it is handed can write.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cli::{ConfigArgs, ConfigPath, DiagnosisFormat, DoctorArgs};
use crate::client::{Credentials, HttpWire, Options, Reader, Session, WireLimits};
use crate::commands::context::connect::{self, Connection, OrgAccess};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::doctor_ci;
use crate::commands::selection::path_or_usual;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::{Finding, Severity};
use crate::config::{self, LoadedAll};
use crate::host::clock::Clock;
use crate::host::exit::Exit;
use crate::host::git::Git;
use crate::host::logging;
use crate::model::desired::{Desired, OrgIdentity};
use crate::model::generation::{ApiChoice, Generation};
use crate::model::moment::Moment;
use crate::model::names::OrgId;
use crate::model::observed::Organization;
use crate::model::problem::Problem;
use crate::model::source::{Sources, Span};
use crate::ops::doctor::diagnose;
use crate::ops::doctor::facts::{
    Answers, ConfigFact, CredentialsFact, DoctorAnswer, Facts, MeantOrg, NamedBy, OrgPlace, Reach,
};
use crate::ops::history::baseline;
use crate::ops::identity::stops_everything;
use crate::ops::observe::names_divisions;
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::doctor as view;

/// Checks what goes wrong on the first day.
pub async fn run(args: &DoctorArgs, run: &mut Run<'_, DiagnosisFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, Some(&args.target))?;
    if let Some(folder) = &args.ci {
        return doctor_ci::run(args, folder.as_deref(), run);
    }
    logging::phase("reading the config");
    let path = path_or_usual(args.path.0.as_deref());
    let mut loaded = loaded(args, path);
    let asked = ConfigArgs { path: ConfigPath(path.to_owned()), org: args.org().cloned(), root: args.root.clone() };
    loaded.diagnostics = baseline::with_deleted(loaded.diagnostics, &asked.request(), None);
    run.outputs.spare(&loaded.files)?;
    let (config, desired) = config_fact(args, &asked, loaded);
    let git = Git::above(path).filter(|_| path.exists()).or_else(|| Git::above(Path::new(".")));
    let git = git.map_or(Ok(None), |it| it.repository());
    let access = OrgAccess::of(&args.target, &desired, &run.host, true);
    run.host.show_notes(access.unused.as_slice());
    let credentials = credentials_fact(&access);
    let wanted = args.target.api(&desired);
    let asked = Asked::of(args, &desired);
    let (place, answers) = match way(&access, &desired, &credentials, run).await {
        Ok(way) => {
            let answers = way.answers(asked).await;
            (Ok(way.place), answers)
        }
        Err(problem) => (Err(problem), Answers::default()),
    };
    let suffix = access.environment.suffix;
    let facts = Facts { config, git, place, credentials, suffix, wanted, answers };
    let diagnosis = diagnose(&facts, args.target.sandbox);
    let view = |format: DiagnosisFormat, style: Style| match format {
        DiagnosisFormat::Human => view::human(&diagnosis, style),
        DiagnosisFormat::Json => json::write(&json::DiagnosisV1::of(&diagnosis)),
    };
    let exit = if diagnosis.success() { Exit::Success } else { Exit::Failure };
    Ok(run.show(&view, exit))
}

/// Every config is checked; the one that is asked for is kept, or the only one.
fn loaded(args: &DoctorArgs, path: &Path) -> LoadedAll {
    let first = Cell::new(true);
    let is_meant = |org: Option<&OrgIdentity>| match args.org() {
        Some(typed) => org.is_some_and(|org| org.name == *typed),
        None => first.take(),
    };
    config::load_all(path, args.root.as_deref(), |it| is_meant(it.desired.org.as_ref()))
}

/// What the files are, and what they ask for; nothing where they cannot be used.
fn config_fact(args: &DoctorArgs, asked: &ConfigArgs, loaded: LoadedAll) -> (ConfigFact, Desired) {
    let LoadedAll { sources, diagnostics, orgs, mut configs, files: _ } = loaded;
    let shown = asked.path.display().to_string();
    let broken = |first: &Diagnostic| {
        let place = first.place.map_or_else(String::new, |span| in_words(&sources, span));
        let words = format!("{place}{}", first.finding.message());
        let (path, errors) = (shown.clone(), diagnostics.errors);
        ConfigFact::Broken { path, errors, first: words, help: first.finding.help() }
    };
    if let Some(first) = diagnostics.iter().find(|it| it.severity == Severity::Error) {
        let is_absent = args.path.0.is_none() && !asked.path.exists();
        return (if is_absent { ConfigFact::Absent } else { broken(first) }, Desired::nothing());
    }
    let named = |org: &OrgIdentity| MeantOrg::Named { name: org.name.clone(), id: org.id.clone() };
    let definitions = orgs.iter().map(|it| it.definitions).sum();
    let known: Vec<String> = orgs.iter().filter_map(|it| it.org.as_ref()).map(|it| it.name.clone()).collect();
    if args.org().is_none() && orgs.len() > 1 {
        configs.clear();
    }
    let meant = match (configs.as_slice(), args.org()) {
        ([], Some(typed)) => {
            let (name, deleted, commit) = (typed.clone(), None, String::new());
            let unknown = Finding::UnknownOrg { name, known: known.clone(), nearest: None, deleted, commit };
            let found = baseline::with_deleted(vec![Diagnostic::general(unknown)].into(), &asked.request(), None);
            let is_deleted = |it: &&Diagnostic| matches!(it.finding, Finding::UnknownOrg { deleted: Some(_), .. });
            if let Some(deleted) = found.iter().find(is_deleted) {
                return (broken(deleted), Desired::nothing());
            }
            MeantOrg::Unknown { typed: typed.clone(), known }
        }
        ([only], _) => only.desired.org.as_ref().map_or(MeantOrg::Unnamed, named),
        _ => MeantOrg::OneOf(known),
    };
    let desired = match meant {
        MeantOrg::Unnamed | MeantOrg::Named { .. } => configs.pop().map(|it| it.desired),
        MeantOrg::OneOf(_) | MeantOrg::Unknown { .. } => None,
    };
    let fact = ConfigFact::Valid { path: shown, definitions, warnings: diagnostics.warnings, meant };
    (fact, desired.unwrap_or_else(Desired::nothing))
}

fn in_words(sources: &Sources, span: Span) -> String {
    format!("{}: ", sources.place(span))
}

pub fn credentials_fact(OrgAccess { target, environment, unused: _ }: &OrgAccess) -> CredentialsFact {
    if target.sandbox {
        return CredentialsFact::Sandbox;
    }
    match connect::credentials(environment) {
        Ok(Credentials::Token(_)) => CredentialsFact::Token { client_too: environment.client_id.is_some() },
        Ok(Credentials::Client { .. }) => CredentialsFact::Client,
        Err(problem) => CredentialsFact::Missing(problem),
    }
}

/// What an org is asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Divisions are only asked for where the config names one.
    names_division: bool,
    /// A person wants to know whether the client could write.
    try_write: bool,
    meant: Option<&'a OrgId>,
    /// The only question to another org than the config means is who it is.
    pub must_be_meant: bool,
}

impl<'a> Asked<'a> {
    /// What one org alone is asked.
    pub fn of(args: &DoctorArgs, desired: &'a Desired) -> Asked<'a> {
        Asked {
            names_division: names_divisions(desired) && args.target.api(desired) != ApiChoice::Only(Generation::First),
            try_write: args.try_write,
            meant: desired.org.as_ref().and_then(|it| it.id.as_ref()),
            must_be_meant: false,
        }
    }

    fn is_of_meant(&self, answer: &DoctorAnswer<Organization>) -> bool {
        match (answer, self.meant) {
            (DoctorAnswer::Given(org), Some(id)) => org.id == *id,
            (DoctorAnswer::Given(_), None) => !self.must_be_meant,
            (DoctorAnswer::NotAsked | DoctorAnswer::Refused(_), _) => false,
        }
    }
}

/// The way to an org. Nothing is sent yet.
pub struct OrgWay {
    pub place: OrgPlace,
    wire: Arc<HttpWire>,
    /// None without credentials.
    session: Option<Session>,
    /// No token has to be got.
    by_token: bool,
    clock: Clock,
}

/// Where the org is, and what asks it.
pub async fn way(
    access: &OrgAccess,
    desired: &Desired,
    credentials: &CredentialsFact,
    run: &mut Run<'_, DiagnosisFormat>,
) -> Result<OrgWay, Problem> {
    let OrgAccess { target, environment, unused: _ } = access;
    let clock = Clock::starting(run.host.environment.began);
    if target.sandbox {
        let Connection { session, endpoints, .. } = run.connect_by(access, desired).await?;
        let wire = Arc::new(HttpWire::new(&endpoints, WireLimits::default()));
        let place = OrgPlace { endpoints, named_by: NamedBy::Sandbox, proxy: Ok(None), unread_entries: Vec::new() };
        return Ok(OrgWay { place, wire, session: Some(session), by_token: false, clock });
    }
    let endpoints = connect::endpoints(target, desired, environment)?;
    let by_token = matches!(credentials, CredentialsFact::Token { .. });
    let proxy = connect::proxy(&endpoints, by_token, environment);
    let wire = Arc::new(connect::wire(target, &endpoints, proxy.clone().ok().flatten(), environment)?);
    let options = Options { requests_per_minute: target.requests_per_minute, ..Options::default() };
    // What answers is looked at without credentials as well.
    let session = connect::credentials(environment).ok().map(|credentials| {
        Session::in_run(endpoints.clone(), credentials, Arc::clone(&wire) as _, options, run.secrets())
    });
    let named_by = if target.base_url.is_some() {
        NamedBy::BaseUrl
    } else if environment.region.is_some() {
        NamedBy::Variable
    } else {
        NamedBy::Config
    };
    let is_here = endpoints.is_loopback();
    let unread_entries = if is_here { Vec::new() } else { environment.proxies.unread_entries() };
    let place = OrgPlace { endpoints, named_by, proxy, unread_entries };
    Ok(OrgWay { place, wire, session, by_token, clock })
}

impl OrgWay {
    /// Looks whether anyone answers, without credentials, and then asks with them.
    pub async fn answers(&self, asked: Asked<'_>) -> Answers {
        let OrgWay { place: OrgPlace { endpoints, proxy, .. }, wire, session, by_token, clock } = self;
        // Without the proxy that is meant, nothing is sent.
        let Ok(proxy) = proxy else { return Answers::default() };
        logging::phase("looking who answers");
        let api = endpoints.api("/api/v2/organizations/me", &[]);
        let name = |host: String| proxy.as_ref().filter(|it| it.leads_to(&host)).map_or(host, |it| it.host.clone());
        let mut answers =
            Answers { api: reach(wire, &api, &name(endpoints.api_host()), *clock).await, ..Answers::default() };
        if !by_token {
            answers.login = reach(wire, endpoints.login(), &name(endpoints.login_host()), *clock).await;
        }
        if let (Some(session), Reach::Answered { .. }) = (session, &answers.api) {
            logging::phase("asking the org");
            ask(&session.reader(), asked, &mut answers).await;
            // To another org than the config means nothing is sent but the question who it is.
            if asked.try_write && asked.is_of_meant(&answers.org) {
                // In the generation that the org serves.
                let is_second =
                    matches!((&answers.first, &answers.second), (DoctorAnswer::Refused(_), DoctorAnswer::Given(_)));
                let used = if is_second { Generation::Second } else { Generation::First };
                answers.removal = session.speaking(used).could_write().removal().await.into();
            }
        }
        answers
    }
}

async fn reach(wire: &HttpWire, url: &reqwest::Url, host: &str, clock: Clock) -> Reach {
    if !is_known(host).await {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
        return Reach::NoSuchName { name };
    }
    match wire.probe(url).await {
        Ok(answer) => Reach::Answered {
            status: answer.status,
            date: answer.date.as_deref().and_then(Moment::read_http_date),
            at: clock.now(),
        },
        Err(error) => Reach::Failed(error),
    }
}

/// Is there an address for this host?
async fn is_known(host: &str) -> bool {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let host = if has_port { host.to_owned() } else { format!("{host}:443") };
    tokio::net::lookup_host(host).await.is_ok_and(|mut found| found.next().is_some())
}

/// Asks for everything that a check needs, and continues after any answer. Only reads.
async fn ask(reader: &Reader, asked: Asked<'_>, answers: &mut Answers) {
    answers.org = reader.organization().await.into();
    if let DoctorAnswer::Refused(error) = &answers.org
        && stops_everything(error)
    {
        return;
    }
    if asked.must_be_meant && !asked.is_of_meant(&answers.org) {
        return;
    }
    let first = reader.speaking(Generation::First);
    let second = reader.speaking(Generation::Second);
    let listed = first.list().await;
    let also_listed = second.list().await;
    let any = listed.iter().chain(&also_listed).flat_map(|it| &it.definitions).next().map(|it| it.id.clone());
    if let Some(id) = any {
        let by = if listed.is_ok() { &first } else { &second };
        answers.one = by.definition(&id).await.map(drop).into();
        answers.usage = reader.people_on(&BTreeSet::from([id])).await.map(drop).into();
    }
    answers.first = listed.map(|it| it.len()).into();
    answers.second = also_listed.map(|it| it.len()).into();
    if asked.names_division {
        answers.divisions = reader.divisions().await.map(|it| it.len()).into();
    }
}
