//! What every run that speaks to an org has at hand: its outputs, the org as soon as it says who it is, and the folder of
//! reports with what it says of the run. One way in, one way out.

use std::path::{Path, PathBuf};

use crate::cli::{Format, Output, RecordArgs, TargetArgs, View};
use crate::commands::context::host::{Failure, Host, error_document};
use crate::commands::context::journal::{ReportFile, not_kept};
use crate::commands::context::outputs::Outputs;
use crate::commands::context::record::Record;
use crate::commands::context::reports::ReportFolder;
use crate::host::exit::Exit;
use crate::host::signals::Signals;
use crate::model::names::Locale;
use crate::model::observed::Target;
use crate::model::problem::{Heard, Problem};
use crate::model::source::Sources;
use crate::ops::apply::BeforePost;
use crate::ops::apply::report::Report;
use crate::output::json;
use crate::output::page::PageKind;

/// What a run has at hand.
pub struct Run<F = Format> {
    /// When and by whom it is.
    pub record: Record,
    /// The folder that reports are read from; none of a run that is not kept.
    pub folder: ReportFolder,
    /// The folder of reports; none of a run that is not kept.
    journal: ReportFile,
    /// The org, as soon as it says who it is.
    pub heard: Heard,
    /// Where its results go.
    pub outputs: Outputs<F>,
    keeping: Keeping,
    awaited: PageKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing of it is kept but its outputs.
    Unrecorded,
    /// It changes definitions, so it is kept where a folder of reports is given, and all its documents say when it was, and who
    /// was at work.
    Recorded,
}

impl<F: View> Run<F> {
    /// Of a run that is not kept. Tries every place that it will write its results to; where one cannot be written, the
    /// run has ended.
    pub fn unrecorded(target: &TargetArgs, outputs: &[Output<F>], host: &mut Host<'_>) -> Result<Run<F>, Exit> {
        let record = RecordArgs { actor: None, reason: None, report_dir: None, no_report: true };
        Run::open(&record, None, target, outputs, Keeping::Unrecorded, host)
    }

    /// Of a run that is kept in a folder of reports, of which the path of the config may decide. Tries that as well.
    pub fn recorded(
        record: &RecordArgs,
        config: Option<&Path>,
        target: &TargetArgs,
        outputs: &[Output<F>],
        host: &mut Host<'_>,
    ) -> Result<Run<F>, Exit> {
        Run::open(record, config, target, outputs, Keeping::Recorded, host)
    }

    /// Of a run whose result is of another kind.
    pub fn awaiting(self, awaited: PageKind) -> Run<F> {
        Run { awaited, ..self }
    }

    fn open(
        record: &RecordArgs,
        config: Option<&Path>,
        target: &TargetArgs,
        outputs: &[Output<F>],
        keeping: Keeping,
        host: &mut Host<'_>,
    ) -> Result<Run<F>, Exit> {
        let here = host.environment.folder.as_deref();
        let folder = ReportFolder::of(record.report_dir.as_deref(), record.no_report, config, here);
        let (folder, passed_over) = folder.checked();
        let journal = ReportFile::open(&folder, host.signals);
        match journal.and_then(|journal| Ok((journal, Outputs::open(outputs, host.environment, host.signals)?))) {
            Ok(((journal, not_kept), outputs)) => {
                let notes: Vec<Problem> = passed_over.into_iter().chain(not_kept).collect();
                host.show_notes(&notes);
                Ok(Run::with(record, target, (folder, journal), outputs, keeping, host))
            }
            Err(problem) => {
                let failure = problem.into();
                let exit = host.fail(&failure);
                Run::before_reading(record, target, outputs, keeping, host).leave(&failure, host);
                Err(exit)
            }
        }
    }

    /// Of a run that has failed before it read anything: with what can be opened.
    pub fn before_reading(
        record: &RecordArgs,
        target: &TargetArgs,
        outputs: &[Output<F>],
        keeping: Keeping,
        host: &Host<'_>,
    ) -> Run<F> {
        // That there is none is what it failed by, or said nowhere: it is one failure too many.
        let folder = record.report_dir.clone().map_or(ReportFolder::None, ReportFolder::Typed);
        let (journal, _) = ReportFile::open(&folder, host.signals).unwrap_or_default();
        let outputs = host.outputs_before_reading(outputs);
        Run::with(record, target, (folder, journal), outputs, keeping, host)
    }

    fn with(
        record: &RecordArgs,
        target: &TargetArgs,
        (folder, journal): (ReportFolder, ReportFile),
        outputs: Outputs<F>,
        keeping: Keeping,
        host: &Host<'_>,
    ) -> Run<F> {
        let awaited = match keeping {
            Keeping::Unrecorded => PageKind::Plan,
            Keeping::Recorded => PageKind::Report,
        };
        let record = Record::new(record, target, host.environment, keeping == Keeping::Recorded);
        let heard = Heard { org: None, sandbox: target.sandbox };
        Run { record, folder, journal, heard, outputs, keeping, awaited }
    }

    /// Ends the run: shows its result, or why there is none. A run that did nothing was one, too, so its failure is kept.
    pub fn close<T>(
        self,
        ended: Result<T, Failure>,
        host: &mut Host<'_>,
        show: impl FnOnce(T, Run<F>, &mut Host<'_>) -> Exit,
    ) -> Exit {
        match ended {
            Ok(result) => show(result, self, host),
            Err(failure) => {
                let exit = host.fail(&failure);
                self.leave(&failure, host);
                exit
            }
        }
    }

    /// Ends a run that has no result; why stands on standard error already.
    pub fn leave(self, failure: &Failure, host: &mut Host<'_>) {
        self.keep_failure(failure, host);
        let provenance = (self.keeping == Keeping::Recorded).then(|| self.record.provenance());
        host.show_failure(failure, &self.heard, provenance.as_ref(), self.outputs, self.awaited);
    }

    /// Keeps a report, in the place of an earlier one of the run. Gives its file; none if there is no folder, or if the
    /// default one could not be written: then one line says so.
    pub fn keep(
        &self,
        report: &Report,
        target: &Target,
        sources: &Sources,
        host: &mut Host<'_>,
    ) -> Result<Option<PathBuf>, Problem> {
        let document = json::write(&json::ReportV1::of(report, target, sources));
        match self.journal.keep(&document, &self.record.provenance(), target.org.as_ref(), host.signals) {
            Err(problem) if !self.journal.must_keep() => {
                host.show_notes(&[not_kept(&problem)]);
                Ok(None)
            }
            kept => kept,
        }
    }

    /// What notes each POST of this run before it is sent.
    pub fn before_post(&self, default_locale: &Locale, signals: &Signals) -> Option<BeforePost> {
        self.journal.before_post(self.record.clock(), default_locale, signals)
    }

    fn keep_failure(&self, failure: &Failure, host: &mut Host<'_>) {
        let provenance = self.record.provenance();
        let document = error_document(&host.named(failure), &self.heard, Some(&provenance));
        match self.journal.keep(&document, &provenance, self.heard.org.as_ref(), host.signals) {
            Ok(_) => {}
            Err(problem) if !self.journal.must_keep() => host.show_notes(&[not_kept(&problem)]),
            // The command fails anyway.
            Err(problem) => drop(host.fail(&problem.into())),
        }
    }
}

impl Run {
    /// Keeps what is known of a run right before its first write, wherever its report will be: who kills it leaves that.
    pub fn begin(
        &self,
        report: &Report,
        target: &Target,
        sources: &Sources,
        host: &mut Host<'_>,
    ) -> Result<(), Problem> {
        self.keep(report, target, sources, host)?;
        self.outputs.begin(Format::Json, &json::write(&json::ReportV1::of(report, target, sources)), host.signals)
    }
}
