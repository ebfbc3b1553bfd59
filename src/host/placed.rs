//! What becomes of the files that a command places, such as those of an import.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub path: String,
    pub how: PlacedHow,
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
pub enum PlacedHow {
    /// There was none.
    New,
    Replaced,
    /// There was another one, and all of it stays, with lines after it.
    Extended,
    Same,
    Kept,
}

impl PlacedHow {
    /// What is to be done with a text, where `there` is what stands in its place.
    pub fn of(text: &str, claim: Claim, there: Option<&[u8]>) -> PlacedHow {
        match there {
            None => PlacedHow::New,
            Some(there) if there == text.as_bytes() => PlacedHow::Same,
            Some(there) if claim == Claim::Addition && text.as_bytes().starts_with(there) => PlacedHow::Extended,
            Some(_) if claim == Claim::Fallback => PlacedHow::Kept,
            Some(_) => PlacedHow::Replaced,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            PlacedHow::New => "written",
            PlacedHow::Replaced => "replaced",
            PlacedHow::Extended => "extended",
            PlacedHow::Same => "unchanged",
            PlacedHow::Kept => "kept",
        }
    }

    /// Does it leave a file as it is?
    pub fn leaves(self) -> bool {
        match self {
            PlacedHow::New | PlacedHow::Replaced | PlacedHow::Extended => false,
            PlacedHow::Same | PlacedHow::Kept => true,
        }
    }

    /// Why a file that is not as it was meant to be is left so.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            PlacedHow::New | PlacedHow::Replaced | PlacedHow::Extended | PlacedHow::Same => None,
            PlacedHow::Kept => Some("there was one already, and it stays as it is"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_addition_that_keeps_every_byte_extends() {
        let there = Some(b"target/\n".as_slice());
        assert_eq!(PlacedHow::of("target/\nplan*.json\n", Claim::Addition, there), PlacedHow::Extended);
        assert_eq!(PlacedHow::of("target/\nplan*.json\n", Claim::Whole, there), PlacedHow::Replaced);
        assert_eq!(PlacedHow::of("plan*.json\n", Claim::Addition, there), PlacedHow::Replaced);
        // What is no UTF-8 would come back as other bytes.
        assert_eq!(PlacedHow::of("\u{FFFD}\nplan*.json\n", Claim::Addition, Some(b"\xff\n")), PlacedHow::Replaced);
        assert_eq!(PlacedHow::of("target/\n", Claim::Addition, there), PlacedHow::Same);
        assert_eq!(PlacedHow::of("target/\n", Claim::Addition, None), PlacedHow::New);
    }

    #[test]
    fn a_fallback_is_for_an_empty_place() {
        assert_eq!(PlacedHow::of("# Presences\n", Claim::Fallback, None), PlacedHow::New);
        assert_eq!(PlacedHow::of("# Presences\n", Claim::Fallback, Some(b"# Presences\n")), PlacedHow::Same);
        assert_eq!(PlacedHow::of("# Presences\n", Claim::Fallback, Some(b"# Ours\n")), PlacedHow::Kept);
    }
}
