//! The users, source and config of the `user` commands.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::paths::is_stream;
use crate::cli::{ConfigArgs, ConfigPath, UserConfigArgs, View, WhoArgs};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::host::files;
use crate::host::terminal::Terminal;
use crate::model::desired::Desired;
use crate::model::limits::{USERS_BYTES_MAX, read_within};
use crate::model::problem::{Problem, cause};
use crate::model::text::{self, NotText};
use crate::model::user::PresenceSource;
use crate::ops::users::input::{self, InputEntry, Mistake};

/// The most mistakes of an input that are reported.
const MISTAKES_TOLD_MAX: usize = 10;

/// The users of the command line, then those of the files.
pub fn entries(who: &WhoArgs, terminal: &mut Terminal) -> Result<Vec<InputEntry>, Problem> {
    let WhoArgs { ids, from } = who;
    let mut entries = Vec::new();
    let mut mistakes = Vec::new();
    let mut take = |read: Result<Vec<InputEntry>, Vec<Mistake>>| match read {
        Ok(some) => entries.extend(some),
        Err(some) => mistakes.extend(some),
    };
    take(input::arguments(ids));
    for path in from {
        let name = if is_stream(path) { "standard input".to_owned() } else { path.display().to_string() };
        take(input::read(&name, &text(path, &name, terminal)?));
    }
    if !mistakes.is_empty() {
        return Err(wrong(&mistakes));
    }
    if entries.is_empty() {
        return Err(Problem::new("no users are named")
            .help("give ids of users, or --from FILE with one a line or a CSV with a column `id` or `userId`"));
    }
    Ok(entries)
}

pub fn files(who: &WhoArgs) -> impl Iterator<Item = &PathBuf> {
    who.from.iter().filter(|path| !is_stream(path))
}

/// All mistakes of an input, in one sentence.
pub fn wrong(mistakes: &[Mistake]) -> Problem {
    let mut told: Vec<String> = mistakes.iter().take(MISTAKES_TOLD_MAX).map(ToString::to_string).collect();
    if mistakes.len() > MISTAKES_TOLD_MAX {
        told.push(format!("and {} more", mistakes.len() - MISTAKES_TOLD_MAX));
    }
    Problem::new(told.join("; "))
        .help("ids of users are the platform's, such as 5a4db0c5-0000-4000-8000-000000000001; nothing was sent")
}

/// Do the users come from standard input?
pub fn from_stdin(who: &WhoArgs) -> bool {
    who.from.iter().any(|path| is_stream(path))
}

/// The typed source.
pub fn source(typed: &str) -> Result<PresenceSource, Problem> {
    PresenceSource::named(typed).ok_or_else(|| {
        Problem::new(format!("{typed} is no source of presences", typed = text::ticked(typed)))
            .help("give `purecloud`, `microsoftteams`, or the id of a source that the org has registered")
    })
}

/// The config for the `user` commands, or an empty one.
pub fn config<F: View>(args: &UserConfigArgs, run: &mut Run<'_, F>) -> Result<Desired, Failure> {
    let UserConfigArgs { config, org, root } = args.clone();
    match config {
        Some(path) => run.load(&ConfigArgs { path: ConfigPath(path), org, root }).map(|(config, _)| config.desired),
        None => Ok(Desired::nothing()),
    }
}

fn text(path: &Path, name: &str, terminal: &mut Terminal) -> Result<String, Problem> {
    let cannot = |why: String| Problem::new(format!("cannot read `{name}`: {why}"));
    let read = if is_stream(path) {
        terminal.read_input(USERS_BYTES_MAX)
    } else {
        File::open(path).and_then(|it| read_within(it, USERS_BYTES_MAX))
    };
    let bytes = read
        .map_err(|error| files::cannot_read(path, cannot(cause(&error))))?
        .ok_or_else(|| cannot(format!("it is longer than {USERS_BYTES_MAX} bytes")))?;
    text::of_bytes(&bytes).map(str::to_owned).map_err(|error| cannot(not_text(error, &bytes)).help(SAVE_AS_UTF8))
}

const SAVE_AS_UTF8: &str = "save it as UTF-8: in Excel as `CSV UTF-8`; nothing was sent";

fn not_text(error: NotText, bytes: &[u8]) -> String {
    match error {
        NotText::Utf16 => "it is UTF-16, as Excel writes `Unicode Text`, and `>` in Windows PowerShell all".to_owned(),
        NotText::Utf32 => "it is UTF-32".to_owned(),
        NotText::NotUtf8(at) => {
            let line = bytes[..at].split(|it| *it == b'\n').count();
            format!("line {line} is not UTF-8; if Excel wrote it as `CSV`, it is Windows-1252 or another old encoding")
        }
    }
}
