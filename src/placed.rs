//! What becomes of the files that a command places, such as those of an import.

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// As people name it.
    pub path: String,
    /// What becomes of it.
    pub how: How,
}

/// How much of a file a text is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// All of it.
    Whole,
    /// What was there, and lines after it.
    Addition,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// There was none.
    New,
    /// There was another one, and it goes.
    Replaced,
    /// There was another one, and all of it stays, with lines after it.
    Extended,
    /// It was there already, byte by byte.
    Same,
}

impl How {
    /// What is to be done with a text, where `there` is what stands in its place.
    #[must_use]
    pub fn of(text: &str, claim: Claim, there: Option<&[u8]>) -> How {
        match there {
            None => How::New,
            Some(there) if there == text.as_bytes() => How::Same,
            Some(there) if claim == Claim::Addition && text.as_bytes().starts_with(there) => How::Extended,
            Some(_) => How::Replaced,
        }
    }

    /// In a word.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            How::New => "written",
            How::Replaced => "replaced",
            How::Extended => "extended",
            How::Same => "unchanged",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_addition_that_keeps_every_byte_extends() {
        let there = Some(b"target/\n".as_slice());
        assert_eq!(How::of("target/\nplan*.json\n", Claim::Addition, there), How::Extended);
        assert_eq!(How::of("target/\nplan*.json\n", Claim::Whole, there), How::Replaced);
        assert_eq!(How::of("plan*.json\n", Claim::Addition, there), How::Replaced);
        // What is no UTF-8 would come back as other bytes.
        assert_eq!(How::of("\u{FFFD}\nplan*.json\n", Claim::Addition, Some(b"\xff\n")), How::Replaced);
        assert_eq!(How::of("target/\n", Claim::Addition, there), How::Same);
        assert_eq!(How::of("target/\n", Claim::Addition, None), How::New);
    }
}
