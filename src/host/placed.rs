//! What becomes of the files that a command places, such as those of an import.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub path: String,
    pub how: How,
}

/// How much of a file a text is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Whole,
    /// What was there, and lines after it.
    Addition,
    /// All of it, where there is no such file yet.
    Fallback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// There was none.
    New,
    Replaced,
    /// There was another one, and all of it stays, with lines after it.
    Extended,
    Same,
    Kept,
}

impl How {
    /// What is to be done with a text, where `there` is what stands in its place.
    pub fn of(text: &str, claim: Claim, there: Option<&[u8]>) -> How {
        match there {
            None => How::New,
            Some(there) if there == text.as_bytes() => How::Same,
            Some(there) if claim == Claim::Addition && text.as_bytes().starts_with(there) => How::Extended,
            Some(_) if claim == Claim::Fallback => How::Kept,
            Some(_) => How::Replaced,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            How::New => "written",
            How::Replaced => "replaced",
            How::Extended => "extended",
            How::Same => "unchanged",
            How::Kept => "kept",
        }
    }

    /// Does it leave a file as it is?
    pub fn leaves(self) -> bool {
        match self {
            How::New | How::Replaced | How::Extended => false,
            How::Same | How::Kept => true,
        }
    }

    /// Why a file that is not as it was meant to be is left so.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            How::New | How::Replaced | How::Extended | How::Same => None,
            How::Kept => Some("there was one already, and it stays as it is"),
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

    #[test]
    fn a_fallback_is_for_an_empty_place() {
        assert_eq!(How::of("# Presences\n", Claim::Fallback, None), How::New);
        assert_eq!(How::of("# Presences\n", Claim::Fallback, Some(b"# Presences\n")), How::Same);
        assert_eq!(How::of("# Presences\n", Claim::Fallback, Some(b"# Ours\n")), How::Kept);
    }
}
