//! What every command needs of the outside: streams, environment, colour; and how a failure leaves
//! a command.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::line::CommandLine;
use crate::cli::shared::SANDBOX_STATE_FOLDER;
use crate::cli::{ColorWhen, ConfigArgs, OnFailure, Output, View, precedence, variables};
use crate::commands::context::outputs::Outputs;
use crate::config::diagnostic::Findings;
use crate::config::file_system::FileSystem;
use crate::config::finding::Severity;
use crate::config::{self, Config, ConfigSource, Loaded};
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::logging;
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::{Heard, Problem};
use crate::model::provenance::RunMetadata;
use crate::model::source::Sources;
use crate::ops::history::baseline::{self, AtCommit};
use crate::ops::history::git_config::InRepository;
use crate::output::ci::github;
use crate::output::json;
use crate::output::page::html;
use crate::output::page::{self, PageKind};
use crate::output::style::{COLUMNS, Style};
use crate::output::text::findings;
use crate::output::text::problem;

pub struct Host<'a> {
    pub terminal: &'a mut Terminal,
    pub environment: &'a Environment,
    pub signals: &'a Signals,
    pub line: &'a CommandLine,
    /// `--color`.
    pub color: ColorWhen,
    /// `--quiet`: no warnings about a config on standard error.
    pub quiet: bool,
}

/// Why a command ends without its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Findings(Sources, Findings),
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(problem)
    }
}

impl Host<'_> {
    pub fn style_out(&self) -> Style {
        let columns = self.terminal.out_columns().unwrap_or(COLUMNS);
        Style { columns, ..self.style(self.terminal.out_is_terminal()) }
    }

    pub fn style_err(&self) -> Style {
        self.style(self.terminal.err_is_terminal())
    }

    fn style(&self, is_terminal: bool) -> Style {
        let color = match self.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !self.environment.no_color && !self.environment.dumb,
        };
        Style { color, columns: COLUMNS, quiet: self.quiet }
    }

    /// Reads a config and shows what was found in it.
    pub fn load<F: View>(&mut self, args: &ConfigArgs, outputs: &mut Outputs<F>) -> Result<(Config, Sources), Failure> {
        self.load_beside(args, None, outputs)
    }

    /// The same beside the config of a commit, which may have what was deleted since.
    pub fn load_beside<F: View>(
        &mut self,
        args: &ConfigArgs,
        base: Option<&str>,
        outputs: &mut Outputs<F>,
    ) -> Result<(Config, Sources), Failure> {
        logging::phase("reading the config");
        let request = args.request();
        let mut loaded = config::load(&request);
        outputs.spare(&loaded.files)?;
        if loaded.config.is_none() {
            loaded.diagnostics = baseline::with_deleted(loaded.diagnostics, &request, base);
        }
        self.loaded(loaded)
    }

    /// The same, of a commit. None of its files is on the disk.
    pub fn load_at(&mut self, at: &AtCommit, org: Option<&str>) -> Result<(Config, Sources), Failure> {
        logging::phase("reading the config of a commit");
        let InRepository { path, root } = at.place.clone();
        let request = ConfigSource { path, org: org.map(str::to_owned), root: Some(root) };
        let mut loaded = config::load_in(Rc::clone(&at.files) as Rc<dyn FileSystem>, &request);
        loaded.sources.commit = Some(at.commit.clone());
        self.loaded(loaded)
    }

    fn loaded(&mut self, loaded: Loaded) -> Result<(Config, Sources), Failure> {
        let Loaded { sources, diagnostics, config, files: _ } = loaded;
        match config {
            Some(config) => {
                self.show_findings(&diagnostics, &sources);
                Ok((config, sources))
            }
            None => Err(Failure::Findings(sources, diagnostics)),
        }
    }

    pub fn show_findings(&mut self, diagnostics: &Findings, sources: &Sources) {
        let text = match self.told(diagnostics) {
            told if told.is_empty() => return,
            told => findings::human(&told, sources, self.style_err()),
        };
        self.terminal.err(&text);
    }

    /// Those that are told on standard error.
    fn told<'a>(&self, all: &'a Findings) -> Cow<'a, Findings> {
        if !self.quiet {
            return Cow::Borrowed(all);
        }
        let shown = all.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        Cow::Owned(Findings::new(shown, all.errors, all.warnings))
    }

    /// Shows look-ups that failed without stopping anything.
    pub fn show_notes(&mut self, notes: &[Problem]) {
        for note in notes {
            let text = problem::note(note, self.style_err());
            self.terminal.err(&text);
        }
    }

    /// Tells people something while the run goes on: on standard output, unless a document goes
    /// there. `view` gives the text in a style.
    pub fn tell<F: View>(&mut self, outputs: &mut Outputs<F>, view: &dyn Fn(Style) -> String) {
        if outputs.on_stdout == F::HUMAN {
            let text = view(self.style_out());
            self.terminal.out(&text);
        } else {
            let text = view(self.style_err());
            self.terminal.err(&text);
        }
        if outputs.has_human_file() {
            outputs.keep(&view(Style::PLAIN));
        }
    }

    /// Asks a question. `unasked` is what is said where nobody can be asked.
    pub fn approved(&mut self, question: &str, unasked: impl FnOnce() -> Problem) -> Result<(), Problem> {
        if !self.terminal.can_ask() {
            return Err(unasked());
        }
        match self.terminal.ask(&format!("{question}? Only `yes` is taken for a yes: ")).as_deref() {
            Some("yes") => Ok(()),
            _ => Err(Problem::new("not approved; nothing was written")),
        }
    }

    /// Ends a command that has no result, in words on standard error.
    pub fn fail(&mut self, failure: &Failure) -> Exit {
        let words = match failure {
            Failure::Findings(sources, all) => findings::human(&self.told(all), sources, self.style_err()),
            Failure::Problem(_) => in_words(&self.named(failure), self.style_err()),
        };
        self.terminal.err(&words);
        Exit::Failure
    }

    /// The failure, by the name of a variable where its value is what is wrong.
    pub fn named<'a>(&self, failure: &'a Failure) -> Cow<'a, Failure> {
        let Failure::Problem(problem) = failure else { return Cow::Borrowed(failure) };
        match precedence::message_with_variable_named(&problem.message, self.line, &self.environment.flags) {
            Some(message) => Cow::Owned(Failure::Problem(Problem { message, ..problem.clone() })),
            None => Cow::Borrowed(failure),
        }
    }

    /// The same, and as a document wherever one was asked for, since a pipeline reads the document
    /// when something failed most of all.
    pub fn fail_into<F: View>(&mut self, failure: &Failure, heard: &Heard, outputs: Outputs<F>) -> Exit {
        self.fail_instead(failure, heard, None, outputs, PageKind::Plan)
    }

    /// The same, instead of a result of this kind; with where the run comes from, where that is told.
    pub fn fail_instead<F: View>(
        &mut self,
        failure: &Failure,
        heard: &Heard,
        provenance: Option<&RunMetadata>,
        outputs: Outputs<F>,
        awaited: PageKind,
    ) -> Exit {
        let exit = self.fail(failure);
        self.show_failure(failure, heard, provenance, outputs, awaited);
        exit
    }

    /// Shows a failure in every output; it stands on standard error already.
    pub fn show_failure<F: View>(
        &mut self,
        failure: &Failure,
        heard: &Heard,
        provenance: Option<&RunMetadata>,
        outputs: Outputs<F>,
        awaited: PageKind,
    ) {
        let folder = self.environment.folder.as_deref();
        let failure = self.named(failure);
        let view = |format: F| failure_shown(&failure, heard, provenance, (format.on_failure(), awaited), folder);
        let stdout = match outputs.on_stdout.on_failure() {
            // They are on standard error.
            OnFailure::Words => String::new(),
            _ => view(outputs.on_stdout),
        };
        self.write(outputs, &stdout, &view, Exit::Failure);
    }

    /// The outputs of a run that has failed before it read anything, as far as they can be opened and are certainly
    /// nothing that it would have read.
    pub fn outputs_before_reading<F: View>(&self, asked: &[Output<F>]) -> Outputs<F> {
        let mut outputs = Outputs::openable(asked, self.environment, self.signals);
        let path = |it: &OsStr| PathBuf::from(it);
        let output = variables::of("output");
        let of_variables = self.environment.flags.iter().filter(|(name, _)| Some(*name) != output.as_ref());
        let named = self
            .line
            .values_but_of("output")
            .map(path)
            .chain(of_variables.flat_map(|(_, value)| value.lines().map(PathBuf::from)));
        let reports: Vec<PathBuf> = match self.line.command().as_str() {
            "log" => self.line.values("dir").map(path).collect(),
            "plan" | "drift" => self.line.values("report-dir").map(path).collect(),
            _ => Vec::new(),
        };
        outputs.spare_unread(named, &[reports.as_slice(), &[PathBuf::from(SANDBOX_STATE_FOLDER)]].concat());
        outputs
    }

    /// Writes every output of a run that ended with `exit`; gives the exit, worse where one could
    /// not be written.
    pub fn write<F: View>(
        &mut self,
        outputs: Outputs<F>,
        stdout: &str,
        view: &dyn Fn(F) -> String,
        exit: Exit,
    ) -> Exit {
        logging::phase("writing the outputs");
        match outputs.write(self.terminal, self.signals, stdout, view) {
            Ok(()) => exit,
            Err(problem) => {
                self.fail(&problem.into());
                match exit {
                    Exit::Success | Exit::Changes | Exit::Failure => Exit::Failure,
                    Exit::Interrupted | Exit::Terminated => exit,
                }
            }
        }
    }
}

/// What is said where nobody can be asked; `help` is what to do instead.
pub fn nobody_to_ask(help: &str) -> Problem {
    Problem::new("nobody can be asked: this is no terminal; nothing was written").help(help)
}

/// A failure as a document, with where the run comes from where that is to be kept.
pub fn error_document(failure: &Failure, heard: &Heard, provenance: Option<&RunMetadata>) -> String {
    in_parts(failure, |problem, diagnostics, sources| {
        json::write(&json::ErrorV1::of(problem, heard, provenance, diagnostics, sources))
    })
}

/// A failure as one kind of view shows it.
fn failure_shown(
    failure: &Failure,
    heard: &Heard,
    provenance: Option<&RunMetadata>,
    (on_failure, awaited): (OnFailure, PageKind),
    folder: Option<&Path>,
) -> String {
    in_parts(failure, |problem, diagnostics, sources| match on_failure {
        OnFailure::Words => in_words(failure, Style::PLAIN),
        OnFailure::Document => json::write(&json::ErrorV1::of(problem, heard, provenance, diagnostics, sources)),
        OnFailure::Nothing => String::new(),
        OnFailure::Comment => page::failure(problem, heard, diagnostics, sources, awaited, page::COMMENT),
        OnFailure::Summary => page::failure(problem, heard, diagnostics, sources, awaited, page::SUMMARY),
        OnFailure::Page => html::failure(problem, heard, diagnostics, sources),
        OnFailure::Annotations => github::failure(problem, diagnostics, sources, folder),
    })
}

/// What every view of a failure is made of.
fn in_parts(failure: &Failure, view: impl FnOnce(&Problem, &Findings, &Sources) -> String) -> String {
    match failure {
        Failure::Findings(sources, diagnostics) => view(&Problem::new("the config holds errors"), diagnostics, sources),
        Failure::Problem(problem) => view(problem, &Findings::default(), &Sources::new()),
    }
}

fn in_words(failure: &Failure, style: Style) -> String {
    match failure {
        Failure::Findings(sources, diagnostics) => findings::human(diagnostics, sources, style),
        Failure::Problem(problem) => problem::human(problem, style),
    }
}
