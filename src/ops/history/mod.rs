//! A folder of reports: one file per writing run (`apply`, `undo`, `retire`), in one folder per org. Defines their
//! names.

use crate::model::observed::Organization;
use crate::model::run_metadata::RunMetadata;
use crate::model::slug::slug;

pub mod base;
pub mod baseline;
pub mod checkout;
pub mod commit_files;
pub mod evidence;
pub mod git_config;
pub mod log;
pub mod merged;
pub mod obsolete;
pub mod period;
pub mod reports;
pub mod sent;
pub mod stored;

/// The characters of a commit in a file name: enough to find it.
const COMMIT_CHARS: usize = 12;

/// The folder of an org: its name in the config, its own name, or its id. It is made valid as a file name. The report
/// itself identifies the org.
pub fn folder(metadata: &RunMetadata, org: Option<&Organization>) -> String {
    let names = [metadata.org_name.as_deref(), org.map(|it| it.name.as_str()), org.map(|it| it.id.as_str())];
    names.into_iter().flatten().find_map(slug).unwrap_or_else(|| "unknown".to_owned())
}

/// The file name: the start of the run, and the commit. `number` makes runs in the same second distinct.
pub fn file_name(metadata: &RunMetadata, number: u32) -> String {
    let commit = metadata.origin.commit.as_deref().and_then(slug);
    let commit = commit.map_or_else(|| "no-commit".to_owned(), |it| it.chars().take(COMMIT_CHARS).collect());
    let number = if number < 2 { String::new() } else { format!("-{number}") };
    format!("{}-{commit}{number}.json", metadata.began.compact())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::labels::Scope;
    use crate::model::moment::Moment;
    use crate::model::names::OrgId;
    use crate::model::run_metadata::Origin;

    #[test]
    fn names_are_names_on_every_disk_whatever_they_are_made_of() {
        let of = |org_name: Option<&str>, commit: Option<&str>| RunMetadata {
            began: Moment::from_unix_ms(1_764_000_000_000),
            ended: Moment::default(),
            client: None,
            origin: Origin { commit: commit.map(str::to_owned), ..Origin::default() },
            config: None,
            org_name: org_name.map(str::to_owned),
            only: None,
            default_locale: None,
            scope: Scope::All,
            break_glass: None,
            undoes: None,
        };
        let org = Organization { id: OrgId::new("22222222-bbbb").unwrap(), name: "Acme & Söhne".to_owned() };
        assert_eq!(folder(&of(Some("acme-prod"), None), Some(&org)), "acme-prod");
        assert_eq!(folder(&of(Some("../.."), None), Some(&org)), "acme-sohne");
        assert_eq!(folder(&of(None, None), None), "unknown");
        assert_eq!(file_name(&of(None, None), 1), "20251124T160000Z-no-commit.json");
        let commit = Some("1A2b3c4d5e6f7a8b9c0d");
        assert_eq!(file_name(&of(None, commit), 3), "20251124T160000Z-1a2b3c4d5e6f-3.json");
        assert_eq!(file_name(&of(None, Some("../x")), 1), "20251124T160000Z-x.json");
    }
}
