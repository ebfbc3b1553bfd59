//! The files that `init` and `import` place: held against what is there, then written, all or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::commands::files;
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
            // Nobody reads what stays whatever it is, such as a link that leads nowhere.
            let stays = file.claim == Claim::Fallback && file.path.is_symlink() && !file.path.exists();
            let there = if stays { Some(Vec::new()) } else { files::there(&file.path)? };
            let how = How::of(&file.text, file.claim, there.as_deref());
            looked.placed.push(Placed { path: file.path.display().to_string(), how });
            looked.files.push((file, there));
        }
        Ok(looked)
    }

    /// Those that become this, for a sentence; none where there are none.
    #[must_use]
    pub fn names(&self, how: How) -> Option<String> {
        listed(self.placed.iter().filter(|it| it.how == how))
    }

    /// Whoever made a file read-only has said that it shall stay.
    ///
    /// # Errors
    /// One that is to be changed is read-only.
    pub fn spare_read_only(&self) -> Result<(), Problem> {
        let is_read_only = |it: &&Placed| fs::metadata(&it.path).is_ok_and(|it| it.permissions().readonly());
        match listed(self.placed.iter().filter(|it| !it.how.leaves()).filter(is_read_only)) {
            None => Ok(()),
            Some(names) => Err(Problem::new(format!("there already, and read-only: {names}; nothing was written"))
                .help("make it writable, or give --force: it is written then, and stays read-only")),
        }
    }

    /// Writes what is not there yet: first everything beside its place, then each into it. No signal comes while they
    /// are put there; one that comes earlier leaves nothing behind. Where one cannot be written, the others are as they
    /// were.
    ///
    /// # Errors
    /// The first that cannot be written, and what could not be put back.
    pub fn write(&self, signals: &Signals) -> Result<(), Problem> {
        let changed = self.files.iter().zip(&self.placed).filter(|(_, it)| !it.how.leaves());
        let ready = changed.map(|((file, there), _)| Ready::beside(file, there.as_deref(), signals));
        let ready: Vec<Ready<'_>> = ready.collect::<Result<_, _>>()?;
        signals.ended(|| {
            ready.iter().try_for_each(Ready::still_fits)?;
            let mut done = Done::default();
            ready.into_iter().try_for_each(|it| done.put(it)).map_err(|problem| done.take_back(problem))
        })
    }
}

fn listed<'a>(placed: impl Iterator<Item = &'a Placed>) -> Option<String> {
    let names: Vec<String> = placed.map(|it| format!("`{}`", it.path)).collect();
    (!names.is_empty()).then(|| text::list(&names, "and"))
}

/// A file with everything in it, beside its place.
struct Ready<'a> {
    /// As people name it.
    path: &'a Path,
    /// Where it goes: a link is somebody's, and stays one.
    place: PathBuf,
    new: TempPath,
    /// What stands in its place, and the same once more, to put it back without a word to write.
    old: Option<(&'a [u8], TempPath)>,
}

impl Ready<'_> {
    fn beside<'a>(file: &'a File, there: Option<&'a [u8]>, signals: &Signals) -> Result<Ready<'a>, Problem> {
        let File { path, text, claim: _ } = file;
        let place = if path.is_symlink() { files::real_path(path) } else { path.clone() };
        let beside = |content: &[u8]| {
            files::whole_beside(&place, content, signals)
                .map_err(|error| nothing_written(files::cannot_write(path, &error)))
        };
        let new = beside(text.as_bytes())?;
        let old = there.map(|it| beside(it).map(|old| (it, old))).transpose()?;
        Ok(Ready { path, place, new, old })
    }

    /// A person may have thought about the question for an hour, and gone on with their work.
    fn still_fits(&self) -> Result<(), Problem> {
        if files::there(self.path)?.as_deref() == self.old.as_ref().map(|(there, _)| *there) {
            return Ok(());
        }
        Err(Problem::new(format!("`{}` was changed meanwhile; nothing was written", self.path.display()))
            .help("run this again: it looks at what is there now"))
    }
}

/// What was put in its place.
#[derive(Default)]
struct Done {
    /// With what was there before.
    files: Vec<(PathBuf, Option<TempPath>)>,
    folders: Vec<PathBuf>,
}

impl Done {
    fn put(&mut self, ready: Ready<'_>) -> Result<(), Problem> {
        let Ready { path, place, new, old } = ready;
        self.folders.extend(files::missing_folders_of(&place));
        files::make_folder_of(&place)?;
        new.persist(&place).map_err(|error| files::cannot_write(path, &error.error))?;
        self.files.push((place, old.map(|(_, old)| old)));
        Ok(())
    }

    /// Puts everything back, and says what cannot be.
    fn take_back(self, problem: Problem) -> Problem {
        let mut left = Vec::new();
        for (place, old) in self.files.into_iter().rev() {
            let name = place.display();
            match old.map(|it| it.persist(&place)) {
                Some(Ok(())) => {}
                // All that there still is of it.
                Some(Err(error)) => match error.path.keep() {
                    Ok(kept) => left.push(format!("`{name}` (what it held is in `{}`)", kept.display())),
                    Err(_) => left.push(format!("`{name}`")),
                },
                None if fs::remove_file(&place).is_ok() || !place.exists() => {}
                None => left.push(format!("`{name}`")),
            }
        }
        // The inner ones first. One that is not empty holds somebody else's by now, or what is named above.
        let mut folders = self.folders;
        folders.sort_by_key(|path| path.components().count());
        for folder in folders.iter().rev() {
            match fs::remove_dir(folder).map_err(|error| error.kind()) {
                Ok(()) | Err(io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => {}
                Err(_) => left.push(format!("`{}`", folder.display())),
            }
        }
        if left.is_empty() {
            return nothing_written(problem);
        }
        let left = text::list(&left, "and");
        Problem { message: format!("{}; {left} could not be put back as before", problem.message), ..problem }
    }
}

fn nothing_written(problem: Problem) -> Problem {
    Problem { message: format!("{}; nothing was written", problem.message), ..problem }
}

/// Without a `./` that nobody would type.
#[must_use]
pub fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_put_back_is_named_and_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("presence.yaml");
        let old = files::whole_beside(&place, b"# mine\n", &Signals::none()).unwrap();
        let kept = old.to_path_buf();
        // Nothing is renamed over a folder.
        fs::create_dir(&place).unwrap();
        let done = Done { files: vec![(place.clone(), Some(old))], folders: Vec::new() };
        let problem = done.take_back(Problem::new("cannot write `README.md`: the disk is full"));
        let (place, at) = (place.display(), kept.display());
        assert_eq!(
            problem.message,
            format!(
                "cannot write `README.md`: the disk is full; `{place}` (what it held is in `{at}`) could not be put back as \
                 before"
            )
        );
        assert_eq!(fs::read_to_string(kept).unwrap(), "# mine\n");
    }
}
