//! What can keep a sandbox from starting, or its files from being read.

use std::io;
use std::path::PathBuf;

/// Why a sandbox did not start or a file of it was not taken. The text names the file.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind {
        /// The port that was asked for; 0 is any.
        port: u16,
        #[source]
        source: io::Error,
    },
    /// A file or its folder cannot be read or written.
    #[error("cannot {act} `{}`", path.display())]
    File {
        /// What was tried, such as `read`.
        act: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A link where none is followed.
    #[error("`{}` is a link, and no link is followed to the sandbox's state; nothing was read or written", path.display())]
    Link { path: PathBuf },
    /// Something that is no file, such as a pipe, where a file of the sandbox belongs.
    #[error("`{}` is not a regular file; nothing was read or written", path.display())]
    NotAFile { path: PathBuf },
    /// Something that is no folder, where a folder of the sandbox belongs.
    #[error("`{}` is not a folder; nothing was read or written", path.display())]
    NotAFolder { path: PathBuf },
    #[error("the sandbox state `{}` is in use by another process", path.display())]
    InUse { path: PathBuf },
    /// A file is longer than what is read of its kind.
    #[error("`{}` is longer than {bytes_max} bytes", path.display())]
    TooLong { path: PathBuf, bytes_max: u64 },
    /// A file of another format version. It is left as it is.
    #[error("`{}` has format_version {found}; this program reads up to {known}", path.display())]
    Version { path: PathBuf, found: u64, known: u64 },
    /// A file that cannot be understood. It is left as it is.
    #[error("`{}` is not a sandbox {kind}: {problem}", path.display())]
    Broken {
        /// `state`, `seed`, `behavior file` or `fault file`.
        kind: &'static str,
        path: PathBuf,
        /// What is wrong, with the place where it is known.
        problem: String,
    },
    /// The definitions that a new org should begin with make no org.
    #[error("seed: {0}")]
    Seed(String),
    #[error("faults: {0}")]
    Faults(String),
}
