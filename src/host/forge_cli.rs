//! Asks GitHub or GitLab by their own command-line tools, `gh` and `glab`, under the login of the person: presencectl holds no
//! token of a forge. It starts `api` alone, which here only reads. What comes back is foreign text.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, fmt, thread};

use crate::model::limits::FORGE_ANSWER_BYTES_MAX;

/// The longest piece of what the tool says that is repeated.
const SAID_CHARS_MAX: usize = 300;
/// How long one answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// The tool of a forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgeCli {
    Gh,
    Glab,
}

impl ForgeCli {
    pub fn name(self) -> &'static str {
        match self {
            ForgeCli::Gh => "gh",
            ForgeCli::Glab => "glab",
        }
    }

    /// Where it comes from.
    fn home(self) -> &'static str {
        match self {
            ForgeCli::Gh => "https://cli.github.com",
            ForgeCli::Glab => "https://gitlab.com/gitlab-org/cli",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForgeError {
    /// There is no executable.
    Missing(ForgeCli),
    NotRun(ForgeCli, String),
    NotLoggedIn(ForgeCli),
    TooSlow(ForgeCli),
    TooLong(ForgeCli),
    Refused {
        by: ForgeCli,
        /// The code of the answer, if there was one.
        status: Option<u16>,
        said: String,
    },
}

impl ForgeError {
    /// Would every other question end the same way?
    pub fn stops_everything(&self) -> bool {
        !matches!(self, ForgeError::Refused { .. } | ForgeError::TooLong(_))
    }

    pub fn status(&self) -> Option<u16> {
        match self {
            ForgeError::Refused { status, .. } => *status,
            _ => None,
        }
    }

    /// What a person can do.
    pub fn help(&self) -> String {
        match self {
            ForgeError::Missing(it) => {
                format!("install it ({}), or add its folder to PATH; then `{} auth login`", it.home(), it.name())
            }
            ForgeError::NotLoggedIn(it) => format!("`{} auth login`", it.name()),
            ForgeError::NotRun(it, _)
            | ForgeError::TooSlow(it)
            | ForgeError::TooLong(it)
            | ForgeError::Refused { by: it, .. } => {
                format!("`{} auth status` shows who is logged in, and with which rights", it.name())
            }
        }
    }
}

impl fmt::Display for ForgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForgeError::Missing(it) => write!(f, "there is no executable `{}`", it.name()),
            ForgeError::NotRun(it, why) => write!(f, "`{}` could not be run: {why}", it.name()),
            ForgeError::NotLoggedIn(it) => write!(f, "`{}` is not logged in", it.name()),
            ForgeError::TooSlow(it) => write!(f, "`{}` did not answer within {} s", it.name(), ANSWER_MAX.as_secs()),
            ForgeError::TooLong(it) => {
                write!(f, "`{}` answered with more than {FORGE_ANSWER_BYTES_MAX} bytes", it.name())
            }
            ForgeError::Refused { by, status: _, said } => write!(f, "`{}` failed: {said}", by.name()),
        }
    }
}

/// What `gh api` or `glab api` answers to a read of this path.
pub fn get(cli: ForgeCli, path: &str) -> Result<String, ForgeError> {
    ask(cli, &["--method", "GET", path])
}

/// The same of a query of GraphQL, which reads and no more.
pub fn query(cli: ForgeCli, query: &str) -> Result<String, ForgeError> {
    ask(cli, &["graphql", "--raw-field", &format!("query=query {{ {query} }}")])
}

fn ask(cli: ForgeCli, arguments: &[&str]) -> Result<String, ForgeError> {
    let variables: Vec<(OsString, OsString)> = env::vars_os().collect();
    let program = program(cli, &variables).ok_or(ForgeError::Missing(cli))?;
    let mut command = Command::new(program);
    command.arg("api").args(arguments);
    command.env_clear().envs(environment(variables));
    // Away from any repository: its remotes would choose the host that is asked.
    command.current_dir(Path::new("/"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let not_run = |error: io::Error| ForgeError::NotRun(cli, error.to_string());
    let child = command.spawn().map_err(not_run)?;
    answered(cli, child)
}

fn answered(cli: ForgeCli, mut child: Child) -> Result<String, ForgeError> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (tell, told) = channel();
    let said = thread::spawn(move || stderr.map_or_else(Vec::new, begin_of));
    thread::spawn(move || {
        // The receiver may have stopped waiting.
        let _ = tell.send(stdout.map_or_else(Vec::new, begin_of));
    });
    let printed = match told.recv_timeout(ANSWER_MAX) {
        Ok(printed) => printed,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            return Err(ForgeError::TooSlow(cli));
        }
    };
    if u64::try_from(printed.len()).is_ok_and(|it| it > FORGE_ANSWER_BYTES_MAX) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(ForgeError::TooLong(cli));
    }
    let status = child.wait().map_err(|error| ForgeError::NotRun(cli, error.to_string()))?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&printed).into_owned());
    }
    let said = String::from_utf8_lossy(&said.join().unwrap_or_default()).into_owned();
    let code = http_status(&said);
    // `gh` ends with 4 where it takes a login.
    if status.code() == Some(4) || code == Some(401) || said.contains("auth login") {
        return Err(ForgeError::NotLoggedIn(cli));
    }
    let first = said.lines().map(str::trim).find(|it| !it.is_empty()).unwrap_or("it ended early");
    let said = first.chars().take(SAID_CHARS_MAX).collect();
    Err(ForgeError::Refused { by: cli, status: code, said })
}

/// Both end the line that says why with `(HTTP 404)`.
fn http_status(said: &str) -> Option<u16> {
    let (_, after) = said.split_once("HTTP ")?;
    after.get(..3)?.parse().ok()
}

/// The beginning, one byte beyond what is read; the rest would wait for a reader.
fn begin_of(mut from: impl io::Read) -> Vec<u8> {
    let mut begin = Vec::new();
    // What was read until it failed is what there is.
    let _ = from.by_ref().take(FORGE_ANSWER_BYTES_MAX + 1).read_to_end(&mut begin);
    if begin.len() as u64 <= FORGE_ANSWER_BYTES_MAX {
        let _ = io::copy(&mut from, &mut io::sink());
    }
    begin
}

/// In a folder of PATH. One that is relative would lie in the folder of a repository.
fn program(cli: ForgeCli, variables: &[(OsString, OsString)]) -> Option<PathBuf> {
    let is_path =
        |name: &OsString| if cfg!(windows) { name.eq_ignore_ascii_case("PATH") } else { name.as_os_str() == "PATH" };
    let path = &variables.iter().find(|(name, _)| is_path(name))?.1;
    let name = format!("{}{}", cli.name(), env::consts::EXE_SUFFIX);
    env::split_paths(path).filter(|it| it.is_absolute()).map(|it| it.join(&name)).find(|it| it.is_file())
}

/// All variables, since the login may be in any of them, but those of an org's credentials and what would change the answer.
fn environment(variables: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let is_kept = |name: &str| {
        !name.starts_with("GENESYSCLOUD_")
            && !name.starts_with("PRESENCECTL_")
            && !name.starts_with("GIT_")
            && !matches!(name, "GH_FORCE_TTY" | "GH_DEBUG" | "GLAB_DEBUG_HTTP" | "DEBUG" | "CLICOLOR_FORCE" | "GH_REPO")
    };
    let mut kept: Vec<(OsString, OsString)> =
        variables.into_iter().filter(|(name, _)| name.to_str().is_none_or(is_kept)).collect();
    let ours = [("GH_PROMPT_DISABLED", "1"), ("NO_PROMPT", "1"), ("GH_NO_UPDATE_NOTIFIER", "1"), ("NO_COLOR", "1")];
    kept.extend(ours.map(|(name, value)| (name.into(), value.into())));
    kept
}
