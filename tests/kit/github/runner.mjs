// Plays a workflow of the examples: GitHub's own parser checks it, and GitHub's own expressions are evaluated. The steps of the
// actions of this repository run by bash; `checkout` and the artifact actions are stood in for. Each job gets a token with its
// permissions, and the secrets and variables of its environment alone. Approvals, concurrency and required checks are not played.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";
import { parse } from "yaml";
import { FORK, HERE } from "./github.mjs";
import { files, zip } from "./zip.mjs";

const CONTEXTS = ["github", "inputs", "vars", "secrets", "needs", "matrix", "strategy", "runner", "steps", "job", "env"];
const LEGS_AT_ONCE = 4;

function evaluated(text, context, status) {
  const is = (name, value) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) });
  const known = [is("always", true), is("success", status === "success"), is("failure", status === "failure"), is("cancelled", status === "cancelled")];
  const tree = new Parser(new Lexer(text).lex().tokens, CONTEXTS, known).parse();
  const whole = Object.fromEntries(CONTEXTS.map((it) => [it, context[it] ?? {}]));
  return new Evaluator(tree, JSON.parse(JSON.stringify(whole), data.reviver), new Map(known.map((it) => [it.name, it]))).evaluate();
}

// A text with the value of each expression in its place; a lone expression keeps its type.
function filled(raw, context) {
  if (typeof raw !== "string") return raw;
  const alone = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(raw);
  if (alone) return JSON.parse(JSON.stringify(evaluated(alone[1], context), data.replacer));
  return raw.replace(/\$\{\{(.*?)\}\}/gs, (_, it) => evaluated(it, context).coerceString());
}

const text = (value) => (value === null || value === undefined ? "" : String(value));

export function isMet(condition, context, status) {
  if (condition === undefined) return status === "success";
  const bare = String(condition).replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1");
  const looks = /\b(always|success|failure|cancelled)\(\)/.test(bare);
  if (!looks && status !== "success") return false;
  const value = evaluated(bare, context, status);
  return !(value.kind === data.Kind.Null || ["", "false", "0"].includes(value.coerceString()));
}

export class World {
  // PROJECT is this repository, CALLED what the workflows are written for.
  constructor({ project, folder, github, presencectl, called = "acme/presences" }) {
    Object.assign(this, { project, folder, github, presencectl, called, environments: {}, logs: [], summaries: [], count: 0 });
    this.workflows = join(project, "examples/github-actions/.github/workflows");
    // Legs whose runner is lost before the first step, as `JOB ORG`.
    Object.assign(this, { canaries: [], lost: [] });
  }

  async workflow(file) {
    const content = readFileSync(join(this.workflows, file), "utf8").replaceAll("OWNER/PROJECT", this.called);
    const result = parseWorkflow({ name: file, content }, new NoOperationTraceWriter());
    const errors = result.context.errors.getErrors();
    if (!result.value || errors.length) throw new Error(`${file}: ${errors.map((it) => it.message).join("; ")}`);
    await convertWorkflowTemplate(result.context, result.value);
    return parse(content);
  }

  // Runs a workflow. Gives back what became of each job, and what was logged.
  async run(file, { event, payload = {}, sha, ref = "refs/heads/main", inputs = {}, headBranch = "main", of = null, attempt = 1, repository = this.github.repository }) {
    const workflow = await this.workflow(file);
    if (!(event in workflow.on)) throw new Error(`${file} does not run on ${event}`);
    const run = of ?? {
      id: this.github.number(), path: `.github/workflows/${file}`, event, head_branch: headBranch, head_sha: sha, conclusion: null, status: "in_progress",
      repository: { id: HERE }, head_repository: { id: repository === this.github.repository ? HERE : FORK }, created_at: this.github.moment(),
    };
    if (!of && repository === this.github.repository) this.github.runs.push(run);
    const context = {
      github: {
        event_name: event, event: { repository: { id: HERE, default_branch: "main" }, ...payload }, sha, ref, repository, run_id: run.id, run_attempt: attempt,
        server_url: "https://github.example", action_repository: "OWNER/presencectl", action_ref: "", workflow_ref: `${repository}/.github/workflows/${file}@${ref}`,
      },
      inputs: event === "workflow_dispatch" ? { ...Object.fromEntries(Object.keys(workflow.on.workflow_dispatch?.inputs ?? {}).map((it) => [it, ""])), ...inputs } : {},
    };
    const played = { run, results: {}, outputs: {}, legs: {}, log: "", summary: "", workflow };
    const names = Object.keys(workflow.jobs);
    while (Object.keys(played.results).length < names.length) {
      const name = names.find((it) => !(it in played.results) && [workflow.jobs[it].needs ?? []].flat().every((need) => need in played.results));
      await this.job(name, workflow.jobs[name], { ...workflow, context, played });
    }
    const all = Object.values(played.results);
    run.status = "completed";
    run.conclusion = all.includes("failure") ? "failure" : "success";
    this.summaries.push(played.summary);
    this.logs.push(`== ${file}\n${played.log}${played.summary}`);
    return Object.assign(played, { conclusion: run.conclusion });
  }

  async job(name, job, { context, played, permissions: ofAll }) {
    const needs = [job.needs ?? []].flat();
    const results = needs.map((it) => played.results[it]);
    const status = results.every((it) => it === "success") ? "success" : "failure";
    const own = { ...context, needs: Object.fromEntries(needs.map((it) => [it, { result: played.results[it], outputs: played.outputs[it] ?? {} }])) };
    if (!isMet(job.if, own, status)) {
      played.results[name] = "skipped";
      return;
    }
    const matrix = filled(job.strategy?.matrix, own);
    const legs = matrix ? (matrix.include ?? []) : [{}];
    const outcomes = [];
    for (let at = 0; at < legs.length; at += LEGS_AT_ONCE) {
      const some = legs.slice(at, at + LEGS_AT_ONCE).map((leg) => this.leg(name, job, { ...own, matrix: leg }, played, ofAll));
      outcomes.push(...(await Promise.all(some)));
    }
    for (const it of outcomes) played.legs[`${name}${it.org ? ` ${it.org}` : ""}`] = it.succeeded ? "success" : "failure";
    played.results[name] = outcomes.every((it) => it.succeeded) ? "success" : "failure";
    played.outputs[name] = outcomes.at(-1)?.outputs ?? {};
  }

  async leg(name, job, context, played, ofAll) {
    if (this.lost.includes(`${name} ${context.matrix?.org}`)) return { succeeded: false, outputs: {}, org: context.matrix.org };
    const place = join(this.folder, `job-${++this.count}`);
    for (const it of ["workspace", "temp", "home"]) mkdirSync(join(place, it), { recursive: true });
    const token = `ghs_cAnArY${this.count}${"k3Yt".repeat(5)}`;
    this.canaries.push(token);
    this.github.tokens.set(token, job.permissions ?? ofAll ?? {});
    const environment = filled(job.environment?.name ?? job.environment, context);
    const known = environment === undefined ? {} : (this.environments[environment] ?? {});
    // GitHub makes an environment that is not there.
    if (environment && !this.environments[environment]) (this.unknown ??= []).push(environment);
    const inside = {
      ...context, github: { ...context.github, token, workspace: join(place, "workspace") }, runner: { temp: join(place, "temp"), os: "Linux" },
      vars: known.vars ?? {}, secrets: known.secrets ?? {},
    };
    const state = { place, token, log: "", summary: "", succeeded: true, run: played.run, extra: known.extra ?? {} };
    await this.steps(job.steps, inside, state, null, {});
    const outputs = Object.fromEntries(Object.entries(job.outputs ?? {}).map(([key, raw]) => [key, text(filled(raw, { ...inside, steps: state.steps }))]));
    this.github.tokens.delete(token);
    played.log += `-- ${name} ${context.matrix?.org ?? ""}\n${state.log}`;
    played.summary += state.summary;
    return { succeeded: state.succeeded, outputs, org: context.matrix?.org };
  }

  async steps(steps, context, state, action, env) {
    const seen = {};
    let succeeded = true;
    for (const step of steps) {
      const now = { ...context, steps: seen, env };
      if (!isMet(step.if, now, succeeded ? "success" : "failure")) continue;
      const more = { ...env, ...Object.fromEntries(Object.entries(step.env ?? {}).map(([key, raw]) => [key, text(filled(raw, now))])) };
      const given = Object.fromEntries(Object.entries(step.with ?? {}).map(([key, raw]) => [key, text(filled(raw, now))]));
      const { fine, outputs } = step.uses ? await this.used(step.uses, given, now, state, more) : await this.shell(step, now, state, action, more);
      succeeded &&= fine;
      if (step.id) seen[step.id] = { outputs, outcome: fine ? "success" : "failure" };
    }
    state.steps = seen;
    if (!action) state.succeeded = succeeded;
    return { succeeded, seen };
  }

  async used(uses, given, context, state, env) {
    const [name] = uses.split("@");
    const { place, run } = state;
    if (name === "actions/checkout") {
      const workspace = join(place, "workspace");
      const fetched = await this.command(["git", "clone", "--quiet", "--no-checkout", `file://${this.github.origin}`, workspace], place, {});
      const wanted = given.ref || context.github.sha;
      await this.command(["git", "fetch", "--quiet", "origin", wanted], workspace, {});
      const checked = await this.command(["git", "checkout", "--quiet", "--detach", wanted], workspace, {});
      state.log += fetched.log + checked.log;
      return { fine: checked.code === 0, outputs: {} };
    }
    if (name === "actions/upload-artifact") {
      if (!existsSync(given.path)) {
        if (given["if-no-files-found"] !== "ignore") state.log += `::warning::No files were found with the path: ${given.path}\n`;
        return { fine: true, outputs: {} };
      }
      if (/["<>|*?:\r\n/\\]/.test(given.name)) throw new Error(`an artifact cannot be called ${given.name}`);
      const all = this.github.artifacts;
      const there = all.findIndex((it) => it.run === run && it.name === given.name);
      if (there >= 0 && given.overwrite !== "true") return { fine: false, outputs: {} };
      if (there >= 0) all.splice(there, 1);
      const entries = files(given.path);
      if (entries.length) all.push({ id: this.github.number(), name: given.name, run, created_at: this.github.moment(), zip: zip(entries), entries });
      return { fine: true, outputs: {} };
    }
    if (name === "actions/download-artifact") {
      const pattern = given.pattern && new RegExp(`^${given.pattern.replace(/[.+]/g, "\\$&").replaceAll("*", ".*")}$`);
      const found = this.github.artifacts.filter((it) => it.run === run && (pattern ? pattern.test(it.name) : it.name === given.name));
      if (!pattern && !found.length) {
        state.log += `::error::Artifact not found for name: ${given.name}\n`;
        return { fine: false, outputs: {} };
      }
      for (const it of found) {
        const to = pattern && given["merge-multiple"] !== "true" ? join(given.path, it.name) : given.path;
        for (const [file, bytes] of it.entries) {
          mkdirSync(dirname(join(to, file)), { recursive: true });
          writeFileSync(join(to, file), bytes);
        }
      }
      return { fine: true, outputs: {} };
    }
    return this.action(name.replace(/^OWNER\/presencectl\/?/, ""), given, context, state, env);
  }

  // An action of this repository.
  async action(below, given, context, state, env) {
    const folder = join(this.project, below);
    const action = parse(readFileSync(join(folder, "action.yml"), "utf8"));
    for (const it of Object.keys(given)) if (!(it in action.inputs)) throw new Error(`${below} has no input ${it}`);
    for (const [key, it] of Object.entries(action.inputs)) if (it.required && !given[key]) throw new Error(`${below} wants the input ${key}`);
    const inputs = Object.fromEntries(Object.entries(action.inputs).map(([key, it]) => [key, given[key] ?? text(filled(it.default, context))]));
    if ("binary" in inputs) inputs.binary = this.presencectl;
    const inside = { ...context, inputs };
    const { succeeded, seen } = await this.steps(action.runs.steps, inside, state, folder, env);
    const outputs = Object.entries(action.outputs ?? {}).map(([key, it]) => [key, text(filled(it.value, { ...inside, steps: seen }))]);
    return { fine: succeeded, outputs: Object.fromEntries(outputs) };
  }

  async shell(step, context, state, action, env) {
    const { place } = state;
    const [output, summary, event] = ["output", "summary", "event.json"].map((it) => join(place, it));
    writeFileSync(output, "");
    writeFileSync(summary, "");
    writeFileSync(event, JSON.stringify(context.github.event));
    const { github } = context;
    const variables = {
      PATH: process.env.PATH, HOME: join(place, "home"), LANG: "C.UTF-8", CI: "true", GITHUB_ACTIONS: "true", RUNNER_TEMP: join(place, "temp"), RUNNER_OS: "Linux", RUNNER_ARCH: "X64",
      GITHUB_API_URL: this.github.url, GITHUB_SERVER_URL: github.server_url, GITHUB_REPOSITORY: github.repository, GITHUB_RUN_ID: String(github.run_id),
      GITHUB_SHA: github.sha, GITHUB_REF: github.ref, GITHUB_REF_NAME: github.ref.split("/").pop(), GITHUB_WORKFLOW_REF: github.workflow_ref, GITHUB_EVENT_PATH: event, GITHUB_ACTOR: "somebody",
      GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, GITHUB_ACTION_PATH: action ?? "", ...state.extra, ...env,
    };
    const folder = join(place, "workspace", text(filled(step["working-directory"] ?? ".", context)));
    const { code, log } = await this.command(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], folder, variables);
    state.log += log;
    state.summary += readFileSync(summary, "utf8");
    const lines = readFileSync(output, "utf8").split("\n").filter(Boolean);
    return { fine: code === 0, outputs: Object.fromEntries(lines.map((it) => [it.slice(0, it.indexOf("=")), it.slice(it.indexOf("=") + 1)])) };
  }

  command([program, ...words], cwd, env) {
    return new Promise((done) => {
      const child = spawn(program, words, { cwd, env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      let log = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (it) => (log += it));
      child.on("close", (code) => done({ code, log }));
    });
  }
}
