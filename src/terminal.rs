//! The two streams and the keyboard: the one place that writes to them.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};

use crate::exit::Exit;

/// Standard output, standard error and standard input of a run.
pub struct Terminal {
    out: Stream,
    err: Stream,
    /// Whether people can be asked: input and error stream are both a terminal.
    can_ask: bool,
}

/// One stream, with what became of it.
struct Stream {
    writer: Box<dyn Write>,
    is_terminal: bool,
    state: State,
}

enum State {
    Open,
    /// The reader left. That silences the output, never the work.
    Closed,
    /// Something was not written, such as on a full disk.
    Failed,
}

impl Terminal {
    /// The process's own streams.
    #[must_use]
    pub fn of_process() -> Terminal {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_is, err_is) = (out.is_terminal(), err.is_terminal());
        Terminal {
            out: Stream::new(Box::new(out), out_is),
            err: Stream::new(Box::new(err), err_is),
            can_ask: io::stdin().is_terminal() && err_is,
        }
    }

    /// Writes to standard output.
    pub fn out(&mut self, text: &str) {
        self.out.write(text);
    }

    /// Writes to standard error.
    pub fn err(&mut self, text: &str) {
        self.err.write(text);
    }

    /// Is standard output a terminal?
    #[must_use]
    pub fn out_is_terminal(&self) -> bool {
        self.out.is_terminal
    }

    /// Is standard error a terminal?
    #[must_use]
    pub fn err_is_terminal(&self) -> bool {
        self.err.is_terminal
    }

    /// Can a person be asked?
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks on standard error and reads one line. None at the end of the input.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        self.err.write(question);
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }

    /// The exit of a run, worse where its output could not be written.
    #[must_use]
    pub fn settle(&self, exit: Exit) -> Exit {
        let failed = [&self.out, &self.err].iter().any(|it| matches!(it.state, State::Failed));
        match exit {
            Exit::Success | Exit::Changes if failed => Exit::Failure,
            Exit::Success | Exit::Changes | Exit::Failure | Exit::Interrupted | Exit::Terminated => exit,
        }
    }
}

impl Stream {
    fn new(writer: Box<dyn Write>, is_terminal: bool) -> Stream {
        Stream { writer, is_terminal, state: State::Open }
    }

    fn write(&mut self, text: &str) {
        if !matches!(self.state, State::Open) {
            return;
        }
        match self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.state = State::Closed,
            Err(_) => self.state = State::Failed,
        }
    }
}
