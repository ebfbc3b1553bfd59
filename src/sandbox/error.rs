//! The errors of starting a sandbox, or of reading its files.

use std::io;
use std::path::PathBuf;

/// Why a sandbox did not start or a file was rejected. The text names the file.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind {
        /// The requested port. 0 is any.
        port: u16,
        #[source]
        source: io::Error,
    },
    /// A file or its folder cannot be read or written.
    #[error("cannot {act} `{}`", path.display())]
    File {
        /// The attempted action, such as `read`.
        act: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A link in a place where links are not followed.
    #[error("`{}` is a link, and no link is followed to the sandbox's state; nothing was read or written", path.display())]
    Link { path: PathBuf },
    /// Not a regular file, for example a pipe.
    #[error("`{}` is not a regular file; nothing was read or written", path.display())]
    NotAFile { path: PathBuf },
    /// Not a folder.
    #[error("`{}` is not a folder; nothing was read or written", path.display())]
    NotAFolder { path: PathBuf },
    #[error("the sandbox state `{}` is in use by another process", path.display())]
    InUse { path: PathBuf },
    /// A file that exceeds the limit of its kind.
    #[error("`{}` is longer than {bytes_max} bytes", path.display())]
    TooLong { path: PathBuf, bytes_max: u64 },
    /// A file of another format version. It is not changed.
    #[error("`{}` has format_version {found}; this program reads up to {known}", path.display())]
    Version { path: PathBuf, found: u64, known: u64 },
    /// An invalid file. It is not changed.
    #[error("`{}` is not a sandbox {kind}: {problem}", path.display())]
    Broken {
        /// `state`, `seed`, `behavior file` or `fault file`.
        kind: &'static str,
        path: PathBuf,
        /// What is wrong, with its place if known.
        problem: String,
    },
    /// The definitions of the seed are invalid.
    #[error("seed: {0}")]
    Seed(String),
    #[error("faults: {0}")]
    Faults(String),
}
