//! `presencectl doctor`: gathers everything, then has it judged. It reads, and nothing that it is handed can write.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::api::{Credentials, Endpoints, HttpWire, Limits, Options, Reader, Session};
use crate::cli::{DiagnosisFormat, DoctorArgs};
use crate::clock::Clock;
use crate::commands::connect::{self, Connection, connect};
use crate::commands::look::{names_divisions, stops_everything};
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell};
use crate::config::{self, LoadedAll};
use crate::diagnostic::finding::Finding;
use crate::diagnostic::{Severity, Sources, Span};
use crate::doctor::diagnose;
use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::facts::{Answer, ConfigFact, CredentialsFact, Facts, Meant, NamedBy, Place, Reach};
use crate::exit::Exit;
use crate::git::Git;
use crate::logging;
use crate::model::desired::{Desired, OrgIdentity};
use crate::model::generation::{ApiChoice, Generation};
use crate::model::moment::Moment;
use crate::problem::{Heard, Problem};
use crate::render::style::Style;
use crate::render::{doctor as view, machine};
use crate::sandbox::Server;

/// Checks what goes wrong on the first day.
pub async fn run(args: &DoctorArgs, shell: &mut Shell<'_>) -> Exit {
    shell.signals.watch();
    let mut outputs = match Outputs::open(&args.outputs, shell.signals) {
        Ok(outputs) => outputs,
        Err(problem) => return shell.fail(&problem.into()),
    };
    match facts(args, &mut outputs, shell).await {
        Ok(facts) => show(&diagnose(&facts, args.target.sandbox), outputs, shell),
        Err(failure) => {
            let heard = Heard { org: None, sandbox: args.target.sandbox };
            shell.fail_into(&failure, &heard, outputs)
        }
    }
}

fn show(diagnosis: &Diagnosis, outputs: Outputs<DiagnosisFormat>, shell: &mut Shell<'_>) -> Exit {
    let text = |format: DiagnosisFormat, style: Style| match format {
        DiagnosisFormat::Human => view::human(diagnosis, style),
        DiagnosisFormat::Json => machine::diagnosis_json(diagnosis),
    };
    let exit = if diagnosis.success() { Exit::Success } else { Exit::Failure };
    let stdout = text(outputs.on_stdout, shell.style_out());
    shell.write(outputs, &stdout, &|format| text(format, Style::PLAIN), exit)
}

async fn facts(args: &DoctorArgs, outputs: &mut Outputs<DiagnosisFormat>, shell: &Shell<'_>) -> Result<Facts, Failure> {
    outputs.spare(connect::files_read(&args.target))?;
    logging::phase("reading the config");
    let here = Path::new(".");
    let path = args.path.as_deref().unwrap_or(here);
    let loaded = config::load_all(path, args.root.as_deref());
    outputs.spare(&loaded.files)?;
    let (config, desired) = config_fact(args, path, loaded);
    let git = Git::at(path).repository();
    let credentials = credentials_fact(args, shell);
    let mut facts = Facts {
        config,
        git,
        place: Err(Problem::new("the sandbox did not start")),
        credentials,
        api: Reach::NotTried,
        login: Reach::NotTried,
        wanted: connect::api(&args.target, &desired),
        org: Answer::NotAsked,
        first: Answer::NotAsked,
        second: Answer::NotAsked,
        one: Answer::NotAsked,
        usage: Answer::NotAsked,
        divisions: Answer::NotAsked,
    };
    let way = way(args, &desired, shell).await;
    match way {
        Ok(Way { place, wire, session, server }) => {
            logging::phase("looking who answers");
            probe(&place, &wire, &mut facts, shell).await;
            facts.place = Ok(place);
            if let (Some(session), Reach::Answered { .. }) = (session, &facts.api) {
                logging::phase("asking the org");
                let names_division = names_divisions(&desired) && facts.wanted != ApiChoice::Only(Generation::First);
                ask(&session.reader(), names_division, &mut facts).await;
            }
            if let Some(server) = server {
                server.shutdown().await;
            }
        }
        Err(problem) => facts.place = Err(problem),
    }
    Ok(facts)
}

/// What the files are, and what they ask for; nothing where they cannot be used.
fn config_fact(args: &DoctorArgs, path: &Path, loaded: LoadedAll) -> (ConfigFact, Desired) {
    let LoadedAll { sources, diagnostics, mut configs, files: _ } = loaded;
    let errors: Vec<_> = diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
    let shown = path.display().to_string();
    if let Some(first) = errors.first() {
        if args.path.is_none() && matches!(first.finding, Finding::NoFiles { .. }) {
            return (ConfigFact::Absent, Desired::nothing());
        }
        let place = first.place.map_or_else(String::new, |span| in_words(&sources, span));
        let words = format!("{place}{}", first.finding.message());
        let fact = ConfigFact::Broken { path: shown, errors: errors.len(), first: words, help: first.finding.help() };
        return (fact, Desired::nothing());
    }
    let named = |org: &OrgIdentity| Meant::Named { name: org.name.clone(), id: org.id.clone() };
    let definitions = configs.iter().map(|it| it.desired.definitions.len()).sum();
    let known: Vec<String> =
        configs.iter().filter_map(|it| it.desired.org.as_ref()).map(|it| it.name.clone()).collect();
    if let Some(typed) = &args.org {
        configs.retain(|it| it.desired.org.as_ref().is_some_and(|org| org.name == *typed));
    }
    let meant = match (configs.as_slice(), &args.org) {
        ([], Some(typed)) => Meant::Unknown { typed: typed.clone(), known },
        ([only], _) => only.desired.org.as_ref().map_or(Meant::Unnamed, named),
        _ => Meant::OneOf(known),
    };
    let desired = match meant {
        Meant::Unnamed | Meant::Named { .. } => configs.pop().map(|it| it.desired),
        Meant::OneOf(_) | Meant::Unknown { .. } => None,
    };
    let fact = ConfigFact::Valid { path: shown, definitions, warnings: diagnostics.len(), meant };
    (fact, desired.unwrap_or_else(Desired::nothing))
}

fn in_words(sources: &Sources, span: Span) -> String {
    let place = sources.place(span);
    format!("{}:{}:{}: ", place.path.display(), place.line.get(), place.column.get())
}

fn credentials_fact(args: &DoctorArgs, shell: &Shell<'_>) -> CredentialsFact {
    if args.target.sandbox {
        return CredentialsFact::Sandbox;
    }
    match connect::credentials(shell.environment) {
        Ok(Credentials::Token(_)) => CredentialsFact::Token { client_too: shell.environment.client_id.is_some() },
        Ok(Credentials::Client { .. }) => CredentialsFact::Client,
        Err(problem) => CredentialsFact::Missing(problem),
    }
}

/// The way to the org, as far as there is one.
struct Way {
    place: Place,
    wire: Arc<HttpWire>,
    /// None without credentials.
    session: Option<Session>,
    server: Option<Server>,
}

async fn way(args: &DoctorArgs, desired: &Desired, shell: &Shell<'_>) -> Result<Way, Problem> {
    if args.target.sandbox {
        let Connection { session, sandbox, is_real: _ } = connect(&args.target, desired, shell.environment).await?;
        let url = sandbox.as_ref().map(Server::url).unwrap_or_default();
        let endpoints = Endpoints::of_base_url(&url).map_err(|error| Problem::from(("the sandbox", error)))?;
        let wire = Arc::new(HttpWire::new(&endpoints, Limits::default()));
        let place = Place { endpoints, named_by: NamedBy::Sandbox, proxy: None };
        return Ok(Way { place, wire, session: Some(session), server: sandbox });
    }
    let endpoints = connect::endpoints(&args.target, desired, shell.environment)?;
    let wire = Arc::new(connect::wire(&args.target, &endpoints)?);
    let options = Options { requests_per_minute: args.target.requests_per_minute, ..Options::default() };
    let session = connect::credentials(shell.environment)
        .ok()
        .map(|credentials| Session::new(endpoints.clone(), credentials, Arc::clone(&wire) as _, options));
    let named_by = if args.target.base_url.is_some() {
        NamedBy::BaseUrl
    } else if shell.environment.region.is_some() {
        NamedBy::Variable
    } else {
        NamedBy::Config
    };
    let proxy = shell.environment.proxies.of_host(&endpoints.api_name()).filter(|_| !endpoints.is_loopback()).cloned();
    Ok(Way { place: Place { endpoints, named_by, proxy }, wire, session, server: None })
}

/// Looks whether anybody answers, without credentials.
async fn probe(place: &Place, wire: &HttpWire, facts: &mut Facts, shell: &Shell<'_>) {
    let clock = Clock::starting(shell.environment.began);
    let Place { endpoints, named_by: _, proxy } = place;
    let api = endpoints.api("/api/v2/organizations/me", &[]);
    let name = |host: String| proxy.as_ref().map_or(host, |it| it.host.clone());
    facts.api = reach(wire, &api, &name(endpoints.api_host()), clock).await;
    if !matches!(facts.credentials, CredentialsFact::Token { .. }) {
        facts.login = reach(wire, endpoints.login(), &name(endpoints.login_host()), clock).await;
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

/// Asks what tells something, and goes on whatever the answer is. Only reads.
async fn ask(reader: &Reader, names_division: bool, facts: &mut Facts) {
    facts.org = reader.organization().await.into();
    if let Answer::Refused(error) = &facts.org
        && stops_everything(error)
    {
        return;
    }
    let first = reader.speaking(Generation::First);
    let second = reader.speaking(Generation::Second);
    let listed = first.definitions().await;
    let also_listed = second.definitions().await;
    let any = listed.iter().chain(&also_listed).flatten().next().map(|it| it.id.clone());
    if let Some(id) = any {
        let by = if listed.is_ok() { &first } else { &second };
        facts.one = by.definition(&id).await.map(drop).into();
        facts.usage = reader.people_on(&BTreeSet::from([id])).await.map(drop).into();
    }
    facts.first = listed.map(|it| it.len()).into();
    facts.second = also_listed.map(|it| it.len()).into();
    if names_division {
        facts.divisions = reader.divisions().await.map(|it| it.len()).into();
    }
}
