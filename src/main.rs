//! The executable: run, print, exit code.

use std::process::ExitCode;

use presencectl::host::environment::Environment;
use presencectl::host::signals::Signals;
use presencectl::host::terminal::Terminal;

fn main() -> ExitCode {
    let (environment, signals) = (Environment::of_process(), Signals::of_process());
    presencectl::run(std::env::args_os(), &environment, &mut Terminal::of_process(), &signals).into()
}
