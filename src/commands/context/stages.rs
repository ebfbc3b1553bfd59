//! What goes on in a retirement, on standard error.

use std::cell::RefCell;

use indicatif::ProgressBar;

use crate::commands::context::bar::{bar, has_room};
use crate::host::terminal::Terminal;
use crate::ops::retire;

/// The stages of a retirement: a line each, with a bar for people on a terminal.
pub struct Stages<'a> {
    terminal: RefCell<&'a mut Terminal>,
    has_bar: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl<'a> Stages<'a> {
    /// A log is read afterwards: `in_lines` means no bar also where the job has a terminal.
    pub fn new(terminal: &'a mut Terminal, in_lines: bool) -> Stages<'a> {
        let has_bar = has_room(terminal, in_lines);
        Stages { terminal: RefCell::new(terminal), has_bar, bar: RefCell::default() }
    }

    pub fn tell(&self, event: retire::RetireEvent<'_>) {
        match event {
            retire::RetireEvent::Ended(_) => {
                if let Some(bar) = &*self.bar.borrow() {
                    bar.inc(1);
                }
            }
            retire::RetireEvent::Moving(count) => {
                self.line(&format!("moving {count}"));
                let bar = self.has_bar.then(|| bar(count));
                self.terminal.borrow().error_stream().has_bar(bar.clone());
                *self.bar.borrow_mut() = bar;
            }
            retire::RetireEvent::Looking => self.line("looking who is on it"),
            retire::RetireEvent::Deactivating => self.line("deactivating it"),
            retire::RetireEvent::Reading => self.line("reading it again"),
        }
    }

    pub fn end(self) {
        self.clear();
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
            self.terminal.borrow().error_stream().has_bar(None);
        }
    }

    fn line(&self, text: &str) {
        self.clear();
        self.terminal.borrow_mut().err(&format!("{text}\n"));
    }
}
