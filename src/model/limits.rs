//! How much is read of anything that comes from outside: files and answers. Anyone who reads foreign bytes stops here.
//!
//! Each is many times what real use needs, and small enough that the worst input of this size fits into memory: a
//! tree of JSON or YAML takes up to 32 times its text. `docs/threat-model.md` has them as a table.

use std::io::{self, Read};

/// All that is in it; None if that is more than so many bytes. A pipe does not say how long it is.
pub fn read_within(from: impl Read, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(u64::try_from(bytes.len()).is_ok_and(|it| it <= bytes_max).then_some(bytes))
}

/// Bytes of one file of a config: 10,000 definitions in 25 locales are about 10 MB.
pub const CONFIG_FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of all files of a config, and of a commit that `--base` names.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Files of a config, or of such a commit.
pub const CONFIG_FILES_MAX: usize = 10_000;
/// Bytes of a commit or tag of the config's repository.
pub const COMMIT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an object that another one of the repository is stored as the difference from.
pub const DIFFERENCE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of one folder of a commit: 250,000 files.
pub const FOLDER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of all folders of a commit that are looked at.
pub const FOLDERS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of the folders of a history that are kept at a time.
pub const FOLDERS_KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Files, folders and links of all folders of a commit that are looked at.
pub const ENTRIES_MAX: usize = 500_000;
/// Bytes of one path in a commit, or of where a link leads.
pub const PATH_BYTES_MAX: usize = 4 * 1024;
/// Bytes of the paths of all of them.
pub const ENTRY_PATHS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Commits that are looked at for when a config last changed, or for what a definition was before.
pub const COMMITS_MAX: usize = 10_000;
/// Bytes of the commits and folders of a history that are read for that.
pub const HISTORY_OBJECTS_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Bytes of all earlier versions of a config that are read to tell since when it asks what it asks, or what a
/// definition was before.
pub const EARLIER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of what Git says that is no object.
pub const GIT_ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of one answer of `gh` or `glab`: a page of 100 entries has 200 kB.
pub const FORGE_ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Pages of one list that `doctor --ci` reads: 2,000 entries.
pub const FORGE_PAGES_MAX: u32 = 20;
/// Bytes of one line: positions are counted from its beginning, for each finding anew.
pub const CONFIG_LINE_BYTES_MAX: usize = 64 * 1024;
/// Mappings and lists within one another. A config needs five levels.
pub const CONFIG_DEPTH_MAX: usize = 16;
/// Keys and values of all files of a config: 10,000 definitions in 25 locales are 600,000.
pub const CONFIG_VALUES_MAX: usize = 800_000;
/// Definitions of all orgs that are checked in one run: a layer counts for each org that uses it.
pub const CONFIG_ALL_DEFINITIONS_MAX: usize = 200_000;
/// Keys and values of all orgs that are checked in one run, counted in the same way.
pub const CONFIG_ALL_VALUES_MAX: usize = 6_000_000;
/// Items of `use` in all org files.
pub const CONFIG_USES_MAX: usize = 100_000;
/// Findings that are shown; beyond them they are counted.
pub const FINDINGS_SHOWN_MAX: usize = 1_000;
/// Other places that are shown beside one finding.
pub const NOTES_MAX: usize = 20;

/// Bytes of any answer, after decompression, but those of [`WHOLE_LIST_BYTES_MAX`]: a page of 100 definitions in 25
/// locales has 250 kB.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of the answer that is a whole list, as the second generation of the API gives it: 10,000 definitions in 25
/// locales are 25 MB.
pub const WHOLE_LIST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of all answers that make up one list: its pages, or all three looks of the second generation. 25,000
/// definitions in 25 locales, where an org that uses all the active ones it may have has about 300.
pub const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Labels in these answers, in all its looks together: 25,000 definitions in 25 locales have 625,000.
pub const LIST_LABELS_MAX: usize = 700_000;
pub const LIST_DEFINITIONS_MAX: usize = 200_000;
pub const DIVISIONS_MAX: usize = 5_000;
/// Values of an answer, or of one definition in a list, where an object or a list counts eight: as a tree each can take
/// a hundred bytes. A page of 30,000 people who are on a definition has 600,000.
pub const ANSWER_VALUES_MAX: usize = 2_000_000;
/// Pages of one list: 200,000 definitions.
pub const PAGES_MAX: usize = 2_000;
/// Bytes of all answers that say who is on a few definitions: 250,000 people. What goes on beyond it is cut, and the
/// number reads "at least".
pub const ACTIVITY_BYTES_MAX: usize = 64 * 1024 * 1024;
pub const ACTIVITY_PAGES_MAX: usize = 1_000;
/// Bytes of an answer that are looked at to learn why something failed. The platform's errors have less than a kB.
pub const ERROR_BYTES_MAX: usize = 1024 * 1024;
/// Characters that are kept of a message of another person's.
pub const MESSAGE_CHARS_MAX: usize = 300;

/// Bytes of a saved plan: 10,000 changes of 25 labels each are about 25 MB.
pub const SAVED_PLAN_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of a document that `combine` reads: a saved plan, a drift, a report or an error.
pub const COMBINED_DOCUMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of all of them: 250 orgs with a MiB each.
pub const COMBINED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Values of all of them, where an object or a list counts eight.
pub const COMBINED_VALUES_MAX: usize = 12_000_000;
/// Bytes of a report: the same.
pub const REPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Values of a saved plan or of a report, where an object or a list counts eight: 10,000 changes of 25 labels before
/// and after have 1,500,000.
pub const DOCUMENT_VALUES_MAX: usize = 3_000_000;
/// Files below a folder of reports.
pub const REPORTS_MAX: usize = 100_000;
/// Folders of reports within one another: there is one for each org.
pub const REPORT_FOLDERS_DEEP_MAX: usize = 8;
/// Rows that `log` shows: one object a run, for 50 years of 5 objects a day.
pub const LOG_ROWS_MAX: usize = 100_000;
/// Bytes of the text of these rows: of 9 labels before and after each, about 50,000 rows.
pub const LOG_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Names in these reports that `log` keeps, to suggest the nearest to one that was mistyped.
pub const LOG_NAMES_MAX: usize = 10_000;
/// Reports of one org that a run reads, the newest ones: the last five minutes matter most.
pub const KEPT_REPORTS_MAX: usize = 200;
/// Bytes of all reports that a run reads.
pub const HISTORY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of the summary of a step of GitHub Actions, which others write to as well: GitHub drops a longer one.
pub const STEP_SUMMARY_BYTES_MAX: u64 = 1023 * 1024;

/// Bytes of a list of users: 300,000 ids.
pub const USERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a file of certificates: a whole system's store is a fifth of it.
pub const CERTIFICATES_BYTES_MAX: u64 = 1024 * 1024;

/// Bytes of a spreadsheet with labels: 10,000 definitions in 25 locales are about 5 MB.
pub const SPREADSHEET_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Bytes of what is packed in it.
pub const SPREADSHEET_UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Cells of its sheets, empty ones that have a format too: 10,000 definitions in 25 locales, with suggestions.
pub const SPREADSHEET_CELLS_MAX: usize = 1_000_000;

/// Bytes of a Terraform state as `terraform show -json` prints it: 10,000 resources with 6 kB each.
pub const TERRAFORM_STATE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of the sandbox's state, and of the changes since it was written whole: 50,000 definitions in 25 locales.
pub const SANDBOX_STATE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Bytes of what a sandbox org begins with: 25,000 of them.
pub const SANDBOX_SEED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Values in a state or in what an org begins with, where an object or a list counts eight.
pub const SANDBOX_VALUES_MAX: usize = 5_000_000;
pub const SANDBOX_SEED_DEFINITIONS_MAX: usize = 100_000;
/// Bytes of the faults that the sandbox plays.
pub const SANDBOX_FAULTS_BYTES_MAX: u64 = 1024 * 1024;
pub const SANDBOX_RULES_MAX: usize = 10_000;
/// Bytes of a request to the sandbox.
pub const SANDBOX_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of a file that `init` or `import` completes or compares.
pub const PLACED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of memory that Git gets, on Linux: it reads some files of a repository whole.
pub const GIT_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Paths of one config that lead through links: each may be a long way.
pub const CONFIG_LINKED_PATHS_MAX: usize = 200;
/// Parts of all paths that are followed in a commit, links taken in.
pub const COMMIT_STEPS_MAX: usize = 2_000_000;
