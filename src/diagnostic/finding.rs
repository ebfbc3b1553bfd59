//! Everything that can be wrong in a file, as facts, and the one table of its words: a stable
//! kebab-case name, a severity, a message and what to do.

/// A fact about a config. Foreign strings in it are raw: whoever shows it neutralises them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The file cannot be read at all.
    Unreadable {
        /// The path as it was named.
        path: String,
        /// The operating system's words.
        cause: String,
    },
}
