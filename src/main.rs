//! The executable: run, print, exit code.

fn main() {}
