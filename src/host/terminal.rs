//! The output streams and the keyboard. No other code writes to them.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

use crate::host::exit::Exit;
use crate::model::limits::read_within;
use crate::model::problem;

/// Standard output, standard error and standard input of a run.
pub struct Terminal {
    out: Stream,
    err: ErrorStream,
    input: Box<dyn BufRead>,
    /// Can a person answer a question? Input and standard error are both a terminal.
    can_ask: bool,
    out_columns: Option<usize>,
}

pub struct Streams {
    pub out: Box<dyn Write + Send>,
    pub err: Box<dyn Write + Send>,
    pub input: Box<dyn BufRead>,
    pub out_is_terminal: bool,
    pub err_is_terminal: bool,
    pub input_is_terminal: bool,
    /// The width of the output's terminal, if it is known.
    pub out_columns: Option<usize>,
}

/// One stream, and its state.
struct Stream {
    writer: Box<dyn Write + Send>,
    is_terminal: bool,
    state: State,
}

/// Standard error, also for the log, which is written concurrently. Clones are cheap.
#[derive(Clone)]
pub struct ErrorStream(Arc<Mutex<BelowBar>>);

/// A stream, and the bar on it. Text is written above the bar.
struct BelowBar {
    stream: Stream,
    bar: Option<ProgressBar>,
}

impl ErrorStream {
    pub fn write(&self, text: &str) {
        let BelowBar { stream, bar } = &mut *self.state();
        match bar {
            Some(bar) => bar.suspend(|| stream.write(text)),
            None => stream.write(text),
        }
    }

    /// Sets or removes the bar that text is written above.
    pub fn has_bar(&self, bar: Option<ProgressBar>) {
        self.state().bar = bar;
    }

    fn state(&self) -> MutexGuard<'_, BelowBar> {
        // The stream is usable after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum State {
    Open,
    /// The reader closed it. That silences the output, but never stops the work.
    Closed,
    /// A write failed, for example on a full disk. Has the reason.
    Failed(String),
}

impl Terminal {
    pub fn of_process() -> Terminal {
        let (out, err, input) = (io::stdout(), io::stderr(), io::stdin());
        Terminal::of_streams(Streams {
            out_is_terminal: out.is_terminal(),
            err_is_terminal: err.is_terminal(),
            input_is_terminal: input.is_terminal(),
            out_columns: columns(&out),
            out: Box::new(out),
            err: Box::new(err),
            input: Box::new(input.lock()),
        })
    }

    pub fn of_streams(streams: Streams) -> Terminal {
        let Streams { out, err, input, out_is_terminal, err_is_terminal, input_is_terminal, out_columns } = streams;
        Terminal {
            out: Stream::new(out, out_is_terminal),
            err: ErrorStream(Arc::new(Mutex::new(BelowBar { stream: Stream::new(err, err_is_terminal), bar: None }))),
            input,
            can_ask: input_is_terminal && err_is_terminal,
            out_columns,
        }
    }

    pub fn out(&mut self, text: &str) {
        self.out.write(text);
    }

    pub fn err(&mut self, text: &str) {
        self.err.write(text);
    }

    pub fn out_is_terminal(&self) -> bool {
        self.out.is_terminal
    }

    /// The width of standard output's terminal.
    pub fn out_columns(&self) -> Option<usize> {
        self.out_columns
    }

    pub fn err_is_terminal(&self) -> bool {
        self.err.state().stream.is_terminal
    }

    /// Standard error, for concurrent writers.
    pub fn error_stream(&self) -> ErrorStream {
        self.err.clone()
    }

    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks on standard error and reads one line. `None` at the end of the input.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        self.err.write(question);
        let mut line = String::new();
        match self.input.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }

    /// The rest of the input. `None` if it has more bytes than the limit.
    pub fn read_input(&mut self, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        read_within(self.input.as_mut(), bytes_max)
    }

    /// The exit code of a run, worse if its output could not be written. Reports that once.
    pub fn settle(&mut self, exit: Exit) -> Exit {
        if let State::Failed(cause) = &self.out.state {
            let words = format!("error: standard output could not be written: {cause}\n");
            self.err.write(&words);
        }
        let has_failed = |it: &Stream| matches!(it.state, State::Failed(_));
        let failed = has_failed(&self.out) || has_failed(&self.err.state().stream);
        match exit {
            Exit::Success | Exit::Changes if failed => Exit::Failure,
            Exit::Success | Exit::Changes | Exit::Failure | Exit::Interrupted | Exit::Terminated => exit,
        }
    }
}

/// The width of a stream's terminal, if it is known. Some terminals know their width but not their height.
#[cfg(unix)]
fn columns(stream: &io::Stdout) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|it| *it > 0)
}

#[cfg(not(unix))]
fn columns(_: &io::Stdout) -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}

impl Stream {
    fn new(writer: Box<dyn Write + Send>, is_terminal: bool) -> Stream {
        Stream { writer, is_terminal, state: State::Open }
    }

    fn write(&mut self, text: &str) {
        if !matches!(self.state, State::Open) {
            return;
        }
        match self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.state = State::Closed,
            Err(error) => self.state = State::Failed(problem::cause(&error)),
        }
    }
}
