//! Runs the real executable in a folder of its own, with nothing in its environment, and compares
//! standard output, standard error and exit code whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use presencectl::client::wire::basic;
use presencectl::sandbox::TOKEN;
use tempfile::TempDir;

/// No command of a test writes a longer file.
const WRITTEN_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A folder with files, and commands that run in it.
pub(crate) struct Cli {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// The result of a command, with varying parts replaced by names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Cli {
    /// An empty folder.
    pub(crate) fn new() -> Cli {
        let without = ("PRESENCECTL_NO_REPORT".to_owned(), "1".to_owned());
        Cli { folder: TempDir::new().unwrap(), variables: vec![without] }
    }

    /// A folder with the project's examples and schemas.
    pub(crate) fn with_examples() -> Cli {
        let cli = Cli::new();
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["examples", "schemas"] {
            copy(&project.join(folder), &cli.path(folder));
        }
        cli
    }

    /// Its runs keep and read reports in the default folder. File names have times, and a rerun waits for objects of
    /// earlier runs, so most tests do without.
    pub(crate) fn keeping_reports(mut self) -> Cli {
        self.variables.retain(|(name, _)| name != "PRESENCECTL_NO_REPORT");
        self
    }

    /// With one more file.
    pub(crate) fn file(self, name: &str, text: &str) -> Cli {
        self.write(name, text);
        self
    }

    /// With a variable in the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Cli {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// What is in the folder, sorted, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_presencectl"));
        command.args(line.split_whitespace()).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.ran(self.command(line).output().unwrap())
    }

    /// Continues with both streams captured. Pass the output to [`Cli::ran`] or [`Cli::expect_no_secret_in`].
    pub(crate) fn spawn(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn ran(&self, output: Output) -> Ran {
        self.expect_no_secret_in(&output.stdout);
        self.expect_no_secret_in(&output.stderr);
        self.expect_no_secret_in_files();
        let clean = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let real = fs::canonicalize(self.folder.path()).unwrap();
            text.replace(real.to_str().unwrap(), "[folder]").replace(self.folder.path().to_str().unwrap(), "[folder]")
        };
        Ran { code: output.status.code(), stdout: clean(output.stdout), stderr: clean(output.stderr) }
    }
}

impl Cli {
    /// Every secret of a command, from a person or the org, and its derived forms.
    fn secrets(&self) -> Vec<(&str, String)> {
        let is_secret = |name: &str| {
            let (name, _) = name.split_once("__").unwrap_or((name, ""));
            name.ends_with("_SECRET") || name.ends_with("_TOKEN")
        };
        let given = self.variables.iter().filter(|(name, secret)| is_secret(name) && secret.len() >= 8);
        let mut secrets: Vec<(&str, String)> = given.map(|(name, secret)| (name.as_str(), secret.clone())).collect();
        let variable = |name: &str| self.variables.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
        if let (Some(id), Some(secret)) =
            (variable("GENESYSCLOUD_OAUTHCLIENT_ID"), variable("GENESYSCLOUD_OAUTHCLIENT_SECRET"))
        {
            secrets.push(("the header of the client", basic(&id, &secret.into())));
        }
        // The one that is the same for everyone has no number.
        secrets.push(("an issued token", format!("{TOKEN}-")));
        secrets
    }

    /// This output has none of the secrets.
    pub(crate) fn expect_no_secret_in(&self, output: &[u8]) {
        for (name, secret) in self.secrets() {
            assert!(!holds(output, &secret), "{name} was printed");
        }
    }

    /// No file of a command has any of the secrets.
    fn expect_no_secret_in_files(&self) {
        let secrets = self.secrets();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(it) if it.is_dir() => folders.push(entry.path()),
                    // What is larger was made by a test, to be refused.
                    Ok(it) if it.is_file() && entry.metadata().is_ok_and(|it| it.len() <= WRITTEN_BYTES_MAX) => {
                        let bytes = fs::read(entry.path()).unwrap_or_default();
                        for (name, secret) in &secrets {
                            assert!(!holds(&bytes, secret), "{name} stands in {}", entry.path().display());
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// A command that was killed, or whose output was not read, has left files too.
impl Drop for Cli {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.expect_no_secret_in_files();
        }
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|it| it == secret.as_bytes())
}

impl Ran {
    /// Exactly this, and nothing on standard error.
    #[track_caller]
    pub(crate) fn prints(&self, code: i32, stdout: &str) {
        assert_eq!((self.code, self.stdout.as_str(), self.stderr.as_str()), (Some(code), stdout, ""));
    }

    /// Exactly this on standard error, and nothing on standard output.
    #[track_caller]
    pub(crate) fn complains(&self, code: i32, stderr: &str) {
        assert_eq!((self.code, self.stdout.as_str(), self.stderr.as_str()), (Some(code), "", stderr));
    }

    /// All three, for a snapshot.
    pub(crate) fn shown(&self) -> String {
        let Ran { code, stdout, stderr } = self;
        format!("exit {code:?}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
