// A repository with its orgs, and what people do: propose, merge, start by hand.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FORK, GitHub, HERE } from "./github.mjs";
import { Orgs } from "./orgs.mjs";
import { World } from "./runner.mjs";

export class Scene {
  static async start({ project, presencectl, orgs, stages = [], called }) {
    const scene = new Scene();
    scene.folder = mkdtempSync(join(tmpdir(), "presencectl-kit-"));
    scene.work = join(scene.folder, "work");
    const origin = join(scene.folder, "origin.git");
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", origin]);
    execFileSync("git", ["-C", origin, "config", "uploadpack.allowAnySHA1InWant", "true"]);
    execFileSync("git", ["clone", "--quiet", origin, scene.work], { stdio: "ignore" });
    scene.git("symbolic-ref", "HEAD", "refs/heads/main");
    scene.github = new GitHub(origin);
    scene.orgs = new Orgs(presencectl);
    await Promise.all([scene.github.start(), scene.orgs.start()]);
    scene.world = new World({ project, folder: scene.folder, github: scene.github, presencectl, called });
    let number = 1;
    await Promise.all(orgs.map(async (name) => {
      const at = number++;
      const { id, base, secret } = await scene.orgs.add(name, at);
      scene.world.canaries.push(secret);
      for (const kind of ["plan", "apply"]) {
        scene.github.environment(`presence-${kind}-${name}`);
        scene.world.environments[`presence-${kind}-${name}`] = {
          vars: { GENESYSCLOUD_OAUTHCLIENT_ID: "sandbox-client", GENESYSCLOUD_REGION: "" }, secrets: { GENESYSCLOUD_OAUTHCLIENT_SECRET: secret }, extra: { PRESENCECTL_BASE_URL: base },
        };
      }
      scene.ids = { ...scene.ids, [name]: id };
    }));
    for (const it of stages.length ? stages.map((it) => `presence-approve-${it}`) : ["presence-approve"]) scene.world.environments[it] = {};
    scene.presencectl = presencectl;
    return scene;
  }

  // The workflows as `init` writes them for the config that is there.
  init() {
    const release = ["--release", `OWNER/presencectl@${"a".repeat(40)}`, "--sha256", "b".repeat(64)];
    const words = ["init", this.work, "--start", "none", "--ci", "github", "--project", "acme/presences", ...release, "--yes"];
    const said = execFileSync(this.presencectl, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    this.world.workflows = join(this.work, ".github/workflows");
    return said;
  }

  git(...words) {
    const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    return execFileSync("git", ["-C", this.work, ...identity, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  write(files) {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.work, name);
      if (text === null) {
        rmSync(path);
        continue;
      }
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", "change");
    return this.git("rev-parse", "HEAD");
  }

  // A commit of the default branch.
  push(files) {
    const sha = this.write(files);
    this.git("push", "--quiet", "--force", "origin", "main");
    return sha;
  }

  // A pull request, of a fork where it says so.
  propose(files, { fork = false, number = this.github.number() } = {}) {
    const owner = fork ? "somebody" : "acme";
    const branch = `change-${number}`;
    this.git("checkout", "--quiet", "-B", branch, "main");
    const pull = { number, state: "open", merged_at: null, mergeable: true, base: { ref: "main", repo: { full_name: "acme/presences" } } };
    pull.head = { ref: branch, user: { login: owner }, repo: { id: fork ? FORK : HERE } };
    this.github.pulls.push(pull);
    this.update(pull, files);
    return pull;
  }

  // Another commit of it.
  update(pull, files) {
    this.git("checkout", "--quiet", pull.head.ref);
    pull.head.sha = this.write(files);
    const merge = this.git("commit-tree", "HEAD^{tree}", "-p", "main", "-p", pull.head.sha, "-m", "merge");
    pull.merge_commit_sha = merge;
    this.git("push", "--quiet", "--force", "origin", `${merge}:refs/pull/${pull.number}/merge`);
    this.git("checkout", "--quiet", "main");
  }

  merge(pull) {
    this.git("checkout", "--quiet", "main");
    this.git("merge", "--quiet", "--no-ff", "--no-edit", pull.head.sha);
    this.git("push", "--quiet", "origin", "main");
    Object.assign(pull, { state: "closed", merged_at: "2026-01-01T00:00:00Z", merge_commit_sha: this.git("rev-parse", "HEAD") });
    return pull.merge_commit_sha;
  }

  main() {
    return this.git("rev-parse", "main");
  }

  check(pull) {
    const payload = { pull_request: { number: pull.number, head: { sha: pull.head.sha } } };
    return this.world.run("check.yml", { event: "pull_request", payload, sha: pull.merge_commit_sha, ref: `refs/pull/${pull.number}/merge`, headBranch: pull.head.ref });
  }

  // The check, and the plan that it starts.
  async plan(pull, { conclusion, head = pull.head.sha, ...more } = {}) {
    conclusion ??= (await this.check(pull)).conclusion;
    const { user, repo, ref } = pull.head;
    const workflow_run = { event: "pull_request", conclusion, head_sha: head, head_branch: ref, head_repository: { id: repo.id, owner: { login: user.login } } };
    return this.world.run("plan.yml", { event: "workflow_run", payload: { workflow_run }, sha: this.main(), ...more });
  }

  // A group of the merge queue with this pull request alone: its check, and the plan that it starts. GitHub merges it afterwards.
  async queue(pull) {
    const sha = this.git("commit-tree", `${pull.head.sha}^{tree}`, "-p", "main", "-p", pull.head.sha, "-m", "group");
    const branch = `gh-readonly-queue/main/pr-${pull.number}-${this.main()}`;
    this.git("push", "--quiet", "origin", `${sha}:refs/heads/${branch}`);
    const check = await this.world.run("check.yml", { event: "merge_group", payload: { merge_group: { head_sha: sha } }, sha, ref: `refs/heads/${branch}`, headBranch: branch });
    const workflow_run = { event: "merge_group", conclusion: check.conclusion, head_sha: sha, head_branch: branch, head_repository: { id: HERE, owner: { login: "acme" } } };
    const plan = await this.world.run("plan.yml", { event: "workflow_run", payload: { workflow_run }, sha: this.main() });
    this.git("merge", "--quiet", "--ff-only", sha);
    this.git("push", "--quiet", "origin", "main");
    Object.assign(pull, { state: "closed", merged_at: "2026-01-01T00:00:00Z", merge_commit_sha: sha });
    return { sha, plan };
  }

  // The history of the default branch is written anew: this commit is its only one.
  rewrite(files) {
    this.git("checkout", "--quiet", "--orphan", "anew");
    this.git("branch", "--quiet", "-M", "anew", "main");
    return this.push(files);
  }

  apply(sha = this.main(), more = {}) {
    return this.world.run("apply.yml", { event: "push", sha, ...more });
  }

  byHand(inputs, file = "apply.yml") {
    return this.world.run(file, { event: "workflow_dispatch", sha: this.main(), inputs });
  }

  drift() {
    return this.world.run("drift.yml", { event: "schedule", sha: this.main() });
  }

  // Which orgs were written to since this was asked last.
  written() {
    return [...new Set(this.orgs.writes.splice(0).map((it) => it.split(" ")[0]))].sort();
  }

  // What people read outside the logs.
  told() {
    const { comments, issues, statuses, checkRuns } = this.github;
    return [...this.world.summaries, JSON.stringify([comments, issues, statuses, checkRuns])].join("\n");
  }

  // Everything that people or machines can read afterwards.
  shown() {
    const { comments, issues, statuses, checkRuns, artifacts } = this.github;
    const kept = artifacts.flatMap((it) => it.entries.map(([name, bytes]) => `${name}\n${bytes}`));
    return [...this.world.logs, JSON.stringify([comments, issues, statuses, checkRuns]), ...kept].join("\n");
  }

  stop() {
    this.orgs.stop();
    this.github.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function config(name, id, definitions, more = "") {
  return `version: 1\norg: { name: ${name}, id: ${id} }\n${more}definitions:\n${definitions.map((it) => `  ${it}\n`).join("")}`;
}

export function definition(key, presence, label, more = "") {
  return `${key}: { systemPresence: ${presence}, labels: { en_US: ${label} }${more} }`;
}
