//! Where results go: to standard output, and whole or not at all into files.

use std::path::Path;

use crate::cli::{Format, Output, View};
use crate::host::environment::Environment;
use crate::host::files::{Way, WholeFile, real_path};
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::Problem;
use crate::model::text;

/// The places of one run's results, tried before anything is done, so that a missing folder is
/// found before an org is changed and not after.
#[derive(Debug)]
pub struct Outputs<F = Format> {
    pub on_stdout: F,
    files: Vec<(F, WholeFile)>,
    /// What people were told while the run went on, plain: files for people begin with it.
    told: String,
}

impl<F: View> Outputs<F> {
    /// Only standard output, for people.
    pub fn on_stdout() -> Outputs<F> {
        Outputs { on_stdout: F::HUMAN, files: Vec::new(), told: String::new() }
    }

    /// Tries them all. Nothing of it is left behind.
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

    /// As many of them as can be opened, for a run that has failed. Where two are for one place it is the first file's,
    /// and no one's on standard output.
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

    /// What [`Outputs::spare`] does, for a run that has read nothing, so that it is not known what it would have read:
    /// a YAML file, one of those that are `named` beside, and what lies in `reports` is no output any more.
    pub fn spare_unread<P: AsRef<Path>>(&mut self, named: impl IntoIterator<Item = P>, reports: &[P]) {
        let is_yaml = |path: &Path| {
            path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
        };
        self.files.retain(|(_, file)| !is_yaml(&file.real));
        let files = named.into_iter().filter(|it| !it.as_ref().is_dir());
        // What is taken away here is told to nobody: the run has failed by something else.
        let _ = self.spare(files);
        let _ = self.spare(reports);
    }

    /// Nothing that a run reads is written over by what it says: a file that is one of `read`, or
    /// lies in a folder of it, however both were spelt, is no output any more.
    pub fn spare<P: AsRef<Path>>(&mut self, read: impl IntoIterator<Item = P>) -> Result<(), Problem> {
        let mut taken = None;
        for read in read {
            let place = real_path(read.as_ref());
            // A device or a pipe may be read and written.
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

    /// The first file of a format that can be read again: a pipe or a device cannot.
    pub fn file(&self, format: F) -> Option<&Path> {
        self.kept(format).next().map(|file| file.path.as_path())
    }

    /// Writes what is known so far into every file of a format that can be read again; what is known at the end takes
    /// its place.
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

    /// Keeps what people were told for the files that are for them.
    pub fn keep(&mut self, plain: &str) {
        self.told.push_str(plain);
    }

    /// Writes what is no text into every file.
    pub fn write_bytes(self, signals: &Signals, bytes: &dyn Fn(F) -> Vec<u8>) -> Result<(), Problem> {
        self.files.iter().try_for_each(|(format, file)| file.write(bytes(*format), signals))
    }

    /// Writes every view: the text for standard output, and for each file what `view` gives. What
    /// may wait for a reader comes last.
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

/// The text for a file: a shorter view where the file has no room for the one that was asked for, and where it has no
/// room for that either, a line that says so. GitHub drops a summary that is too long whole, with what others wrote.
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
