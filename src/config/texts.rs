//! Loads every config of several files that are not on the disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::config::file_system::{DirEntry, DirEntryKind, FileSystem};
use crate::config::in_memory::Text;
use crate::config::load_all_in;
use crate::config::loaded::LoadedAll;

/// Loads every org file of these files, as if they were in one folder.
pub fn load_texts(files: &[Text<'_>]) -> LoadedAll {
    let texts = files.iter().map(|it| (PathBuf::from(it.path), it.text.to_owned())).collect();
    load_all_in(Rc::new(TextFiles(texts)), Path::new("."), Some(Path::new(".")), |_| true)
}

/// Files by their paths in one folder. There are no links.
#[derive(Debug)]
struct TextFiles(BTreeMap<PathBuf, String>);

impl FileSystem for TextFiles {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let mut real = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => real.push(name),
                Component::ParentDir if real.pop() => {}
                Component::ParentDir | Component::Prefix(_) | Component::RootDir => {
                    return Err(io::ErrorKind::NotFound.into());
                }
            }
        }
        let is_there = self.0.contains_key(&real) || self.is_folder(&real);
        if is_there { Ok(real) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn is_folder(&self, real: &Path) -> bool {
        real.as_os_str().is_empty() || self.0.keys().any(|it| it != real && it.starts_with(real))
    }

    fn entries(&self, real: &Path) -> io::Result<Vec<DirEntry>> {
        let below = self.0.keys().filter_map(|it| it.strip_prefix(real).ok());
        let entry = |it: &Path| {
            let mut parts = it.components();
            let name = parts.next()?.as_os_str().to_owned();
            let kind = if parts.next().is_some() { DirEntryKind::Folder } else { DirEntryKind::File };
            Some((name, kind))
        };
        let entries: BTreeMap<_, DirEntryKind> = below.filter_map(entry).collect();
        Ok(entries.into_iter().map(|(name, kind)| DirEntry { name, kind }).collect())
    }

    fn read(&self, real: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        let text = self.0.get(real).ok_or(io::ErrorKind::NotFound)?;
        Ok((text.len() <= most).then(|| text.clone().into_bytes()))
    }
}
