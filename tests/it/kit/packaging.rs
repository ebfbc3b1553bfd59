//! What a release is made of, as far as a test can make it: the archives, their sums and SBOM, and what installs from
//! them; and what is handed to other tools as a file, the hook and the image.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::github::Github;
use super::steps::{Runner, Step, config, definition, skipped};
use super::workflow::yaml;

const LINUX: &str = "x86_64-unknown-linux-musl";
const WINDOWS: &str = "x86_64-pc-windows-msvc";

/// A checkout, and stand-ins for the tools of a machine that builds, which keep what they were asked.
fn checkout(github: &Github) -> Runner {
    let runner = Runner::new(github)
        .with("GITHUB_REF_NAME", "v0.1.0")
        .with("PRESENCECTL_REPOSITORY", "maker/presencectl")
        .with("PRESENCECTL_VERSION", "0.1.0");
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        runner.write(name, name);
    }
    runner.write("../metadata.json", &metadata().to_string());
    let cargo = r#"echo "cargo $* ${RUSTFLAGS:-}" >>../asked
        case $1 in
            metadata) cat ../metadata.json ;;
            build)
                mkdir -p "target/$TARGET/dist"
                name=presencectl
                [[ $TARGET != *-windows-* ]] || name=presencectl.exe
                printf '#!/bin/sh\necho built\n' >"target/$TARGET/dist/$name"
                chmod 755 "target/$TARGET/dist/$name"
                ;;
        esac"#;
    runner.stand_in("cargo", cargo);
    for name in ["rustup", "sudo"] {
        runner.stand_in(name, &format!("echo \"{name} $*\" >>../asked\n"));
    }
    runner
}

/// What cargo says of an executable that uses one crate, which uses another; of one that builds it, one that tests it,
/// and a macro with a crate of its own.
fn metadata() -> Value {
    let package = |name: &str, kind: &str| json!({ "id": name, "name": name, "version": "0.1.0", "license": "MIT/Apache-2.0", "targets": [{ "kind": [kind] }] });
    let node = |name: &str, uses: &[(&str, &[Value])]| {
        let edge = |(name, kinds): &(&str, &[Value])| json!({ "pkg": name, "dep_kinds": kinds.iter().map(|it| json!({ "kind": it })).collect::<Vec<_>>() });
        json!({ "id": name, "deps": uses.iter().map(edge).collect::<Vec<_>>() })
    };
    let normal: &[Value] = &[Value::Null];
    let (build, dev, both): (&[Value], &[Value], &[Value]) =
        (&[json!("build")], &[json!("dev")], &[json!("build"), Value::Null]);
    json!({
        "packages": [package("presencectl", "bin"), package("used", "lib"), package("below", "lib"), package("builds", "lib"),
                     package("tests", "lib"), package("macro", "proc-macro"), package("of-macro", "lib")],
        "resolve": { "root": "presencectl", "nodes": [
            node("presencectl", &[("used", normal), ("builds", build), ("tests", dev), ("macro", normal)]),
            node("used", &[("below", both)]), node("below", &[("builds", build)]), node("builds", &[("tests", normal)]),
            node("tests", &[]), node("macro", &[("of-macro", normal)]), node("of-macro", &[]),
        ] },
    })
}

fn built(runner: &mut Runner, target: &str) -> Step {
    runner.set("TARGET", target);
    runner.run("../.github/release/build.sh", &[])
}

fn shell(runner: &Runner, text: &str) -> String {
    let ran = Command::new("bash").args(["-ec", text]).current_dir(runner.path("repository")).output().unwrap();
    assert!(ran.status.success(), "{text}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn an_archive_holds_the_executable_with_its_licences() {
    if skipped() {
        return;
    }
    let github = Github::start();
    for (target, executable, asked) in [
        (
            LINUX,
            "presencectl",
            &["sudo apt-get install -qy musl-tools", "rustup target add x86_64-unknown-linux-musl"][..],
        ),
        ("aarch64-apple-darwin", "presencectl", &["rustup target add aarch64-apple-darwin"]),
        // The C library of Windows is in it.
        (WINDOWS, "presencectl.exe", &["-C target-feature=+crt-static"]),
    ] {
        let mut runner = checkout(&github);
        built(&mut runner, target).succeeds();
        let listed = shell(&runner, &format!("tar -tzf presencectl-{target}.tar.gz"));
        let names: BTreeSet<&str> =
            listed.lines().map(|it| it.trim_start_matches("./")).filter(|it| !it.is_empty()).collect();
        assert_eq!(names, BTreeSet::from(["LICENSE-APACHE", "LICENSE-MIT", "README.md", executable]), "{target}");
        let told = fs::read_to_string(runner.path("asked")).unwrap();
        assert!(told.contains(&format!("cargo build --profile dist --locked --target {target}")), "{told}");
        for it in asked {
            assert!(told.contains(it), "{target}: {it}\n{told}");
        }
        assert_eq!(told.contains("sudo"), target == LINUX, "{told}");
        assert_eq!(told.contains("crt-static"), target == WINDOWS, "{told}");
        // The same again gives the same bytes.
        let sum = format!("sha256sum presencectl-{target}.tar.gz");
        let first = shell(&runner, &sum);
        shell(&runner, "rm -r pack");
        built(&mut runner, target).succeeds();
        assert_eq!(shell(&runner, &sum), first);
    }
}

#[test]
fn a_tag_that_is_not_the_version_is_not_built() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let mut runner = checkout(&github).with("GITHUB_REF_NAME", "v0.2.0");
    built(&mut runner, LINUX).fails("the tag is v0.2.0, and Cargo.toml says 0.1.0");
    assert!(!fs::read_to_string(runner.path("asked")).unwrap().contains("build"));
}

#[test]
fn the_sums_are_of_the_archives_and_the_sbom_of_what_is_built_into_them() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let mut runner = checkout(&github);
    shell(&runner, "mkdir release");
    runner.run("../.github/release/sums.sh", &["release"]).fails("there is no archive in release");
    for target in [LINUX, WINDOWS] {
        built(&mut runner, target).succeeds();
        shell(&runner, &format!("rm -r pack && mv presencectl-{target}.tar.gz release/"));
    }
    runner.run("../.github/release/sums.sh", &["release"]).succeeds();
    let checked = shell(&runner, "cd release && sha256sum -c SHA256SUMS");
    assert_eq!(checked, format!("presencectl-{WINDOWS}.tar.gz: OK\npresencectl-{LINUX}.tar.gz: OK\n"));
    let told = fs::read_to_string(runner.path("asked")).unwrap();
    let platforms = format!("--filter-platform {WINDOWS} --filter-platform {LINUX}");
    assert!(told.contains(&platforms), "{told}");
    let sbom: Value =
        serde_json::from_str(&fs::read_to_string(runner.path("repository/release/presencectl.cdx.json")).unwrap())
            .unwrap();
    let component = |name: &str| {
        let purl = format!("pkg:cargo/{name}@0.1.0");
        json!({ "type": "library", "bom-ref": purl, "name": name, "version": "0.1.0", "purl": purl,
                "licenses": [{ "expression": "MIT OR Apache-2.0" }] })
    };
    assert_eq!(sbom["components"], json!([component("below"), component("used")]));
    let purl = |name: &str| format!("pkg:cargo/{name}@0.1.0");
    assert_eq!(
        sbom["dependencies"],
        json!([
            { "ref": purl("below"), "dependsOn": [] },
            { "ref": purl("presencectl"), "dependsOn": [purl("used")] },
            { "ref": purl("used"), "dependsOn": [purl("below")] },
        ])
    );
    assert_eq!(
        (&sbom["bomFormat"], &sbom["metadata"]["component"]["name"]),
        (&json!("CycloneDX"), &json!("presencectl"))
    );
}

#[test]
fn the_sbom_of_this_project_names_what_is_in_it_and_no_tool() {
    if skipped() {
        return;
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let os = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-gnu" };
    let platform = format!("{}-{os}", std::env::consts::ARCH);
    let mut cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &platform])
        .current_dir(project)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let filter = project.join(".github/release/sbom.jq");
    let made = Command::new("jq").arg("--from-file").arg(filter).stdin(cargo.stdout.take().unwrap()).output().unwrap();
    assert!(cargo.wait().unwrap().success() && made.status.success());
    let sbom: Value = serde_json::from_slice(&made.stdout).unwrap();
    let names: BTreeSet<&str> =
        sbom["components"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    for built_in in ["serde_json", "tokio", "reqwest", "rustls", "aws-lc-rs", "aws-lc-sys"] {
        assert!(names.contains(built_in), "{built_in}");
    }
    let tools =
        ["cc", "cmake", "jobserver", "insta", "proptest", "criterion", "syn", "quote", "proc-macro2", "serde_derive"];
    for tool in tools.into_iter().chain(["wasm-bindgen", "windows-sys", "windows_x86_64_msvc"]) {
        assert!(!names.contains(tool), "{tool}");
    }
}

#[test]
fn the_job_for_gitlab_installs_what_agrees_with_its_sum() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let mut runner = checkout(&github);
    built(&mut runner, LINUX).succeeds();
    shell(&runner, "mkdir release && mv presencectl-*.tar.gz release/ && rm -r pack");
    runner.run("../.github/release/sums.sh", &["release"]).succeeds();
    let script = "echo \"$@\" >>../asked\nwhile (($#)); do [[ $1 != --output ]] || out=$2; url=$1; shift; done\n\
                  cp \"release/${url##*/}\" \"$out\"\n";
    runner.stand_in("curl", script);
    let job = "../examples/gitlab-ci/presencectl.sh";
    let archive = format!("presencectl-{LINUX}.tar.gz");
    runner.set("KIT_BIN", runner.path("temp").to_str().unwrap());
    // Files of the checkout with the names of those of the archive stay as they are.
    shell(&runner, "mkdir presencectl && echo ours >README.md");
    let installed = |runner: &Runner| runner.path("temp/presencectl").exists();
    let sums = fs::read_to_string(runner.path("repository/release/SHA256SUMS")).unwrap();
    // No one but the release itself says what its sums are: one is given, or nothing is installed.
    for none in ["", "SHA256SUMS", &"A".repeat(64)] {
        runner.set("PRESENCECTL_SHA256", none);
        runner.run(job, &["install"]).fails("PRESENCECTL_SHA256 is no SHA-256");
        assert!(!installed(&runner));
    }
    runner.set("PRESENCECTL_SHA256", &sums[..64]);
    runner.run(job, &["install"]).succeeds();
    let ran = shell(&runner, "../temp/presencectl; rm ../temp/presencectl; cat README.md; ls -d README.md presencectl");
    assert_eq!(ran, "built\nours\nREADME.md\npresencectl\n");
    let asked = fs::read_to_string(runner.path("asked")).unwrap();
    assert!(
        asked.contains(&format!("https://github.com/maker/presencectl/releases/download/v0.1.0/{archive}")),
        "{asked}"
    );
    runner.set("PRESENCECTL_SHA256", &"1".repeat(64));
    runner.run(job, &["install"]).fails("FAILED");
    assert!(!installed(&runner));
}

#[test]
fn the_hook_validates_the_config_and_nothing_else() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github);
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    assert_eq!(
        (&hook["language"], &hook["pass_filenames"]),
        (&json!("system"), &json!(false)),
        "no file is handed to it"
    );
    // What starts it is what it looks at.
    assert_eq!((&hook["files"], &hook["args"]), (&json!("^presences/"), &json!(["presences"])));
    let run = |arguments: &[&str]| {
        let entry = hook["entry"].as_str().unwrap().split(' ');
        let given = hook["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
        let arguments: Vec<&str> = if arguments.is_empty() { given.collect() } else { arguments.to_vec() };
        let line = entry.chain(arguments).collect::<Vec<_>>().join(" ");
        runner.shell(&line, Path::new("."), &std::collections::BTreeMap::new())
    };
    let link = format!("ln -s '{}' ../presencectl", env!("CARGO_BIN_EXE_presencectl"));
    shell(&runner, &link);
    runner.stand_in("presencectl", "exec ../presencectl \"$@\"\n");
    runner.write("docker-compose.yml", "services: {}\n");
    runner.write(".pre-commit-config.yaml", "repos: []\n");
    runner.write("presences/p.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    run(&[]).succeeds();
    // As its page says: the whole repository is no config.
    run(&["."]).fails("docker-compose.yml");
    runner.write("presences/p.yaml", &config(&[definition("lunch", "Mael", "Lunch")]));
    run(&[]).fails("presences/p.yaml:5:");
}

#[test]
fn the_image_runs_as_nobody_and_holds_what_the_release_puts_there() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(project.join("Containerfile")).unwrap();
    let instructions: Vec<Vec<&str>> = text
        .lines()
        .filter(|it| !it.starts_with('#') && !it.is_empty())
        .map(|it| it.split_whitespace().filter(|it| !it.starts_with("--")).collect())
        .collect();
    let of =
        |name: &str| -> Vec<&[&str]> { instructions.iter().filter(|it| it[0] == name).map(|it| &it[1..]).collect() };
    assert_eq!(of("FROM"), [["scratch"]]);
    let (user, group) = of("USER")[0][0].split_once(':').unwrap();
    assert!(user.parse::<u32>().unwrap() > 0 && group.parse::<u32>().unwrap() > 0, "not root");
    assert_eq!(of("RUN"), [[""; 0]; 0], "there is no shell in it");
    let release = fs::read_to_string(project.join(".github/release/image.sh")).unwrap();
    let mut copied = Vec::new();
    for it in of("COPY") {
        let [from, to] = it else { unreachable!("{it:?}") };
        copied.push(*to);
        let made = if from.contains("${TARGETARCH}") {
            "-C \"dist/$architecture\" ./presencectl"
        } else {
            "ca-certificates.crt dist/"
        };
        assert!(release.contains(made), "{from} is put there by image.sh");
    }
    assert_eq!(copied, ["/etc/ssl/certs/ca-certificates.crt", "/presencectl"]);
    assert_eq!(of("ENTRYPOINT"), [[r#"["/presencectl"]"#]], "and that is what it runs");
}
