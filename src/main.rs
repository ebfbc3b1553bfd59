//! The executable: run, print, exit code.

use std::process::ExitCode;

use presencectl::environment::Environment;
use presencectl::signals::Signals;
use presencectl::terminal::Terminal;

fn main() -> ExitCode {
    let (environment, signals) = (Environment::of_process(), Signals::of_process());
    presencectl::run(std::env::args_os(), &environment, &mut Terminal::of_process(), &signals).into()
}
