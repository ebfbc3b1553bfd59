//! The folder of `--report-dir`, on the disk: one file an apply, written whole and over nothing.

use std::path::{Path, PathBuf};

use crate::commands::files::{WholeFile, make_folder_of, write_new};
use crate::journal::{file_name, folder};
use crate::model::observed::Organization;
use crate::problem::{Problem, cause};
use crate::provenance::Provenance;
use crate::signals::Signals;

/// How many runs of one second, org and commit are told apart.
const SAME_SECOND_MAX: u32 = 1_000;

/// A folder of reports, or none.
#[derive(Debug, Clone, Default)]
pub struct Journal(Option<PathBuf>);

impl Journal {
    /// Makes the folder where there is none, and tries it, before anything is sent to an org.
    ///
    /// # Errors
    /// It cannot be written to.
    pub fn open(dir: Option<&Path>, signals: &Signals) -> Result<Journal, Problem> {
        let Some(dir) = dir else { return Ok(Journal(None)) };
        let tried = dir.join("tried");
        make_folder_of(&tried)?;
        WholeFile::open(&tried, signals)?;
        Ok(Journal(Some(dir.to_owned())))
    }

    /// Keeps a document. Gives the file; none where no folder was asked for.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep(
        &self,
        document: &str,
        provenance: &Provenance,
        org: Option<&Organization>,
        signals: &Signals,
    ) -> Result<Option<PathBuf>, Problem> {
        let Journal(Some(dir)) = self else { return Ok(None) };
        let dir = dir.join(folder(provenance, org));
        make_folder_of(&dir.join("report"))?;
        for number in 1..=SAME_SECOND_MAX {
            let path = dir.join(file_name(provenance, number));
            match write_new(&path, document, signals) {
                Ok(()) => return Ok(Some(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(Problem::new(format!("cannot write `{}`: {}", path.display(), cause(&error))));
                }
            }
        }
        Err(Problem::new(format!("`{}` holds too many reports of one second", dir.display())))
    }
}
