//! Where results go: to standard output, and whole or not at all into files.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::{Format, Output};
use crate::problem::Problem;
use crate::terminal::Terminal;

/// The places of one run's results, opened before anything is done, so that a missing folder is
/// found before an org is changed and not after.
pub struct Outputs {
    /// The format on standard output.
    pub on_stdout: Option<Format>,
    files: Vec<(Format, Place)>,
}

enum Place {
    /// Beside its final name; renamed over it when it is whole.
    Waiting(NamedTempFile, PathBuf),
    /// Not a regular file, such as a pipe or a link: written as it is.
    Direct(PathBuf),
}

impl Outputs {
    /// Opens them all.
    ///
    /// # Errors
    /// Two formats for one place, or a file that cannot be written.
    pub fn open(asked: &[Output]) -> Result<Outputs, Problem> {
        let stdout: Vec<Format> = asked.iter().filter(|it| it.file.is_none()).map(|it| it.format).collect();
        let human_elsewhere = asked.iter().any(|it| it.format == Format::Human && it.file.is_some());
        let on_stdout = match stdout.as_slice() {
            [] if human_elsewhere => None,
            [] => Some(Format::Human),
            [format] => Some(*format),
            [_, _, ..] => {
                return Err(Problem::new("two formats for standard output")
                    .help("give all but one a file, such as `--output json=plan.json`"));
            }
        };
        let mut files = Vec::new();
        let mut seen = Vec::new();
        for output in asked {
            let Some(path) = &output.file else { continue };
            let real = real_path(path);
            if seen.contains(&real) {
                return Err(Problem::new(format!("two formats for the file `{}`", path.display())));
            }
            seen.push(real);
            files.push((output.format, Place::open(path)?));
        }
        Ok(Outputs { on_stdout, files })
    }

    /// Writes every view. `view` gives the text of a format (coloured where asked for).
    ///
    /// # Errors
    /// A file that could not be written; the others are written all the same.
    pub fn write(
        self,
        terminal: &mut Terminal,
        view: &dyn Fn(Format) -> String,
        on_stdout: bool,
    ) -> Result<(), Problem> {
        if let Some(format) = self.on_stdout.filter(|_| on_stdout) {
            terminal.out(&view(format));
        }
        let mut failed = Ok(());
        for (format, place) in self.files {
            if let Err(problem) = place.write(&view(format)) {
                failed = Err(problem);
            }
        }
        failed
    }
}

impl Place {
    fn open(path: &Path) -> Result<Place, Problem> {
        // A link is written through: what it leads to may be a device, and the link is somebody's.
        if path.is_symlink() || (path.exists() && !path.is_file()) {
            if path.is_dir() {
                return Err(Problem::new(format!("cannot write `{}`: it is a folder", path.display())));
            }
            return Ok(Place::Direct(path.to_owned()));
        }
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        NamedTempFile::new_in(folder)
            .map(|file| Place::Waiting(file, path.to_owned()))
            .map_err(|error| cannot_write(path, &error))
    }

    fn write(self, text: &str) -> Result<(), Problem> {
        match self {
            Place::Direct(path) => std::fs::write(&path, text).map_err(|error| cannot_write(&path, &error)),
            Place::Waiting(mut file, path) => {
                file.write_all(text.as_bytes())
                    .and_then(|()| file.as_file().sync_all())
                    .map_err(|error| cannot_write(&path, &error))?;
                open_to_all(&file);
                file.persist(&path).map(|_| ()).map_err(|error| cannot_write(&path, &error.error))
            }
        }
    }
}

/// One name for a place, however it was spelt.
fn real_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real =
        std::fs::canonicalize(path).ok().or_else(|| Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?)));
    real.unwrap_or_else(|| path.to_owned())
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

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    // The name of the temporary file beside it says nothing to a person.
    let cause = error.to_string();
    let cause = cause.split(" at path").next().unwrap_or_default();
    Problem::new(format!("cannot write `{}`: {cause}", path.display()))
}
