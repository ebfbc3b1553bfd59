//! Colours and signs, and their meaning with and without colour.

use crate::plan::change::Action;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Open,
    Bad,
}

/// How a view for people is drawn. The environment is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Uses colours. Everything is readable without them.
    pub color: bool,
    /// The width of the terminal, which limits tables.
    pub columns: usize,
    /// `--quiet`: warnings are only counted.
    pub quiet: bool,
}

/// The default width, without a terminal of known width.
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

    /// A removed label, or a removed part of one.
    pub(crate) fn removed(self, text: &str) -> String {
        self.paint(console::Style::new().red(), text)
    }

    /// An added label, or an added part of one.
    pub(crate) fn added(self, text: &str) -> String {
        self.paint(console::Style::new().green(), text)
    }

    /// The removed characters of a label.
    pub(crate) fn removed_part(self, text: &str) -> String {
        self.paint(console::Style::new().red().bold().underlined(), text)
    }

    /// The added characters of a label.
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

/// A sign before the verb, so that a long plan can be skimmed without colours.
pub(crate) fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Reactivate => '^',
        Action::Update => '~',
        Action::Supersede | Action::Deactivate | Action::Delete => '-',
    }
}
