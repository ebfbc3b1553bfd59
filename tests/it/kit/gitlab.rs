//! The jobs for GitLab, played as pipelines against a stand-in of its interface: see `play` for what is played.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod answers;
mod files;
mod forge;
mod hand;
mod many;
mod night;
mod one;
mod play;
mod review;
mod secrets;
mod undo;
mod zipped;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

use presencectl::sandbox::SandboxConfig;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::forge::{HERE, JOB_TOKEN, Project, TOKEN};
use self::play::{Played, Start};
use super::drift::git_in;
use super::github::Server;
use crate::cli::server::Org;

/// A project whose config has orgs, the orgs, and a runner.
pub(super) struct World {
    folder: TempDir,
    project: Arc<Mutex<Project>>,
    server: Server,
    orgs: BTreeMap<String, Org>,
    /// The variables of each environment.
    secrets: BTreeMap<String, BTreeMap<String, String>>,
    number: Cell<u64>,
}

/// An org file.
pub(super) fn org_file(name: &str, more: &str) -> String {
    format!("version: 1\norg: {{ name: {name}{more} }}\nuse: [../base]\n")
}

/// What all orgs have.
pub(super) fn base(definitions: &[&str]) -> String {
    let definitions: Vec<String> = definitions
        .iter()
        .map(|label| {
            let key = label.to_lowercase().replace(|it: char| !it.is_ascii_alphanumeric(), "-");
            let label = serde_json::to_string(label).unwrap();
            format!("  k{key}:\n    systemPresence: Meal\n    labels: {{ en_US: {label} }}\n")
        })
        .collect();
    format!("version: 1\nsettings: {{ defaultLocale: en_US }}\ndefinitions:\n{}", definitions.concat())
}

/// The search path of this machine.
#[expect(clippy::disallowed_methods, reason = "the shell of a job finds its tools there")]
fn search_path() -> String {
    std::env::var("PATH").unwrap()
}

const SYSTEM: [&str; 10] =
    ["Available", "Away", "Break", "Busy", "Idle", "Meal", "Meeting", "Offline", "On Queue", "Training"];

/// Plays `presencectl combine` where this presencectl has none: names the documents, and which are missing.
const COMBINE: &str = r#"
[[ $1 == combine ]] && ! 'REAL' combine --help >/dev/null 2>&1 || exec 'REAL' "$@"
shift 2
status=0 shown=''
while (($#)); do
    case $1 in
        *.json) shown+="$(jq -r '"\(.kind) \([.. | .key? | strings] | unique | join(" "))"' "$1") ${1##*/}"$'\n' ;;
        --expect)
            shift
            [[ -z $1 || -s .presencectl/ci/legs/$1.json ]] || status=1 shown+="$1: missing"$'\n'
            ;;
        markdown=*) out=${1#*=} ;;
    esac
    shift
done
printf '%s' "${shown:-No org is affected.}" | tee "$out"
exit $status
"#;

impl World {
    /// With orgs of the config, none of which holds anything.
    fn new(names: &[&str]) -> World {
        World::of(names.iter().map(|it| ((*it).to_owned(), Org::start(SandboxConfig::default()))).collect())
    }

    fn of(orgs: BTreeMap<String, Org>) -> World {
        let project = Arc::new(Mutex::new(Project::default()));
        let server = forge::start(&project);
        let mut world = World {
            folder: TempDir::new().unwrap(),
            project,
            server,
            orgs,
            secrets: BTreeMap::new(),
            number: Cell::new(1000),
        };
        for name in ["origin", "bin", "builds", "artifacts"] {
            fs::create_dir(world.path(name)).unwrap();
        }
        world.executable("apk", "exit 0\n");
        world.executable("presencectl", &COMBINE.replace("REAL", env!("CARGO_BIN_EXE_presencectl")));
        for (name, org) in &world.orgs {
            let of = |client: &str| {
                let variables = [
                    ("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client"),
                    ("GENESYSCLOUD_OAUTHCLIENT_SECRET", secrets::ORG),
                    ("PRESENCECTL_BASE_URL", &org.url),
                ];
                let variables =
                    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                (format!("presence-{client}/{name}"), variables)
            };
            world.secrets.extend([of("plan"), of("apply")]);
        }
        world
            .secrets
            .insert("presence-bot".to_owned(), BTreeMap::from([("GITLAB_TOKEN".to_owned(), TOKEN.to_owned())]));
        world.git(&["init", "--quiet"]);
        world.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        for name in [".gitlab-ci.yml", "presencectl.sh"] {
            let text = fs::read_to_string(example(name)).unwrap();
            world.write(name, &text.replace("GROUP/PROJECT # Set", "acme/presences # Set"));
        }
        world.write("presences/base/all.yaml", &base(&["Lunch"]));
        for name in world.orgs.keys() {
            world.write(&format!("presences/orgs/{name}.yaml"), &org_file(name, ""));
        }
        world.commit();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn project(&self) -> MutexGuard<'_, Project> {
        self.project.lock().unwrap()
    }

    fn next_id(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.path("origin"), arguments)
    }

    /// A file of the branch that is checked out.
    fn write(&self, name: &str, text: &str) {
        let path = self.path("origin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn executable(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "presences"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A commit of the default branch that came by no merge request.
    fn pushed(&self, edit: impl FnOnce()) -> Start {
        edit();
        Start { source: "push", commit: self.commit(), ..Start::default() }
    }

    /// A new commit of a merge request, which is made if there is none.
    fn proposed(&self, iid: u64, edit: impl FnOnce()) -> Start {
        let branch = format!("change-{iid}");
        let base = self.git(&["rev-parse", "main"]);
        if !self.project().merge_requests.contains_key(&iid) {
            self.git(&["branch", &branch]);
        }
        self.git(&["checkout", "--quiet", &branch]);
        edit();
        let head = self.commit();
        self.git(&["checkout", "--quiet", "main"]);
        let request =
            json!({ "iid": iid, "sha": head, "state": "opened", "target_branch": "main", "target_project_id": HERE });
        self.project().merge_requests.insert(iid, request);
        Start { source: "merge_request_event", commit: head, merge_request: Some((iid, base)), ..Start::default() }
    }

    /// What the merge of a merge request starts.
    fn merged(&self, iid: u64) -> Start {
        self.git(&["merge", "--quiet", "--no-ff", "--message", "merged", &format!("change-{iid}")]);
        let commit = self.git(&["rev-parse", "HEAD"]);
        let mut project = self.project();
        let request = project.merge_requests.get_mut(&iid).unwrap();
        request["state"] = json!("merged");
        request["commits"] = json!([commit, request["sha"]]);
        Start { source: "push", commit, ..Start::default() }
    }

    /// A change of a file that is reviewed, merged and applied.
    fn done(&self, iid: u64, file: &str, text: &str) -> [Played; 2] {
        let plan = self.play(&self.proposed(iid, || self.write(file, text)));
        let apply = self.play(&self.merged(iid));
        [plan, apply]
    }

    fn scheduled(&self) -> Start {
        Start { source: "schedule", commit: self.git(&["rev-parse", "main"]), ..Start::default() }
    }

    fn by_hand(&self, org: &str) -> Start {
        let commit = self.git(&["rev-parse", "main"]);
        Start { source: "web", commit, typed: vec![("ORG", org.to_owned())], ..Start::default() }
    }

    /// A pipeline of a merge train: GitLab runs it for what will be merged, and names the head of the merge request beside it.
    fn train(&self, iid: u64) -> Start {
        let main = self.git(&["rev-parse", "main"]);
        let head = self.project().merge_requests[&iid]["sha"].as_str().unwrap().to_owned();
        let commit = self.git(&["commit-tree", &format!("{head}^{{tree}}"), "-p", &main, "-p", &head, "-m", "train"]);
        let typed = vec![
            ("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train".to_owned()),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", main.clone()),
        ];
        Start { source: "merge_request_event", commit, merge_request: Some((iid, main)), typed, ..Start::default() }
    }

    /// A push of what the default branch has.
    fn pushed_as_it_is(&self) -> Start {
        Start { source: "push", ..self.scheduled() }
    }

    /// A person edits the labels of a definition in the org's admin page.
    fn edited(&self, org: &str, label: &str, labels: &Value) {
        let all = self.definitions(org);
        let found = all.iter().find(|it| it["labels"]["en_US"] == label).unwrap();
        let body = json!({ "languageLabels": labels, "systemPresence": found["systemPresence"], "deactivated": false });
        self.orgs[org].admin("PUT", &format!("/api/v2/presencedefinitions/{}", found["id"].as_str().unwrap()), &body);
    }

    /// What an org holds.
    fn definitions(&self, org: &str) -> Vec<Value> {
        // A world may lack the one or the other.
        let of = |what: &str| self.secrets.get(&format!("presence-{what}/{org}"));
        let variables = of("plan").or_else(|| of("apply")).unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_presencectl"))
            .args(["show", "--output", "json", "--base-url", &self.orgs[org].url])
            .env_clear()
            .envs(variables)
            .output()
            .unwrap();
        let shown: Value = serde_json::from_slice(&ran.stdout).unwrap();
        shown["definitions"].as_array().unwrap().clone()
    }

    /// The labels of what an org holds beside its system presences, sorted.
    fn labels(&self, org: &str) -> Vec<String> {
        let definitions = self.definitions(org);
        let mut labels: Vec<String> =
            definitions.iter().filter_map(|it| it["labels"]["en_US"].as_str().map(str::to_owned)).collect();
        labels.retain(|it| !SYSTEM.contains(&it.as_str()));
        labels.sort();
        labels
    }

    fn writes(&self, org: &str) -> usize {
        let requests = self.orgs[org].requests();
        requests.iter().filter(|it| it.starts_with("POST /api") || it.starts_with("PUT /api")).count()
    }

    /// Runs the script of a job, without the download of the release.
    fn shell(&self, checkout: &Path, job: &Value, variables: &BTreeMap<String, String>) -> (i32, String) {
        let lines = [&job["before_script"], &job["script"]].into_iter().filter_map(Value::as_array).flatten();
        let lines: Vec<&str> = lines.map(|it| it.as_str().unwrap()).collect();
        let scripts = self.path(&format!("builds/bin-{}", variables["CI_JOB_ID"]));
        fs::create_dir(&scripts).unwrap();
        let text = lines.join("\n").replace("/usr/local/bin/", &format!("{}/", scripts.display()));
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &text]).current_dir(checkout);
        let machine = search_path();
        command.env_clear().env("PATH", format!("{}:{machine}", self.path("bin").display()));
        command.env("HOME", self.folder.path()).env("KIT_BIN", self.path("bin")).envs(variables);
        let ran = command.output().unwrap();
        let log = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        secrets::none_in(&log);
        assert!(!log.contains('\x1b'), "{log:?}");
        (ran.status.code().unwrap(), log)
    }

    /// Keeps the artifacts of a job where GitLab's interface has them.
    fn keep(&self, job: u64, folder: &Path) {
        secrets::none_below(folder);
        self.project().archives.insert(job, zipped::folder(folder));
    }

    /// Starts the job `apply` of an org, as it runs after a merge.
    pub(super) fn start_apply(org: Org) -> (World, Child, PathBuf) {
        let world = World::of(BTreeMap::from([("acme".to_owned(), org)]));
        let checkout = world.path("builds/apply");
        world.git(&["clone", "--quiet", ".", checkout.to_str().unwrap()]);
        let commit = world.git(&["rev-parse", "HEAD"]);
        let plan = checkout.join(".presencectl/ci/known/acme");
        fs::create_dir_all(&plan).unwrap();
        let variables = &world.secrets["presence-apply/acme"];
        let ran = Command::new(env!("CARGO_BIN_EXE_presencectl"))
            .args(["plan", "presences", "--output"])
            .arg(format!("json={}", plan.join("0001.json").display()))
            .env_clear()
            .envs(variables)
            .current_dir(&checkout)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,TERM", "bash", "--noprofile", "--norc"]).arg(example("presencectl.sh"));
        command.arg("apply").current_dir(&checkout).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_clear().env("PATH", search_path()).envs(variables);
        command.env("HOME", world.folder.path()).env("KIT_BIN", world.path("bin"));
        for (name, value) in [
            ("CI_API_V4_URL", world.server.url.as_str()),
            ("CI_PROJECT_ID", "5"),
            ("CI_COMMIT_SHA", &commit),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_JOB_ID", "7"),
            ("CI_JOB_TOKEN", JOB_TOKEN),
            ("CI_PROJECT_DIR", checkout.to_str().unwrap()),
            ("CONFIG", "presences"),
            ("KIT_ORG", "acme"),
            ("KIT_BY_HAND", "false"),
        ] {
            command.env(name, value);
        }
        (world, command.spawn().unwrap(), checkout.join(".presencectl/ci/reports/acme"))
    }

    pub(super) fn org(&self, name: &str) -> &Org {
        &self.orgs[name]
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitlab-ci").join(name)
}
