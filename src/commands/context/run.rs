//! One run of a command: its outputs, its record, the report folder, and its connections. Every command receives one
//! and its result is shown here.

use std::mem;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::{ConfigArgs, Format, OnFailure, OrgsArgs, Output, RecordArgs, TargetArgs, View};
use crate::client::RunSecrets;
use crate::commands::context::again::Again;
use crate::commands::context::connect::{self, Connection, OrgAccess};
use crate::commands::context::failure::{Failure, FailureContext};
use crate::commands::context::host::Host;
use crate::commands::context::outputs::Outputs;
use crate::commands::context::record::Record;
use crate::commands::context::report_file::{ReportFile, not_kept};
use crate::commands::context::reports::{ReportFolder, reports_in};
use crate::config::choice::OrgChoice;
use crate::config::diagnostic::Findings;
use crate::config::file_system::{Disk, FileSystem};
use crate::config::{self, Config, ConfigSource, Loaded};
use crate::host::exit::Exit;
use crate::host::{logging, org_variables};
use crate::model::desired::Desired;
use crate::model::names::Locale;
use crate::model::observed::{Organization, Target};
use crate::model::problem::{KnownOrg, Problem};
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::BeforePost;
use crate::ops::apply::report::Report;
use crate::ops::history::baseline;
use crate::ops::history::git_config::{AtCommit, InRepository};
use crate::output::json;
use crate::output::json::common::ConfigV1;
use crate::output::page::PageKind;
use crate::output::style::Style;
use crate::sandbox::Server;

pub struct Run<'a, F = Format> {
    pub host: Host<'a>,
    /// Its outputs.
    pub outputs: Outputs<F>,
    /// Its time and author.
    pub record: Record,
    /// The report folder to read from. `None` for a run that reads none.
    pub folder: ReportFolder,
    /// The org, as soon as it is known.
    pub known_org: KnownOrg,
    /// The config of its org, for the document of a failure.
    pub config: Option<ConfigV1>,
    /// The warnings in its files.
    pub findings: Findings,
    /// The kind of page that a failure replaces.
    pub awaited: PageKind,
    report_file: ReportFile,
    /// What was typed, for the commands that a failure names.
    pub again: Again,
    /// The suffix of the variables for the org.
    suffix: String,
    /// The secrets of all orgs in the run.
    secrets: RunSecrets,
    /// It changes definitions, so all its documents have the time and author.
    is_recorded: bool,
    /// The embedded sandboxes that it started.
    servers: Vec<Server>,
}

impl<'a, F: View> Run<'a, F> {
    pub fn new(host: Host<'a>) -> Run<'a, F> {
        Run {
            record: Record::new(host.environment),
            host,
            outputs: Outputs::on_stdout(),
            folder: ReportFolder::None,
            known_org: KnownOrg { org: None, sandbox: false },
            config: None,
            findings: Findings::default(),
            awaited: PageKind::Plan,
            report_file: ReportFile::default(),
            again: Again::default(),
            suffix: String::new(),
            secrets: RunSecrets::default(),
            is_recorded: false,
            servers: Vec::new(),
        }
    }

    /// Runs the work, closes every connection even after a failure, and shows a failure.
    pub async fn perform(mut self, work: impl AsyncFnOnce(&mut Run<'a, F>) -> Result<Exit, Failure>) -> Exit {
        self.host.signals.watch();
        let ended = work(&mut self).await;
        for server in mem::take(&mut self.servers) {
            // Finishes open requests, and frees its port and state.
            server.shutdown().await;
        }
        ended.unwrap_or_else(|failure| {
            let failure = match failure {
                Failure::Problem(problem) => {
                    let help = problem.help.as_ref().map(|it| org_variables::named(it, &self.suffix));
                    let help = help.map(|it| self.again.named(&it));
                    Failure::Problem(Problem { help, ..problem })
                }
                failure @ Failure::Findings(..) => failure,
            };
            self.fail(&failure)
        })
    }

    /// Tests every output, so that a missing folder is found before an org is changed.
    pub fn open(&mut self, outputs: &[Output<F>], target: Option<&TargetArgs>) -> Result<(), Failure> {
        self.outputs = Outputs::open(outputs, self.host.environment, self.host.signals)?;
        if let Some(target) = target {
            self.known_org.sandbox = target.sandbox;
            self.again.target = target.to_flags();
            self.outputs.spare(target.files_read())?;
        }
        Ok(())
    }

    /// Like [`Run::open`], for a run that changes definitions: it is recorded in a report folder, which may depend on
    /// the config's path.
    pub fn open_recorded(
        &mut self,
        outputs: &[Output<F>],
        target: &TargetArgs,
        record: &RecordArgs,
        config: Option<&Path>,
    ) -> Result<(), Failure> {
        let here = self.host.environment.folder.as_deref();
        let folder = ReportFolder::of(record.report_dir.as_deref(), record.no_report, config, here);
        let (folder, passed_over) = folder.checked();
        let (report_file, not_kept) = ReportFile::open(&folder, self.host.signals)?;
        let opened = Outputs::open(outputs, self.host.environment, self.host.signals)?;
        let notes: Vec<Problem> = passed_over.into_iter().chain(not_kept).collect();
        self.host.show_notes(&notes);
        (self.folder, self.report_file, self.outputs) = (folder, report_file, opened);
        (self.is_recorded, self.awaited, self.known_org.sandbox) = (true, PageKind::Report, target.sandbox);
        self.again.target = target.to_flags();
        let dir = record.report_dir.as_ref().map(|it| format!(" {}", text::shell_word(&it.to_string_lossy())));
        self.again.reports = dir.unwrap_or_default();
        self.record.by(record, target, self.host.environment);
        self.outputs.spare(target.files_read())?;
        Ok(())
    }

    /// Finds the report folder for a run that only reads it: the default one may be missing.
    pub fn read_reports(
        &mut self,
        typed: Option<&Path>,
        no_report: bool,
        config: Option<&Path>,
    ) -> Result<ReportFolder, Problem> {
        let here = self.host.environment.folder.as_deref();
        let (folder, passed_over) = ReportFolder::of(typed, no_report, config, here).checked();
        self.host.show_notes(&passed_over.into_iter().collect::<Vec<_>>());
        self.outputs.spare(folder.path())?;
        if let ReportFolder::Typed(dir) = &folder {
            // A variable applies to all commands in a CI, and the first apply creates the folder.
            let is_typed = self.host.typed.has("report-dir") || self.host.typed.command() == "log";
            if !is_typed && matches!(dir.try_exists(), Ok(false)) {
                return Ok(ReportFolder::None);
            }
            // Before anything is sent.
            reports_in(dir)?;
        }
        Ok(folder)
    }

    /// Reads a config and shows its findings.
    pub fn load(&mut self, args: &ConfigArgs) -> Result<(Config, Sources), Failure> {
        self.load_beside(args, None)
    }

    /// Like [`Run::load`], beside the config of a commit, which may have deleted files.
    pub fn load_beside(&mut self, args: &ConfigArgs, base: Option<&str>) -> Result<(Config, Sources), Failure> {
        logging::phase("reading the config");
        let request = args.request();
        self.again.config = Some(request.clone());
        let mut loaded = config::load(&request);
        self.outputs.spare(&loaded.files)?;
        if loaded.config.is_none() {
            loaded.diagnostics = baseline::with_deleted(loaded.diagnostics, &request, base);
        }
        self.loaded(loaded)
    }

    /// Like [`Run::load`], for a commit. None of its files is on disk.
    pub fn load_at(&mut self, at: &AtCommit, org: Option<&str>) -> Result<(Config, Sources), Failure> {
        logging::phase("reading the config of a commit");
        let InRepository { path, root } = at.place.clone();
        let request = ConfigSource { path, org: org.map(str::to_owned), root: Some(root) };
        let mut loaded = config::load_in(Rc::clone(&at.files) as Rc<dyn FileSystem>, &request);
        loaded.sources.commit = Some(at.commit.clone());
        self.loaded(loaded)
    }

    /// Reads the configs of several orgs, from disk or from a commit.
    pub fn load_orgs(&mut self, args: &OrgsArgs, at: Option<&AtCommit>) -> Result<(Vec<Config>, Sources), Failure> {
        self.load_chosen((&args.path, args.root.as_deref()), &args.chosen.choice(), at)
    }

    /// Like [`Run::load_orgs`], for a selection.
    pub fn load_chosen(
        &mut self,
        (path, root): (&Path, Option<&Path>),
        choice: &OrgChoice,
        at: Option<&AtCommit>,
    ) -> Result<(Vec<Config>, Sources), Failure> {
        logging::phase("reading the configs");
        let all = ConfigSource { path: path.to_owned(), org: None, root: root.map(Path::to_owned) };
        self.again.config = Some(all);
        let mut loaded = match at {
            Some(AtCommit { files, place, commit: _ }) => {
                let InRepository { path, root } = place;
                config::load_chosen(Rc::clone(files) as Rc<dyn FileSystem>, path, Some(root), choice)
            }
            None => config::load_chosen(Rc::new(Disk::default()), path, root, choice),
        };
        self.outputs.spare(&loaded.files)?;
        loaded.sources.commit = at.map(|it| it.commit.clone());
        if loaded.configs.is_empty() {
            return Err(Failure::Findings(loaded.sources, loaded.diagnostics));
        }
        let mut names = loaded.configs.iter().map(|it| it.desired.org.as_ref().map(|org| org.name.as_str()));
        let only = names.next().flatten().filter(|_| names.next().is_none());
        self.again = self.again.of_org(only);
        self.host.show_findings(&loaded.diagnostics, &loaded.sources);
        self.findings = loaded.diagnostics;
        Ok((loaded.configs, loaded.sources))
    }

    fn loaded(&mut self, loaded: Loaded) -> Result<(Config, Sources), Failure> {
        let Loaded { sources, diagnostics, config, files: _ } = loaded;
        match config {
            Some(config) => {
                self.host.show_findings(&diagnostics, &sources);
                self.findings = diagnostics;
                Ok((config, sources))
            }
            None => Err(Failure::Findings(sources, diagnostics)),
        }
    }

    /// Opens a connection to an org. Nothing is sent yet. The run closes it.
    pub async fn connect(&mut self, args: &TargetArgs, desired: &Desired) -> Result<Connection, Problem> {
        let access = OrgAccess::of(args, desired, &self.host, true);
        self.suffix.clone_from(&access.environment.suffix);
        self.connect_by(&access, desired).await
    }

    /// Like [`Run::connect`], with a given access.
    pub async fn connect_by(&mut self, access: &OrgAccess, desired: &Desired) -> Result<Connection, Problem> {
        let OrgAccess { target, environment, unused } = access;
        self.host.show_notes(unused.as_slice());
        if self.is_recorded {
            self.record.through(target, environment);
        }
        let (connection, started) = connect::connect(target, desired, environment, &self.secrets).await?;
        if let Some(started) = started {
            self.host.show_notes(&started.notes);
            self.servers.push(started.server);
        }
        Ok(connection)
    }

    /// The secrets of all orgs in the run, for sessions that the command opens itself.
    pub fn secrets(&self) -> &RunSecrets {
        &self.secrets
    }

    /// Shows text during the run: on standard output, unless a document goes there.
    pub fn tell(&mut self, view: &dyn Fn(Style) -> String) {
        if self.outputs.on_stdout == F::HUMAN {
            let text = view(self.host.style_out());
            self.host.terminal.out(&text);
        } else {
            let text = view(self.host.style_err());
            self.host.terminal.err(&text);
        }
        if self.outputs.has_human_file() {
            self.outputs.keep(&view(Style::PLAIN));
        }
    }

    /// Stores a report, replacing an earlier one of the run. Returns its file. `None` if there is no folder, or if the
    /// default one could not be written, which one line reports.
    pub fn keep(&mut self, report: &Report, target: &Target, sources: &Sources) -> Result<Option<PathBuf>, Problem> {
        let document = json::write(&json::ReportV1::of(report, target, sources));
        self.keep_document(&document, target.org.as_ref())
    }

    fn keep_document(&mut self, document: &str, org: Option<&Organization>) -> Result<Option<PathBuf>, Problem> {
        match self.report_file.keep(document, &self.record.metadata(), org, self.host.signals) {
            Err(problem) if !self.report_file.must_keep() => {
                self.host.show_notes(&[not_kept(&problem)]);
                Ok(None)
            }
            kept => kept,
        }
    }

    /// Records each POST of this run before it is sent.
    pub fn before_post(&self, default_locale: &Locale) -> Option<BeforePost> {
        self.report_file.before_post(self.record.clock(), default_locale, self.host.signals)
    }

    /// Writes the result to every output. The exit code is worse if one could not be written.
    pub fn show(&mut self, view: &dyn Fn(F, Style) -> String, exit: Exit) -> Exit {
        let stdout = view(self.outputs.on_stdout, self.host.style_out());
        self.write(&stdout, &|format| view(format, Style::PLAIN), exit)
    }

    /// Like [`Run::show`], below a plan that was already shown: people get `words` on every output for people.
    pub fn show_below(&mut self, words: &dyn Fn(Style) -> String, view: &dyn Fn(F) -> String, exit: Exit) -> Exit {
        let below = |words: String| if words.is_empty() { words } else { format!("\n{words}") };
        let stdout = if self.outputs.on_stdout == F::HUMAN {
            below(words(self.host.style_out()))
        } else {
            let words = below(words(self.host.style_err()));
            self.host.terminal.err(&words);
            view(self.outputs.on_stdout)
        };
        self.write(&stdout, view, exit)
    }

    /// Like [`Run::show`], with the text for standard output.
    pub fn write(&mut self, stdout: &str, view: &dyn Fn(F) -> String, exit: Exit) -> Exit {
        logging::phase("writing the outputs");
        let outputs = mem::replace(&mut self.outputs, Outputs::on_stdout());
        match outputs.write(self.host.terminal, self.host.signals, stdout, view) {
            Ok(()) => exit,
            Err(problem) => worse(exit, self.host.fail(&problem.into())),
        }
    }

    /// Shows a failure on standard error and in every output. A run without effect counts too, so its failure is
    /// stored, once it is known which org it was for.
    fn fail(&mut self, failure: &Failure) -> Exit {
        let exit = self.host.fail(failure);
        let named = self.host.named(failure).into_owned();
        let metadata = self.is_recorded.then(|| self.record.metadata());
        let folder = self.host.environment.folder.clone();
        let known_org = self.known_org.clone();
        let config = self.config.take();
        let context = FailureContext {
            known_org: &known_org,
            config: config.as_ref(),
            run: metadata.as_ref(),
            awaited: self.awaited,
            folder: folder.as_deref(),
        };
        let is_of_an_org = known_org.org.is_some() || self.record.has_org();
        if self.is_recorded && is_of_an_org {
            let document = named.shown(OnFailure::Document, context);
            if let Err(problem) = self.keep_document(&document, known_org.org.as_ref()) {
                // The command fails anyway.
                let _ = self.host.fail(&problem.into());
            }
        }
        let view = |format: F| named.shown(format.on_failure(), context);
        let stdout = match self.outputs.on_stdout.on_failure() {
            // They are on standard error.
            OnFailure::Words => String::new(),
            _ => view(self.outputs.on_stdout),
        };
        self.write(&stdout, &view, exit)
    }
}

impl Run<'_> {
    /// Stores the report right before the first write in every place of the final report. A killed run leaves it
    /// behind.
    pub fn begin(&mut self, report: &Report, target: &Target, sources: &Sources) -> Result<(), Problem> {
        self.keep(report, target, sources)?;
        self.outputs.begin(Format::Json, &json::write(&json::ReportV1::of(report, target, sources)), self.host.signals)
    }
}

/// The exit code after a later part failed too.
pub fn worse(exit: Exit, other: Exit) -> Exit {
    match exit {
        Exit::Success | Exit::Changes => other,
        Exit::Failure | Exit::Interrupted | Exit::Terminated => exit,
    }
}
