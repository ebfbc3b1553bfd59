//! Colours and marks: what each means, with colour and without.

use crate::plan::change::Action;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Open,
    Bad,
}

/// How a view for people is drawn. Nothing is found out from the environment here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// With colours; everything reads without them as well.
    pub color: bool,
    /// How wide the terminal is. Tables keep to it.
    pub columns: usize,
    /// `--quiet`: warnings are only counted.
    pub quiet: bool,
}

/// The width of what is no terminal, or does not say how wide it is.
pub const COLUMNS: usize = 80;

impl Style {
    /// Without colours.
    pub const PLAIN: Style = Style { color: false, columns: COLUMNS, quiet: false };
    pub const COLORED: Style = Style { color: true, columns: COLUMNS, quiet: false };

    fn paint(self, style: console::Style, text: &str) -> String {
        style.force_styling(self.color).apply_to(text).to_string()
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(console::Style::new().bold(), text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint(console::Style::new().green(), text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint(console::Style::new().red().bold(), text)
    }

    pub(crate) fn doubtful(self, text: &str) -> String {
        self.paint(console::Style::new().yellow().bold(), text)
    }

    pub(crate) fn toned(self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Good => self.good(text),
            Tone::Open => self.doubtful(text),
            Tone::Bad => self.bad(text),
        }
    }

    pub(crate) fn hint(self, text: &str) -> String {
        self.paint(console::Style::new().cyan(), text)
    }

    /// A whole label, or the part of one, that goes.
    pub(crate) fn removed(self, text: &str) -> String {
        self.paint(console::Style::new().red(), text)
    }

    /// A whole label, or the part of one, that comes.
    pub(crate) fn added(self, text: &str) -> String {
        self.paint(console::Style::new().green(), text)
    }

    /// The characters of a label that go.
    pub(crate) fn removed_part(self, text: &str) -> String {
        self.paint(console::Style::new().red().bold().underlined(), text)
    }

    /// The characters of a label that come.
    pub(crate) fn added_part(self, text: &str) -> String {
        self.paint(console::Style::new().green().bold().underlined(), text)
    }

    pub(crate) fn action(self, action: Action, text: &str) -> String {
        let style = match action {
            Action::Create => console::Style::new().green(),
            Action::Reactivate => console::Style::new().cyan(),
            Action::Update => console::Style::new().yellow(),
            Action::Supersede | Action::Deactivate | Action::Delete => console::Style::new().red(),
        };
        self.paint(style.bold(), text)
    }
}

/// One sign before the verb, so that a long plan can be skimmed without colours.
pub(crate) fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Reactivate => '^',
        Action::Update => '~',
        Action::Supersede | Action::Deactivate | Action::Delete => '-',
    }
}
