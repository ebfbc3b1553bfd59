//! Plans and reports for people at a terminal.
