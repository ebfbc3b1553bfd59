//! A file system with some texts replaced.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::config::file_system::{DirEntry, FileSystem};

#[derive(Debug)]
pub struct Overlay {
    pub below: Rc<dyn FileSystem>,
    /// New texts by real path.
    pub texts: HashMap<PathBuf, String>,
}

impl FileSystem for Overlay {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.canonical(path)
    }

    fn is_folder(&self, real: &Path) -> bool {
        self.below.is_folder(real)
    }

    fn entries(&self, real: &Path) -> io::Result<Vec<DirEntry>> {
        self.below.entries(real)
    }

    fn read(&self, real: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        match self.texts.get(real) {
            Some(text) => Ok((text.len() <= most).then(|| text.clone().into_bytes())),
            None => self.below.read(real, most),
        }
    }
}
