//! Runs Git. No other code does. The repository may be hostile: its config can name programs. So only subcommands that
//! start none are used, with an environment without secrets.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, fmt, fs};

use crate::model::limits::GIT_ANSWER_BYTES_MAX;

#[cfg(target_os = "linux")]
use crate::model::limits::GIT_MEMORY_BYTES_MAX;

/// The longest part of a Git message that is repeated.
const SAID_CHARS_MAX: usize = 300;
/// The time limit of one answer. Only an unusual repository takes longer, for example one with a pipe as its config.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A time limit for all requests to Git together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    at: Instant,
    seconds: u64,
}

impl Deadline {
    /// From now on.
    pub fn within(time: Duration) -> Deadline {
        Deadline { at: now() + time, seconds: time.as_secs() }
    }

    fn left(self) -> Duration {
        self.at.saturating_duration_since(now())
    }
}

#[expect(clippy::disallowed_methods, reason = "a process cannot be paused as the clock of a test can")]
fn now() -> Instant {
    Instant::now()
}

/// The subcommands in use. None reads the working tree or the index, so no filter, hook or monitor of a repository
/// runs. `config` only reads the user's own file (`--global`), without its includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subcommand {
    RevParse,
    CatFile,
    Config,
}

impl Subcommand {
    fn as_str(self) -> &'static str {
        match self {
            Subcommand::RevParse => "rev-parse",
            Subcommand::CatFile => "cat-file",
            Subcommand::Config => "config",
        }
    }
}

/// The options of every Git call.
const ALWAYS: [&str; 14] = [
    "--no-pager",
    "--no-replace-objects",
    "-c",
    // Ignores a folder that only looks like a repository, as any folder of a commit can.
    "safe.bareRepository=explicit",
    // The subcommands above do not use the rest. A later Git may.
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.pager=cat",
    "-c",
    "credential.helper=",
    "-c",
    "gc.auto=0",
];

/// The variables that Git receives if they are set. Variables of a hook (such as `GIT_DIR`) and secrets are not among
/// them.
const PASSED_ON: [&str; 22] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "TMPDIR",
    "TMP",
    "TEMP",
    // Windows.
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PATHEXT",
    // The trusted repositories, and other settings of the user.
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    // Git under sudo accepts the repositories of the original user.
    "SUDO_UID",
    "GIT_CEILING_DIRECTORIES",
];

/// Why Git gave no answer. Its messages are foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitError {
    /// The executable is missing.
    Missing,
    /// It could not be run.
    NotRun(String),
    Failed {
        asked: String,
        /// Its first line.
        said: String,
    },
    /// It did not answer in time.
    TooSlow {
        asked: String,
    },
    /// All requests together took too long.
    OutOfTime {
        seconds: u64,
    },
    Lacks {
        what: String,
        partial: bool,
    },
    /// The repository exceeds a limit, or has data that Git never writes.
    Refused(String),
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GitError::Missing => write!(f, "there is no executable `git`"),
            GitError::NotRun(why) => write!(f, "`git` could not be run: {why}"),
            GitError::Failed { asked, said } => write!(f, "`git {asked}` failed: {said}"),
            GitError::TooSlow { asked } => {
                write!(f, "`git {asked}` did not answer within {} s", ANSWER_MAX.as_secs())
            }
            GitError::OutOfTime { seconds } => write!(f, "reading the repository took longer than {seconds} s"),
            GitError::Lacks { what, partial: true } => {
                write!(f, "this is a partial clone, which lacks {what}: use a clone made without `--filter`")
            }
            GitError::Lacks { what, partial: false } => write!(
                f,
                "this repository lacks {what}: it is damaged, or a partial clone; use a clone made without `--filter`"
            ),
            GitError::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for GitError {}

impl GitError {
    /// What to do, in one sentence.
    pub fn help(&self) -> &'static str {
        match self {
            GitError::Missing => "install Git, or add its folder to PATH",
            GitError::NotRun(_) => "check whether `git --version` works",
            GitError::Failed { said, .. } if said.contains("dubious ownership") => {
                "the repository belongs to another user: `git config --global --add safe.directory FOLDER` trusts it"
            }
            GitError::Failed { .. } | GitError::TooSlow { .. } | GitError::OutOfTime { .. } => {
                "check whether the same command works by hand"
            }
            GitError::Lacks { .. } => "clone the repository again without `--filter`",
            GitError::Refused(_) => "check the commit out, and give its path instead",
        }
    }
}

/// A running Git. It is killed when this value is dropped.
pub(super) struct Running {
    asked: String,
    child: Arc<Mutex<Child>>,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    said: Option<JoinHandle<String>>,
    /// Notified at the start and the end of each wait for an answer.
    watch: Sender<()>,
    /// It was killed because an answer took too long.
    late: Arc<AtomicBool>,
    until: Option<Deadline>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill(&self.child);
    }
}

/// Starts Git in the folder with `.git`.
pub(super) fn start(
    top: &Path,
    until: Option<Deadline>,
    subcommand: Subcommand,
    arguments: &[&str],
) -> Result<Running, GitError> {
    let variables: Vec<(OsString, OsString)> = env::vars_os().collect();
    let folders = program_folders(&variables);
    let program = program(&folders).ok_or(GitError::Missing)?;
    let mut command = Command::new(program);
    command.args(ALWAYS).arg(subcommand.as_str()).args(arguments).current_dir(top);
    command.env_clear().envs(environment(top, &folders, variables));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let not_run = |error: io::Error| GitError::NotRun(error.to_string());
    let mut child = command.spawn().map_err(not_run)?;
    bound(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let child = Arc::new(Mutex::new(child));
    let (watch, events) = channel();
    let (watched, late) = (Arc::clone(&child), Arc::new(AtomicBool::new(false)));
    let is_late = Arc::clone(&late);
    thread::spawn(move || kill_when_late(&watched, &events, until, &is_late));
    let said = stderr.map(|it| thread::spawn(move || messages(it)));
    let stdout = stdout.ok_or_else(|| GitError::NotRun("it has no output".to_owned()))?;
    let asked = std::iter::once(subcommand.as_str()).chain(arguments.iter().copied()).collect::<Vec<_>>().join(" ");
    Ok(Running { asked, child, stdin, stdout: BufReader::new(stdout), said, watch, late, until })
}

impl Running {
    /// Its whole output, once it has exited. `None` if it failed without a message.
    pub(super) fn printed(mut self) -> Result<Option<String>, GitError> {
        drop(self.stdin.take());
        let _ = self.watch.send(());
        let mut printed = Vec::new();
        let most = GIT_ANSWER_BYTES_MAX;
        let read = self.stdout.by_ref().take(most + 1).read_to_end(&mut printed);
        if u64::try_from(printed.len()).is_ok_and(|it| it > most) {
            return Err(GitError::Refused(format!("`git {}` printed more than {most} bytes", self.asked)));
        }
        let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
        let _ = self.watch.send(());
        let in_time = !self.late.load(Ordering::SeqCst);
        match (read, status) {
            (Ok(_), Ok(status)) if status.success() => Ok(Some(String::from_utf8_lossy(&printed).into_owned())),
            (Ok(_), Ok(_)) if in_time => match self.said() {
                said if said.is_empty() => Ok(None),
                said => Err(self.failed(&said)),
            },
            (Ok(_), Ok(_)) => Err(self.too_slow()),
            (Err(error), _) | (Ok(_), Err(error)) => Err(GitError::NotRun(error.to_string())),
        }
    }

    /// Sends a line, and returns the line of its answer.
    pub(super) fn ask(&mut self, line: &str) -> Result<String, GitError> {
        if self.until.is_some_and(|it| it.left().is_zero()) {
            return Err(self.too_slow());
        }
        let _ = self.watch.send(());
        let mut answer = Vec::new();
        let asked = match &mut self.stdin {
            Some(stdin) => writeln!(stdin, "{line}").and_then(|()| stdin.flush()),
            None => Ok(()),
        };
        let limit = GIT_ANSWER_BYTES_MAX;
        let read = asked.and_then(|()| self.stdout.by_ref().take(limit).read_until(b'\n', &mut answer));
        if read.is_err() || answer.pop() != Some(b'\n') {
            return Err(self.ended());
        }
        let _ = self.watch.send(());
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// This many bytes of the answer, and the line break after them.
    pub(super) fn bytes(&mut self, count: usize) -> Result<Vec<u8>, GitError> {
        let _ = self.watch.send(());
        let mut bytes = vec![0; count + 1];
        if self.stdout.read_exact(&mut bytes).is_err() || bytes.pop() != Some(b'\n') {
            return Err(self.ended());
        }
        let _ = self.watch.send(());
        Ok(bytes)
    }

    /// Why it exited during the exchange.
    fn ended(&mut self) -> GitError {
        let _ = self.watch.send(());
        if self.late.load(Ordering::SeqCst) {
            return self.too_slow();
        }
        kill(&self.child);
        let said = self.said();
        self.failed(&said)
    }

    fn too_slow(&self) -> GitError {
        match self.until {
            Some(until) if until.left().is_zero() => GitError::OutOfTime { seconds: until.seconds },
            Some(_) | None => GitError::TooSlow { asked: self.asked.clone() },
        }
    }

    fn failed(&self, said: &str) -> GitError {
        // For a missing object, Git names the repository that it would have fetched from.
        if said.contains("promisor remote") {
            return GitError::Lacks { what: "a file or folder that was asked for".to_owned(), partial: true };
        }
        let first = said.lines().next().unwrap_or("it ended early").trim();
        GitError::Failed { asked: self.asked.clone(), said: first.chars().take(SAID_CHARS_MAX).collect() }
    }

    /// Its message about the failure. A repository can cause any number of warnings before it.
    fn said(&mut self) -> String {
        let said = self.said.take().and_then(|it| it.join().ok()).unwrap_or_default();
        let is_why = |line: &&str| !line.starts_with("warning: ") && !line.starts_with("hint: ");
        said.lines().filter(is_why).collect::<Vec<_>>().join("\n")
    }
}

fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // It may have exited already.
    let _ = child.kill();
    let _ = child.wait();
}

/// Each wait for an answer sends two events: one when it starts and one when it ends.
fn kill_when_late(child: &Mutex<Child>, events: &Receiver<()>, until: Option<Deadline>, late: &AtomicBool) {
    while events.recv().is_ok() {
        match events.recv_timeout(until.map_or(ANSWER_MAX, |it| ANSWER_MAX.min(it.left()))) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => {
                // Set before the kill, so that a reader then knows the reason.
                late.store(true, Ordering::SeqCst);
                return kill(child);
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The start of its messages. The rest is read too, because Git would wait for a reader.
fn messages(mut stderr: impl io::Read) -> String {
    let mut said = Vec::new();
    let _ = stderr.by_ref().take(GIT_ANSWER_BYTES_MAX).read_to_end(&mut said);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&said).into_owned()
}

/// Limits Git's memory, because Git reads some files of a repository whole.
#[cfg(target_os = "linux")]
fn bound(child: &Child) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit { current: Some(GIT_MEMORY_BYTES_MAX), maximum: Some(GIT_MEMORY_BYTES_MAX) };
    // If it fails, Git has the limits of the machine.
    let _ = prlimit(Some(Pid::from_child(child)), Resource::Data, limit);
}

/// Other systems cannot limit another process, so only the time limit applies there.
#[cfg(not(target_os = "linux"))]
fn bound(_: &Child) {}

fn is_called(name: &OsString, wanted: &str) -> bool {
    if cfg!(windows) { name.eq_ignore_ascii_case(wanted) } else { name == wanted }
}

/// The folders of PATH. Relative ones are dropped, because they would be in Git's working folder.
fn program_folders(variables: &[(OsString, OsString)]) -> Vec<PathBuf> {
    let path = variables.iter().find(|(name, _)| is_called(name, "PATH"));
    let folders = path.map(|(_, value)| env::split_paths(value).filter(|it| it.is_absolute()).collect());
    folders.unwrap_or_default()
}

fn program(folders: &[PathBuf]) -> Option<PathBuf> {
    let name = format!("git{}", env::consts::EXE_SUFFIX);
    folders.iter().map(|it| it.join(&name)).find(|it| is_executable(it))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.is_file())
}

fn environment(top: &Path, folders: &[PathBuf], variables: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let is_setting = |name: &str| {
        let number = name.strip_prefix("GIT_CONFIG_KEY_").or_else(|| name.strip_prefix("GIT_CONFIG_VALUE_"));
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
    };
    let mut passed: Vec<(OsString, OsString)> = variables
        .into_iter()
        .filter(|(name, _)| PASSED_ON.iter().any(|it| is_called(name, it)) || name.to_str().is_some_and(is_setting))
        .collect();
    // Without an accepted `.git` in this folder, Git would search the folders above it.
    let ceiling = passed.iter().position(|(name, _)| is_called(name, "GIT_CEILING_DIRECTORIES"));
    let given = ceiling.map(|it| passed.swap_remove(it).1);
    // Git compares them with the real path.
    let real = fs::canonicalize(top).ok();
    let above = [Some(top), real.as_deref()].into_iter().flatten().filter_map(Path::parent).map(Path::to_owned);
    let ceilings = above.chain(given.iter().flat_map(env::split_paths));
    if let Ok(ceilings) = env::join_paths(ceilings) {
        passed.push(("GIT_CEILING_DIRECTORIES".into(), ceilings));
    }
    if let Ok(path) = env::join_paths(folders) {
        passed.push(("PATH".into(), path));
    }
    // A repository's `protocol.NAME.allow` overrides `protocol.allow`, and the variable overrides both.
    let ours = [
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_PAGER", "cat"),
        ("LC_ALL", "C"),
    ];
    passed.extend(ours.map(|(name, value)| (name.into(), value.into())));
    passed
}
