//! The outputs of a run: standard output, and files that are written completely or not at all.

use std::path::Path;

use crate::cli::{Format, Output, View};
use crate::host::environment::Environment;
use crate::host::files::{Way, WholeFile, real_path};
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::Problem;
use crate::model::text;

/// The places of one run's results. They are tested before anything else, so that a missing folder is found before an
/// org is changed.
#[derive(Debug)]
pub struct Outputs<F = Format> {
    pub on_stdout: F,
    files: Vec<(F, WholeFile)>,
    /// What was shown during the run, as plain text. Files for people start with it.
    told: String,
}

impl<F: View> Outputs<F> {
    /// Only standard output, for people.
    pub fn on_stdout() -> Outputs<F> {
        Outputs { on_stdout: F::HUMAN, files: Vec::new(), told: String::new() }
    }

    /// Tests all outputs and leaves nothing behind.
    pub fn open(asked: &[Output<F>], environment: &Environment, signals: &Signals) -> Result<Outputs<F>, Problem> {
        let stdout: Vec<F> = asked.iter().filter(|it| it.file.is_none()).map(|it| it.format).collect();
        let on_stdout = match stdout.as_slice() {
            [] => F::HUMAN,
            [format] => *format,
            [_, _, ..] => {
                return Err(Problem::new("two formats for standard output")
                    .help("give all but one a file, such as `--output json=plan.json`"));
            }
        };
        let mut outputs = Outputs { on_stdout, ..Outputs::on_stdout() };
        for output in asked {
            let Some(path) = &output.file else { continue };
            let file = WholeFile::open(path, environment.step_summary.as_deref(), signals)?;
            if outputs.files.iter().any(|(_, it)| it.real == file.real) {
                return Err(Problem::new(format!("two formats for the file `{}`", text::unticked(path.display())))
                    .help("give each a file of its own"));
            }
            outputs.files.push((output.format, file));
        }
        Ok(outputs)
    }

    /// The outputs that can be opened, for a failed run. If two files have the same path, the first one gets it. If two
    /// outputs want standard output, neither gets it.
    pub fn openable(asked: &[Output<F>], environment: &Environment, signals: &Signals) -> Outputs<F> {
        let mut outputs = Outputs::on_stdout();
        for output in asked {
            let Some(path) = &output.file else { continue };
            let Ok(file) = WholeFile::open(path, environment.step_summary.as_deref(), signals) else { continue };
            if outputs.files.iter().all(|(_, it)| it.real != file.real) {
                outputs.files.push((output.format, file));
            }
        }
        if let [only] = asked.iter().filter(|it| it.file.is_none()).collect::<Vec<_>>().as_slice() {
            outputs.on_stdout = only.format;
        }
        outputs
    }

    /// Like [`Outputs::spare`], for a run that has read nothing, so that its inputs are not known. It drops YAML files,
    /// `named` files, and files in `reports`.
    pub fn spare_unread<P: AsRef<Path>>(&mut self, named: impl IntoIterator<Item = P>, reports: &[P]) {
        let is_yaml = |path: &Path| {
            path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
        };
        self.files.retain(|(_, file)| !is_yaml(&file.real));
        let files = named.into_iter().filter(|it| !it.as_ref().is_dir());
        // The dropped outputs are not reported, because the run failed for another reason.
        let _ = self.spare(files);
        let _ = self.spare(reports);
    }

    /// Protects the inputs of a run: an output that equals a file of `read`, or is in a folder of it, is dropped, in
    /// any spelling of its path.
    pub fn spare<P: AsRef<Path>>(&mut self, read: impl IntoIterator<Item = P>) -> Result<(), Problem> {
        let mut taken = None;
        for read in read {
            let place = real_path(read.as_ref());
            // A device or a pipe can be both input and output.
            let is_in = |(_, it): &(F, WholeFile)| (place.is_file() || place.is_dir()) && it.real.starts_with(&place);
            while let Some(index) = self.files.iter().position(is_in) {
                taken.get_or_insert(self.files.remove(index).1.path);
            }
        }
        match taken {
            None => Ok(()),
            Some(path) => Err(Problem::new(format!(
                "the output `{}` is a file that this run reads",
                text::unticked(path.display())
            ))
            .help("give the output another name; nothing was written")),
        }
    }

    /// Is a result written in this format?
    pub fn has(&self, format: F) -> bool {
        self.on_stdout == format || self.files.iter().any(|(it, _)| *it == format)
    }

    /// The first file of a format that can be read again, which excludes pipes and devices.
    pub fn file(&self, format: F) -> Option<&Path> {
        self.kept(format).next().map(|file| file.path.as_path())
    }

    /// Writes the current state into every file of a format that can be read again. The final state replaces it.
    pub fn begin(&self, format: F, text: &str, signals: &Signals) -> Result<(), Problem> {
        self.kept(format).try_for_each(|file| file.write(text, signals))
    }

    fn kept(&self, format: F) -> impl Iterator<Item = &WholeFile> {
        let can_be_read = |file: &WholeFile| match file.way {
            Way::Whole => true,
            Way::Direct => file.real.is_file(),
            Way::Append => false,
        };
        self.files.iter().filter(move |(it, file)| *it == format && can_be_read(file)).map(|(_, file)| file)
    }

    pub fn has_human_file(&self) -> bool {
        self.files.iter().any(|(format, _)| *format == F::HUMAN)
    }

    /// Keeps text that was shown, for files for people.
    pub fn keep(&mut self, plain: &str) {
        self.told.push_str(plain);
    }

    /// Writes binary content into every file.
    pub fn write_bytes(self, signals: &Signals, bytes: &dyn Fn(F) -> Vec<u8>) -> Result<(), Problem> {
        self.files.iter().try_for_each(|(format, file)| file.write(bytes(*format), signals))
    }

    /// Writes every view: `stdout` for standard output, and the result of `view` for each file. Outputs that may block
    /// come last.
    pub fn write(
        self,
        terminal: &mut Terminal,
        signals: &Signals,
        stdout: &str,
        view: &dyn Fn(F) -> String,
    ) -> Result<(), Problem> {
        let Outputs { on_stdout: _, files, told } = self;
        let text = |format: F| match view(format) {
            rest if format != F::HUMAN || told.is_empty() => rest,
            rest if rest.is_empty() => told.clone(),
            rest => format!("{told}\n{rest}"),
        };
        let (direct, regular): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, file)| file.way == Way::Direct);
        let mut failed = Ok(());
        for (format, file) in regular {
            let content = fitting(format, &file, &text);
            if content == NO_ROOM || content.is_empty() && file.room().is_some() && !text(format).is_empty() {
                let path = text::unticked(file.path.display());
                terminal.err(&format!(
                    "warning: the result is not in `{path}`: the summary of this step has no room for it\n"
                ));
            }
            if let Err(problem) = file.write(content, signals) {
                failed = Err(problem);
            }
        }
        if !stdout.is_empty() {
            terminal.out(stdout);
        }
        for (format, file) in direct {
            if let Err(problem) = file.write(text(format), signals) {
                failed = Err(problem);
            }
        }
        failed
    }
}

const NO_ROOM: &str =
    "> There is no room for more in the summary of this step. The result is in the log of the step.\n";

/// The text for a file with a size limit: a shorter view if the requested one is too long, or a line that reports it.
/// GitHub drops a summary that is too long completely, with the text of other steps.
fn fitting<F: View>(format: F, file: &WholeFile, text: &dyn Fn(F) -> String) -> String {
    let whole = text(format);
    let Some(room) = file.room() else { return whole };
    let fits = |text: &String| u64::try_from(text.len()).is_ok_and(|it| it <= room);
    if fits(&whole) {
        return whole;
    }
    let shorter = format.shorter().map(text).filter(fits);
    let said = shorter.unwrap_or_else(|| NO_ROOM.to_owned());
    if fits(&said) { said } else { String::new() }
}
