//! `presencectl doctor` of several orgs: each is judged with its own credentials, also without any.

use std::rc::Rc;

use futures_util::{StreamExt as _, stream};

use crate::cli::{DiagnosisFormat, DoctorArgs};
use crate::commands::context::connect::OrgAccess;
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::doctor::{self, Asked, OrgWay};
use crate::commands::fleet;
use crate::commands::selection::path_or_usual;
use crate::config::file_system::Disk;
use crate::config::{self, Config, LoadedAll};
use crate::host::exit::Exit;
use crate::host::git::Git;
use crate::host::logging;
use crate::model::desired::OrgIdentity;
use crate::model::problem::Problem;
use crate::ops::doctor::check::{FleetDiagnosis, OrgDiagnosis};
use crate::ops::doctor::facts::{Answers, ConfigFact, CredentialsFact, Facts, MeantOrg};
use crate::ops::doctor::{diagnose_one_of_several, files};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::fleet_diagnosis as view;

/// Checks the files once, and a few orgs concurrently. An org whose checks fail stops no other.
pub async fn run(args: &DoctorArgs, run: &mut Run<'_, DiagnosisFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, Some(&args.target))?;
    logging::phase("reading the configs");
    let path = path_or_usual(args.path.0.as_deref());
    let loaded = config::load_chosen(Rc::new(Disk::default()), path, args.root.as_deref(), &args.chosen.choice());
    run.outputs.spare(&loaded.files)?;
    let LoadedAll { sources, diagnostics, configs, .. } = loaded;
    if configs.is_empty() {
        return Err(Failure::Findings(sources, diagnostics));
    }
    let named: Vec<(&Config, &OrgIdentity)> =
        configs.iter().filter_map(|it| Some((it, it.desired.org.as_ref()?))).collect();
    if !args.target.sandbox {
        fleet::check_variables(named.iter().map(|(_, org)| *org), &mut run.host)?;
    }
    let valid = |definitions, warnings, meant| {
        let path = path.display().to_string();
        ConfigFact::Valid { path, definitions, warnings, meant }
    };
    let definitions = named.iter().map(|(config, _)| config.desired.definitions.len()).sum();
    let meant = MeantOrg::OneOf(named.iter().map(|(_, org)| org.name.clone()).collect());
    let git = Git::above(path).map_or(Ok(None), |it| it.repository());
    let common = files::checks(&valid(definitions, diagnostics.warnings, meant), &git);

    // Every secret is known before the first response.
    let mut begun = Vec::new();
    for (config, org) in named {
        let meant = MeantOrg::Named { name: org.name.clone(), id: org.id.clone() };
        let fact = valid(config.desired.definitions.len(), 0, meant);
        begun.push(begin(args, (config, org, fact), run).await);
    }
    let mut results = stream::iter(begun.iter().map(BegunOrg::answers)).buffered(usize::from(args.chosen.parallel));
    let mut orgs = Vec::new();
    for BegunOrg { config, org, fact, way, credentials, suffix, asked: _ } in &begun {
        let Some(answers) = results.next().await else { break };
        let OrgIdentity { name, stage, .. } = (*org).clone();
        run.host.org_done(&name, "checked");
        let facts = Facts {
            config: fact.clone(),
            git: git.clone(),
            place: way.as_ref().map(|it| it.place.clone()).map_err(Problem::clone),
            credentials: credentials.clone(),
            suffix: suffix.clone(),
            wanted: args.target.api(&config.desired),
            answers,
        };
        let diagnosis = diagnose_one_of_several(&facts, args.target.sandbox);
        orgs.push(OrgDiagnosis { name, stage, diagnosis });
    }
    let fleet = FleetDiagnosis { common, orgs };
    let view = |format: DiagnosisFormat, style: Style| match format {
        DiagnosisFormat::Human => view::human(&fleet, style),
        DiagnosisFormat::Json => json::write(&json::FleetDiagnosisV1::of(&fleet)),
    };
    let exit = if fleet.success() { Exit::Success } else { Exit::Failure };
    Ok(run.show(&view, exit))
}

/// One of several orgs, before any request.
struct BegunOrg<'a> {
    config: &'a Config,
    org: &'a OrgIdentity,
    fact: ConfigFact,
    /// An error if the address of the org is not known.
    way: Result<OrgWay, Problem>,
    credentials: CredentialsFact,
    suffix: String,
    asked: Asked<'a>,
}

impl BegunOrg<'_> {
    async fn answers(&self) -> Answers {
        match &self.way {
            Ok(way) => way.answers(self.asked).await,
            Err(_) => Answers::default(),
        }
    }
}

async fn begin<'a>(
    args: &DoctorArgs,
    (config, org, fact): (&'a Config, &'a OrgIdentity, ConfigFact),
    run: &mut Run<'_, DiagnosisFormat>,
) -> BegunOrg<'a> {
    let desired = &config.desired;
    let access = OrgAccess::of(&args.target, desired, &run.host, false);
    run.host.show_notes(access.unused.as_slice());
    let credentials = doctor::credentials_fact(&access);
    // A simulated org has an id of its own.
    let must_be_meant = !args.target.sandbox;
    let mut asked = Asked::of(args, desired);
    asked.must_be_meant = must_be_meant;
    let way = doctor::way(&access, desired, &credentials, run).await;
    BegunOrg { config, org, fact, way, credentials, suffix: access.environment.suffix, asked }
}
