//! The executable: run, print, exit code.

use std::process::ExitCode;

use presencectl::host::environment::Environment;
use presencectl::host::signals::Signals;
use presencectl::host::terminal::Terminal;

/// A large config and org are millions of small texts. The allocator of glibc takes a fifth of a plan's time for them.
/// That of musl, which releases would have, lets only one thread allocate at a time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let (environment, signals) = (Environment::of_process(), Signals::of_process());
    presencectl::run(std::env::args_os(), &environment, &mut Terminal::of_process(), &signals).into()
}
