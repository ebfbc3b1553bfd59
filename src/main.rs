//! The executable: run, print, exit code.

use std::process::ExitCode;

use presencectl::environment::Environment;
use presencectl::terminal::Terminal;

fn main() -> ExitCode {
    presencectl::run(std::env::args_os(), &Environment::of_process(), &mut Terminal::of_process()).into()
}
