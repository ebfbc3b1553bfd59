//! Findings at their place: source line, caret, help.
