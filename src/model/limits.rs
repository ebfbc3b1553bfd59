//! Limits on everything that is read from outside: files and API responses. Each reader of untrusted bytes enforces
//! one.
//!
//! Each limit is many times the real need, and small enough that the worst input of this size fits into memory. A JSON
//! or YAML tree takes up to 32 times its text. `docs/limits.md` lists them.

use std::io::{self, Read};

/// Reads everything, or returns `None` if it is longer than the limit. The length of a pipe is not known in advance.
pub fn read_within(from: impl Read, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(u64::try_from(bytes.len()).is_ok_and(|it| it <= bytes_max).then_some(bytes))
}

/// Bytes in one file of a config: 10,000 definitions in 25 locales are about 10 MB.
pub const CONFIG_FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes in all files of a config, and in a commit that `--base` names.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Files in a config, or in such a commit.
pub const CONFIG_FILES_MAX: usize = 10_000;
/// Bytes in a commit or tag of the config's repository.
pub const COMMIT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes in a Git object that is the base of a delta.
pub const DIFFERENCE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes in one folder of a commit: 250,000 files.
pub const FOLDER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes in all folders that are read from a commit.
pub const FOLDERS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes in the folders of a history that are kept in memory.
pub const FOLDERS_KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Files, folders and links in all folders that are read from a commit.
pub const ENTRIES_MAX: usize = 500_000;
/// Bytes in one path of a commit, or in the target of a link.
pub const PATH_BYTES_MAX: usize = 4 * 1024;
/// Bytes in all these paths.
pub const ENTRY_PATHS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Commits that are searched for the last change of a config, or for an earlier state of a definition.
pub const COMMITS_MAX: usize = 10_000;
/// Bytes in the commits and folders of a history that are read for that search.
pub const HISTORY_OBJECTS_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Bytes in all earlier versions of a config that are read to date a change or to find an earlier state.
pub const EARLIER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes in Git output that is not an object.
pub const GIT_ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Bytes in one answer of `gh` or `glab`: a page of 100 entries has 200 kB.
pub const FORGE_ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Pages in one list that `doctor --ci` reads: 2,000 entries.
pub const FORGE_PAGES_MAX: u32 = 20;
/// Bytes in one line. Each finding counts its column from the start of the line.
pub const CONFIG_LINE_BYTES_MAX: usize = 64 * 1024;
/// Nesting of mappings and lists. A config needs five levels.
pub const CONFIG_DEPTH_MAX: usize = 16;
/// Keys and values in all files of a config: 10,000 definitions in 25 locales are 600,000.
pub const CONFIG_VALUES_MAX: usize = 800_000;
/// Definitions in all orgs that one run checks. A layer counts for each org that uses it.
pub const CONFIG_ALL_DEFINITIONS_MAX: usize = 200_000;
/// Keys and values in all orgs that one run checks, counted in the same way.
pub const CONFIG_ALL_VALUES_MAX: usize = 6_000_000;
/// Items of `use` in all org files.
pub const CONFIG_USES_MAX: usize = 100_000;
/// Findings that are shown. Further ones are only counted.
pub const FINDINGS_SHOWN_MAX: usize = 1_000;
/// Related places that are shown with one finding.
pub const NOTES_MAX: usize = 20;

/// Bytes in an API response after decompression, except for [`WHOLE_LIST_BYTES_MAX`]. A page of 100 definitions in 25
/// locales has 250 kB.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes in a response that is a whole list, as the second generation of the API returns it: 10,000 definitions in 25
/// locales are 25 MB.
pub const WHOLE_LIST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes in all responses of one list: its pages, or all three reads of the second generation.
/// This is enough for 25,000 definitions in 25 locales. An org that uses every allowed active definition has about 300.
pub const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Labels in these responses, in all reads together: 25,000 definitions in 25 locales have 625,000.
pub const LIST_LABELS_MAX: usize = 700_000;
pub const LIST_DEFINITIONS_MAX: usize = 200_000;
pub const DIVISIONS_MAX: usize = 5_000;
/// Values in a response, or in one definition of a list. An object or list counts eight, because each can take a
/// hundred bytes as a tree.
/// A page of 30,000 people with a definition has 600,000.
pub const ANSWER_VALUES_MAX: usize = 2_000_000;
/// Pages of one list: 200,000 definitions.
pub const PAGES_MAX: usize = 2_000;
/// Bytes in all responses about the people with a few definitions: 250,000 people. The rest is cut, and the number
/// reads "at least".
pub const ACTIVITY_BYTES_MAX: usize = 64 * 1024 * 1024;
pub const ACTIVITY_PAGES_MAX: usize = 1_000;
/// Bytes that are read from an error response. The platform's errors have less than 1 kB.
pub const ERROR_BYTES_MAX: usize = 1024 * 1024;
/// Characters that are kept of a foreign message.
pub const MESSAGE_CHARS_MAX: usize = 300;

/// Bytes in a saved plan: 10,000 changes of 25 labels each are about 25 MB.
pub const SAVED_PLAN_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes in a document that `combine` reads: a saved plan, a drift, a report or an error.
pub const COMBINED_DOCUMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes in all these documents: 250 orgs with 1 MiB each.
pub const COMBINED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Values in all these documents. An object or list counts eight.
pub const COMBINED_VALUES_MAX: usize = 12_000_000;
/// Bytes in a report, like those in a saved plan.
pub const REPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Values in a saved plan or report. An object or list counts eight: 10,000 changes of 25 labels before and after have
/// 1,500,000.
pub const DOCUMENT_VALUES_MAX: usize = 3_000_000;
/// Files below a folder of reports.
pub const REPORTS_MAX: usize = 100_000;
/// Nesting of report folders. There is one folder per org.
pub const REPORT_FOLDERS_DEEP_MAX: usize = 8;
/// Rows that `log` shows, one per object and run: 50 years of 5 objects a day.
pub const LOG_ROWS_MAX: usize = 100_000;
/// Bytes of text in these rows: about 50,000 rows of 9 labels before and after.
pub const LOG_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Names in these reports that `log` keeps, to suggest the nearest one for a typo.
pub const LOG_NAMES_MAX: usize = 10_000;
/// Reports of one org that a run reads, newest first. The last five minutes matter most.
pub const KEPT_REPORTS_MAX: usize = 200;
/// Bytes in all reports that a run reads.
pub const HISTORY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes in the step summary of GitHub Actions, which other steps write to as well. GitHub drops a longer one.
pub const STEP_SUMMARY_BYTES_MAX: u64 = 1023 * 1024;

/// Bytes in a list of users: 300,000 ids.
pub const USERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes in a file of certificates. The store of a whole system has a fifth of that.
pub const CERTIFICATES_BYTES_MAX: u64 = 1024 * 1024;

/// Bytes in a spreadsheet with labels: 10,000 definitions in 25 locales are about 5 MB.
pub const SPREADSHEET_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Bytes in its unpacked content.
pub const SPREADSHEET_UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Cells in its sheets, including empty formatted ones: 10,000 definitions in 25 locales, with suggestions.
pub const SPREADSHEET_CELLS_MAX: usize = 1_000_000;

/// Bytes in a Terraform state as `terraform show -json` prints it: 10,000 resources with 6 kB each.
pub const TERRAFORM_STATE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes in the sandbox's state and in its log of later changes: 50,000 definitions in 25 locales.
pub const SANDBOX_STATE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Bytes in the seed of a sandbox org: 25,000 of them.
pub const SANDBOX_SEED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Values in a state or a seed. An object or list counts eight.
pub const SANDBOX_VALUES_MAX: usize = 5_000_000;
pub const SANDBOX_SEED_DEFINITIONS_MAX: usize = 100_000;
/// Bytes in the sandbox's file of faults.
pub const SANDBOX_FAULTS_BYTES_MAX: u64 = 1024 * 1024;
pub const SANDBOX_RULES_MAX: usize = 10_000;
/// Bytes in a request to the sandbox.
pub const SANDBOX_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Bytes in a file that `init` or `import` completes or compares.
pub const PLACED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of memory for Git on Linux, because Git reads some files of a repository whole.
pub const GIT_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Paths of one config that lead through links, because each can be long.
pub const CONFIG_LINKED_PATHS_MAX: usize = 200;
/// Components of all paths that are followed in a commit, including links.
pub const COMMIT_STEPS_MAX: usize = 2_000_000;
