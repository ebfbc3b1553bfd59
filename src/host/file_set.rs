//! The files that `init` and `import` write: compared with the existing ones, then written, all or none.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::host::files::{self, FilePlace};
use crate::host::nofollow::{Folder, Temporary};
use crate::host::signals::Signals;
use crate::model::problem::Problem;
use crate::model::text;

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The typed folder, below which no link is followed. `None` if the whole path was typed.
    pub below: Option<PathBuf>,
    /// The path below that folder, or as typed.
    pub path: PathBuf,
    pub text: String,
    pub claim: WriteMode,
}

impl File {
    fn place(&self) -> Result<FilePlace, Problem> {
        let whole = self.below.as_ref().map_or_else(|| self.path.clone(), |it| it.join(&self.path));
        files::leads_somewhere(plain(self.below.as_ref().unwrap_or(&self.path)))?;
        let place = match &self.below {
            Some(folder) => FilePlace::below(plain(folder), &self.path),
            None => FilePlace::typed(plain(&self.path)),
        };
        place.map_err(|error| nothing_written(files::cannot_write(plain(&whole), &error)))
    }
}

/// The content of a file below a typed folder. `None` if it does not exist.
pub fn there(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, Problem> {
    let file = File { below: Some(folder.to_owned()), path: name.into(), text: String::new(), claim: WriteMode::Whole };
    file.place()?.there()
}

/// Files, each with the existing content.
pub struct FileSet {
    files: Vec<Looked>,
    /// The change of each file.
    pub placed: Vec<PlacedFile>,
}

/// A file to write, with the existing content.
struct Looked {
    place: FilePlace,
    text: String,
    there: Option<Vec<u8>>,
}

impl FileSet {
    pub fn checked(files: Vec<File>) -> Result<FileSet, Problem> {
        let mut looked = FileSet { files: Vec::new(), placed: Vec::new() };
        for file in files {
            let place = file.place()?;
            // A file that stays is not read, wherever it leads.
            let stays = file.claim == WriteMode::Fallback && place.is_link();
            let there = if stays { Some(Vec::new()) } else { place.there()? };
            let how = FileChange::of(&file.text, file.claim, there.as_deref());
            looked.placed.push(PlacedFile { path: place.path.display().to_string(), how });
            looked.files.push(Looked { place, text: file.text, there });
        }
        Ok(looked)
    }

    /// The names of the files with this change, for a sentence. `None` if there are none.
    pub fn names(&self, how: FileChange) -> Option<String> {
        listed(self.placed.iter().filter(|it| it.how == how))
    }

    /// The path of each that is replaced, what it holds, and what it will.
    pub fn replaced(&self) -> Vec<(String, String, String)> {
        let replaced = self.files.iter().zip(&self.placed).filter(|(_, it)| it.how == FileChange::Replaced);
        let texts = replaced.map(|(file, it)| {
            let there = String::from_utf8_lossy(file.there.as_deref().unwrap_or_default()).into_owned();
            (it.path.clone(), there, file.text.clone())
        });
        texts.collect()
    }

    /// A read-only file is not replaced: its owner protects it on purpose.
    pub fn spare_read_only(&self) -> Result<(), Problem> {
        let is_read_only = |it: &&PlacedFile| fs::metadata(&it.path).is_ok_and(|it| it.permissions().readonly());
        match listed(self.placed.iter().filter(|it| !it.how.leaves()).filter(is_read_only)) {
            None => Ok(()),
            Some(names) => Err(Problem::new(format!("there already, and read-only: {names}; nothing was written"))
                .help("make it writable, or give --force: it is written then, and stays read-only")),
        }
    }

    /// Does each file still have the content that its new text was made from? `texts` are in the order of the files.
    pub fn still_reads(&self, texts: &[&str]) -> Result<(), Problem> {
        let mut pairs = self.files.iter().zip(texts);
        match pairs.find(|(file, text)| file.there.as_deref() != Some(text.as_bytes())) {
            None => Ok(()),
            Some((file, _)) => Err(changed_meanwhile(&file.place)),
        }
    }

    /// Writes all files: first each one next to its place, then moves all of them into place. Signals are blocked
    /// during the second step, and an earlier signal leaves nothing behind. If one cannot be written, the others keep
    /// their old content.
    pub fn write(&self, signals: &Signals) -> Result<(), Problem> {
        let changed = self.files.iter().zip(&self.placed).filter(|(_, it)| !it.how.leaves());
        let ready = changed.map(|(file, _)| Ready::beside(file, signals));
        let ready: Vec<Ready<'_>> = ready.collect::<Result<_, _>>()?;
        signals.ended(|| {
            ready.iter().try_for_each(Ready::still_fits)?;
            let mut done = Done::default();
            ready.into_iter().try_for_each(|it| done.put(it)).map_err(|problem| done.take_back(problem))
        })
    }
}

fn listed<'a>(placed: impl Iterator<Item = &'a PlacedFile>) -> Option<String> {
    let names: Vec<String> = placed.map(|it| format!("`{}`", it.path)).collect();
    (!names.is_empty()).then(|| text::list(&names, "and"))
}

/// A complete file next to its place.
struct Ready<'a> {
    place: &'a FilePlace,
    new: Content<'a>,
    /// The existing content, and a prepared copy to restore it.
    old: Option<(&'a [u8], Content<'a>)>,
}

struct Content<'a> {
    bytes: &'a [u8],
    /// The complete file. `None` if no file can be created there: then the existing file is overwritten.
    beside: Option<Temporary>,
}

impl<'a> Content<'a> {
    fn beside(place: &FilePlace, bytes: &'a [u8], is_there: bool, signals: &Signals) -> Result<Content<'a>, Problem> {
        match place.beside(bytes, signals) {
            Ok(new) => Ok(Content { bytes, beside: Some(new) }),
            Err(error) if is_there && files::is_refused(&error) => Ok(Content { bytes, beside: None }),
            Err(error) => Err(nothing_written(files::cannot_write(&place.path, &error))),
        }
    }

    /// Moves it into place. A file that cannot be replaced, such as a mounted one, is overwritten.
    fn put(self, place: &FilePlace) -> Result<(), (io::Error, Option<Temporary>)> {
        let Content { bytes, beside } = self;
        let (error, beside) = match beside.map(|it| place.put(it)) {
            Some(Ok(())) => return Ok(()),
            Some(Err((error, beside))) if !files::is_refused(&error) => return Err((error, Some(beside))),
            Some(Err((error, beside))) => (Some(error), Some(beside)),
            None => (None, None),
        };
        place.write_over(bytes).map_err(|over| (error.unwrap_or(over), beside))
    }
}

impl Ready<'_> {
    fn beside<'a>(file: &'a Looked, signals: &Signals) -> Result<Ready<'a>, Problem> {
        let Looked { place, text, there } = file;
        let new = Content::beside(place, text.as_bytes(), there.is_some(), signals)?;
        let old = |it| Content::beside(place, it, true, signals).map(|old| (it, old));
        let old = there.as_deref().map(old).transpose()?;
        Ok(Ready { place, new, old })
    }

    /// The question may have been open for an hour while the files changed.
    fn still_fits(&self) -> Result<(), Problem> {
        if self.place.there()?.as_deref() == self.old.as_ref().map(|(there, _)| *there) {
            return Ok(());
        }
        Err(changed_meanwhile(self.place))
    }
}

fn changed_meanwhile(place: &FilePlace) -> Problem {
    Problem::new(format!("`{}` was changed meanwhile; nothing was written", text::unticked(place.path.display())))
        .help("run it again: it reads the files as they are now")
}

/// The completed writes.
#[derive(Default)]
struct Done<'a> {
    /// With the previous content.
    files: Vec<(&'a FilePlace, Option<Content<'a>>)>,
    /// The created folders, each with its parent.
    folders: Vec<(Folder, OsString)>,
}

impl<'a> Done<'a> {
    fn put(&mut self, ready: Ready<'a>) -> Result<(), Problem> {
        let Ready { place, new, old } = ready;
        place.make_folder(&mut self.folders)?;
        let put = new.put(place).map_err(|(error, _)| files::cannot_write(&place.path, &error));
        // A partly overwritten file has lost its content.
        let is_as_before = |there: &[u8]| place.there().is_ok_and(|now| now.as_deref() == Some(there));
        if put.is_ok() || old.as_ref().is_some_and(|(there, _)| !is_as_before(there)) {
            self.files.push((place, old.map(|(_, old)| old)));
        }
        put
    }

    /// Restores everything, and reports what cannot be restored.
    fn take_back(self, problem: Problem) -> Problem {
        let mut left = Vec::new();
        for (place, old) in self.files.into_iter().rev() {
            let name = place.path.display();
            match old.map(|it| it.put(place)) {
                Some(Ok(())) => {}
                // The only remaining copy.
                Some(Err((_, Some(old)))) => {
                    left.push(format!(
                        "{name} (what it held is in `{}`)",
                        old.keep().display(),
                        name = text::ticked(name)
                    ));
                }
                None if place.remove().is_ok() => {}
                Some(Err((_, None))) | None => left.push(text::ticked(name)),
            }
        }
        // Inner folders first. A folder that is not empty has other files by now, or one that is named above.
        for (folder, name) in self.folders.iter().rev() {
            match folder.remove_folder(name).map_err(|error| error.kind()) {
                Ok(()) | Err(io::ErrorKind::DirectoryNotEmpty) => {}
                Err(_) => left.push(format!("`{}`", folder.path_of(name).display())),
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

/// Without a redundant `./`.
pub fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFile {
    pub path: String,
    pub how: FileChange,
}

/// How a text relates to the existing file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteMode {
    Whole,
    /// The existing content, with new lines at the end.
    Addition,
    /// The whole file, if it does not exist yet.
    Fallback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileChange {
    /// It did not exist.
    New,
    Replaced,
    /// It existed, and gets new lines at the end.
    Extended,
    Same,
    Kept,
}

impl FileChange {
    /// The change from the existing content `there` to a text.
    pub fn of(text: &str, claim: WriteMode, there: Option<&[u8]>) -> FileChange {
        match there {
            None => FileChange::New,
            Some(there) if there == text.as_bytes() => FileChange::Same,
            Some(there) if claim == WriteMode::Addition && text.as_bytes().starts_with(there) => FileChange::Extended,
            Some(_) if claim == WriteMode::Fallback => FileChange::Kept,
            Some(_) => FileChange::Replaced,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            FileChange::New => "written",
            FileChange::Replaced => "replaced",
            FileChange::Extended => "extended",
            FileChange::Same => "unchanged",
            FileChange::Kept => "kept",
        }
    }

    /// Does it leave a file unchanged?
    pub fn leaves(self) -> bool {
        match self {
            FileChange::New | FileChange::Replaced | FileChange::Extended => false,
            FileChange::Same | FileChange::Kept => true,
        }
    }

    /// Why a file with another content is left unchanged.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            FileChange::New | FileChange::Replaced | FileChange::Extended | FileChange::Same => None,
            FileChange::Kept => Some("it already exists"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_put_back_is_named_and_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("presence.yaml");
        let found = FilePlace::typed(&place).unwrap();
        let old = found.beside(b"# mine\n", &Signals::none()).unwrap();
        let kept = old.path();
        // Nothing is renamed over a folder.
        fs::create_dir(&place).unwrap();
        let old = Content { bytes: b"# mine\n", beside: Some(old) };
        let done = Done { files: vec![(&found, Some(old))], folders: Vec::new() };
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

    #[test]
    fn only_an_addition_that_keeps_every_byte_extends() {
        let there = Some(b"target/\n".as_slice());
        assert_eq!(FileChange::of("target/\nplan*.json\n", WriteMode::Addition, there), FileChange::Extended);
        assert_eq!(FileChange::of("target/\nplan*.json\n", WriteMode::Whole, there), FileChange::Replaced);
        assert_eq!(FileChange::of("plan*.json\n", WriteMode::Addition, there), FileChange::Replaced);
        // Invalid UTF-8 would be changed.
        assert_eq!(
            FileChange::of("\u{FFFD}\nplan*.json\n", WriteMode::Addition, Some(b"\xff\n")),
            FileChange::Replaced
        );
        assert_eq!(FileChange::of("target/\n", WriteMode::Addition, there), FileChange::Same);
        assert_eq!(FileChange::of("target/\n", WriteMode::Addition, None), FileChange::New);
    }

    #[test]
    fn a_fallback_is_for_an_empty_place() {
        assert_eq!(FileChange::of("# Presences\n", WriteMode::Fallback, None), FileChange::New);
        assert_eq!(FileChange::of("# Presences\n", WriteMode::Fallback, Some(b"# Presences\n")), FileChange::Same);
        assert_eq!(FileChange::of("# Presences\n", WriteMode::Fallback, Some(b"# Ours\n")), FileChange::Kept);
    }
}
