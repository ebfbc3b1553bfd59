//! What became of the files of an import.

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// As people name it.
    pub path: String,
    /// What became of it.
    pub how: How,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// There was none.
    New,
    /// There was another one.
    Replaced,
    /// It was there already, byte by byte.
    Same,
}

impl How {
    /// What is to be done with a text, where `there` is what stands in its place.
    #[must_use]
    pub fn of(text: &str, there: Option<&[u8]>) -> How {
        match there {
            None => How::New,
            Some(there) if there == text.as_bytes() => How::Same,
            Some(_) => How::Replaced,
        }
    }

    /// In a word.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            How::New => "written",
            How::Replaced => "replaced",
            How::Same => "unchanged",
        }
    }
}
