//! Where results go: to standard output, and whole or not at all into files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::{Format, Output};
use crate::problem::{Problem, cause};
use crate::signals::Signals;
use crate::terminal::Terminal;

/// The places of one run's results, tried before anything is done, so that a missing folder is
/// found before an org is changed and not after.
#[derive(Debug)]
pub struct Outputs {
    /// The format on standard output.
    pub on_stdout: Format,
    files: Vec<OutputFile>,
    /// What people were told while the run went on, plain: files for people begin with it.
    told: String,
}

#[derive(Debug)]
struct OutputFile {
    format: Format,
    path: PathBuf,
    /// One name for the place, however it was spelt.
    real: PathBuf,
    /// Written beside its final name and renamed over it when it is whole. What is not a regular
    /// file, such as a pipe or a link, is written as it is.
    is_direct: bool,
}

impl Outputs {
    /// Only standard output, for people.
    #[must_use]
    pub fn on_stdout() -> Outputs {
        Outputs { on_stdout: Format::Human, files: Vec::new(), told: String::new() }
    }

    /// Tries them all. Nothing of it is left behind.
    ///
    /// # Errors
    /// Two formats for one place, or a file that cannot be written.
    pub fn open(asked: &[Output], signals: &Signals) -> Result<Outputs, Problem> {
        let stdout: Vec<Format> = asked.iter().filter(|it| it.file.is_none()).map(|it| it.format).collect();
        let on_stdout = match stdout.as_slice() {
            [] => Format::Human,
            [format] => *format,
            [_, _, ..] => {
                return Err(Problem::new("two formats for standard output")
                    .help("give all but one a file, such as `--output json=plan.json`"));
            }
        };
        let mut outputs = Outputs { on_stdout, ..Outputs::on_stdout() };
        for output in asked {
            let Some(path) = &output.file else { continue };
            let file = OutputFile::open(output.format, path, signals)?;
            if outputs.files.iter().any(|it| it.real == file.real) {
                return Err(Problem::new(format!("two formats for the file `{}`", path.display()))
                    .help("give each a file of its own"));
            }
            outputs.files.push(file);
        }
        Ok(outputs)
    }

    /// Nothing that a run reads is written over by what it says: a file that is one of `read`, or
    /// lies in a folder of it, however both were spelt, is no output any more.
    ///
    /// # Errors
    /// There was one.
    pub fn spare<P: AsRef<Path>>(&mut self, read: impl IntoIterator<Item = P>) -> Result<(), Problem> {
        let mut taken = None;
        for read in read {
            let place = real_path(read.as_ref());
            // A device or a pipe may be read and written.
            let is_in = |it: &OutputFile| (place.is_file() || place.is_dir()) && it.real.starts_with(&place);
            while let Some(index) = self.files.iter().position(is_in) {
                taken.get_or_insert(self.files.remove(index).path);
            }
        }
        match taken {
            None => Ok(()),
            Some(path) => Err(Problem::new(format!("the output `{}` is a file that this run reads", path.display()))
                .help("give the output another name; nothing was written")),
        }
    }

    /// Is there a file for people?
    #[must_use]
    pub fn has_human_file(&self) -> bool {
        self.files.iter().any(|it| it.format == Format::Human)
    }

    /// Keeps what people were told for the files that are for them.
    pub fn keep(&mut self, plain: &str) {
        self.told.push_str(plain);
    }

    /// Writes every view: the text for standard output, and for each file what `view` gives. What
    /// may wait for a reader comes last.
    ///
    /// # Errors
    /// A file that could not be written; the others are written all the same.
    pub fn write(
        self,
        terminal: &mut Terminal,
        signals: &Signals,
        stdout: &str,
        view: &dyn Fn(Format) -> String,
    ) -> Result<(), Problem> {
        let Outputs { on_stdout: _, files, told } = self;
        let text = |format: Format| match (format, view(format)) {
            (Format::Human, rest) if told.is_empty() => rest,
            (Format::Human, rest) if rest.is_empty() => told.clone(),
            (Format::Human, rest) => format!("{told}\n{rest}"),
            (Format::Json, document) => document,
        };
        let (direct, regular): (Vec<OutputFile>, Vec<OutputFile>) = files.into_iter().partition(|it| it.is_direct);
        let mut failed = Ok(());
        for file in regular {
            if let Err(error) = file.replace(&text(file.format), signals) {
                failed = Err(cannot_write(&file.path, &error));
            }
        }
        if !stdout.is_empty() {
            terminal.out(stdout);
        }
        for file in direct {
            match std::fs::write(&file.path, text(file.format)) {
                // A reader who left wants no more, as on standard output.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    failed = Err(cannot_write(&file.path, &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        failed
    }
}

impl OutputFile {
    fn open(format: Format, path: &Path, signals: &Signals) -> Result<OutputFile, Problem> {
        if path.is_dir() {
            return Err(Problem::new(format!("cannot write `{}`: it is a folder", path.display())));
        }
        // A link is written through: what it leads to may be a device, and the link is somebody's.
        let is_direct = path.is_symlink() || (path.exists() && !path.is_file());
        let tried = if !is_direct {
            let probe = || NamedTempFile::new_in(folder_of(path))?.close();
            signals.unfinished(|| probe().map(|()| ((), None)))
        } else if path.is_file() {
            std::fs::OpenOptions::new().append(true).open(path).map(drop)
        } else {
            // To open a pipe would be to wait for its reader.
            Ok(())
        };
        tried.map_err(|error| cannot_write(path, &error))?;
        Ok(OutputFile { format, path: path.to_owned(), real: real_path(path), is_direct })
    }

    fn replace(&self, text: &str, signals: &Signals) -> io::Result<()> {
        let mut file = signals.unfinished(|| {
            let file = NamedTempFile::new_in(folder_of(&self.path))?;
            let path = file.path().to_owned();
            io::Result::Ok((file, Some(path)))
        })?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        open_to_all(&file);
        signals.unfinished(|| file.persist(&self.path).map(|_| ((), None)).map_err(|error| error.error))
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// One name for a place, however it was spelt.
fn real_path(path: &Path) -> PathBuf {
    let beside = || Some(std::fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?));
    std::fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Temporary files are made for their owner alone; a result is an ordinary file.
fn open_to_all(file: &NamedTempFile) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A result that stays private is still a result.
        let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}

fn cannot_write(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("cannot write `{}`: {}", path.display(), cause(error)))
}
