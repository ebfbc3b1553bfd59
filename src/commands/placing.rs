//! The files that `init` and `import` place: held against what is there, then written, all or none.

use std::fs;
use std::path::{Path, PathBuf};

use crate::commands::files::{self, WholeFile};
use crate::placed::{Claim, How, Placed};
use crate::problem::Problem;
use crate::signals::Signals;
use crate::text;

/// A file that is to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where.
    pub path: PathBuf,
    /// What stands in it afterwards.
    pub text: String,
    /// Is that all of it?
    pub claim: Claim,
}

/// Files, and what stands in the place of each.
pub struct Placing {
    files: Vec<(File, Option<Vec<u8>>)>,
    /// What becomes of each.
    pub placed: Vec<Placed>,
}

impl Placing {
    /// Looks what is there. Writes nothing.
    ///
    /// # Errors
    /// What is there is no regular file, or cannot be read.
    pub fn look(files: Vec<File>) -> Result<Placing, Problem> {
        let mut looked = Placing { files: Vec::new(), placed: Vec::new() };
        for file in files {
            let file = File { path: plain(&file.path).to_owned(), ..file };
            let there = files::there(&file.path)?;
            let how = How::of(&file.text, file.claim, there.as_deref());
            looked.placed.push(Placed { path: file.path.display().to_string(), how });
            looked.files.push((file, there));
        }
        Ok(looked)
    }

    /// Those that become this, for a sentence; none where there are none.
    #[must_use]
    pub fn names(&self, how: How) -> Option<String> {
        let names: Vec<String> =
            self.placed.iter().filter(|it| it.how == how).map(|it| format!("`{}`", it.path)).collect();
        (!names.is_empty()).then(|| text::list(&names, "and"))
    }

    /// Writes what is not there yet. Where one file cannot be written, the others are as they were.
    ///
    /// # Errors
    /// The first that cannot be written, and what could not be put back.
    pub fn write(&self, signals: &Signals) -> Result<(), Problem> {
        let mut done = Done::default();
        self.write_all(&mut done, signals).map_err(|problem| {
            let left = done.take_back(signals);
            if left.is_empty() {
                return Problem { message: format!("{}; nothing was written", problem.message), ..problem };
            }
            let left: Vec<String> = left.iter().map(|path| format!("`{}`", path.display())).collect();
            let left = text::list(&left, "and");
            Problem { message: format!("{}; {left} could not be put back as before", problem.message), ..problem }
        })
    }

    /// Every place is tried before the first is written.
    fn write_all<'a>(&'a self, done: &mut Done<'a>, signals: &Signals) -> Result<(), Problem> {
        let changed = self.files.iter().zip(&self.placed).filter(|(_, it)| it.how != How::Same);
        let mut tried = Vec::new();
        for ((file, there), _) in changed {
            done.folders.extend(files::missing_folders_of(&file.path));
            files::make_folder_of(&file.path)?;
            tried.push((WholeFile::open(&file.path, signals)?, file, there));
        }
        for (whole, File { text, .. }, there) in tried {
            let written = whole.write(text, signals);
            // Also what failed: what is written through a link may have ended in the middle.
            done.files.push((whole, there.as_deref()));
            written?;
        }
        Ok(())
    }
}

/// What was begun.
#[derive(Default)]
struct Done<'a> {
    /// With what was there before.
    files: Vec<(WholeFile, Option<&'a [u8]>)>,
    folders: Vec<PathBuf>,
}

impl Done<'_> {
    /// Puts everything back; gives what cannot be.
    fn take_back(mut self, signals: &Signals) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for (file, there) in self.files {
            let is_back = match there {
                Some(there) => file.write(there, signals).is_ok(),
                None => fs::remove_file(&file.path).is_ok() || !file.path.exists(),
            };
            if !is_back {
                left.push(file.path);
            }
        }
        // The inner ones first. One that is not empty holds somebody else's by now.
        self.folders.sort_by_key(|path| path.components().count());
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
        left
    }
}

/// Without a `./` that nobody would type.
#[must_use]
pub fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
