// A stand-in for the part of GitHub's interface that the kit speaks to. It pages, holds each token to the permissions of its
// job, and fails where it is told to. Commits are those of a real repository on the disk.
import { createServer } from "node:http";
import { execFileSync } from "node:child_process";

export const BOT = "github-actions[bot]";
export const HERE = 1;
export const FORK = 2;

export class GitHub {
  constructor(origin) {
    Object.assign(this, { origin, repository: "acme/presences", tokens: new Map(), runs: [], artifacts: [], pulls: [] });
    Object.assign(this, { comments: [], issues: [], statuses: [], checkRuns: [], environments: [], hasIssues: true });
    Object.assign(this, { requests: [], failing: [], numbers: 100 });
  }

  async start() {
    this.server = createServer((request, response) => {
      const chunks = [];
      request.on("data", (it) => chunks.push(it));
      request.on("end", () => {
        const { code, body } = this.answer(request, Buffer.concat(chunks));
        response.writeHead(code, { "content-type": Buffer.isBuffer(body) ? "application/zip" : "application/json" });
        response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
      });
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  git(...words) {
    return execFileSync("git", ["-C", this.origin, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  isAncestor(old, young) {
    try {
      this.git("merge-base", "--is-ancestor", old, young);
      return true;
    } catch {
      return false;
    }
  }

  number() {
    return this.numbers++;
  }

  moment() {
    return new Date(Date.UTC(2026, 0, 1) + this.numbers++ * 1000).toISOString().replace(/\.\d+/, "");
  }

  environment(name, rule = { protected_branches: true, custom_branch_policies: false }) {
    this.environments.push({ name, deployment_branch_policy: rule });
  }

  // What a token needs for a request.
  static needed(method, path) {
    const write = method === "GET" ? "read" : "write";
    if (/^(actions|environments)/.test(path)) return { actions: "read" };
    if (/^check-runs/.test(path)) return { checks: "write" };
    if (/^statuses/.test(path)) return { statuses: "write" };
    if (/^(pulls|commits\/[^/]+\/pulls|issues\/(comments|\d+\/comments))/.test(path)) return { "pull-requests": write };
    if (/^issues/.test(path)) return { issues: write };
    if (path === "") return {};
    return { contents: "read" };
  }

  answer(request, bytes) {
    const url = new URL(request.url, "http://x");
    const prefix = `/repos/${this.repository}`;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const permissions = this.tokens.get(token);
    const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length).replace(/^\//, "") : null;
    this.requests.push(`${request.method} ${path}`);
    if (!permissions) return { code: 401, body: { message: "Bad credentials" } };
    if (path === null) return { code: 404, body: { message: "Not Found" } };
    const failing = this.failing.find((it) => `${request.method} ${path}`.startsWith(it.on));
    if (failing) return { code: failing.code, body: { message: failing.message ?? "Server Error" } };
    for (const [scope, level] of Object.entries(GitHub.needed(request.method, path))) {
      if (permissions[scope] !== "write" && permissions[scope] !== level) {
        return { code: 403, body: { message: `Resource not accessible by integration: ${scope}: ${level}` } };
      }
    }
    const body = bytes.length ? JSON.parse(bytes) : {};
    if (body.body?.length > 65536) return { code: 422, body: { message: "Body is too long (maximum is 65536 characters)" } };
    const found = this.route(request.method, path.split("/").map(decodeURIComponent), url.searchParams, body);
    return found === undefined ? { code: 404, body: { message: "Not Found" } } : { code: 200, body: found };
  }

  route(method, parts, query, body) {
    const size = Number(query.get("per_page") ?? 30);
    const page = (all) => all.slice(size * (Number(query.get("page") ?? 1) - 1)).slice(0, size);
    const [a, b, c, d] = parts;
    if (method === "POST") return this.made(parts, body);
    if (method === "PATCH") {
      const all = b === "comments" ? this.comments : this.issues;
      return Object.assign(all.find((it) => String(it.id) === (c ?? b) || String(it.number) === (c ?? b)), body);
    }
    if (a === "") return { id: HERE, default_branch: "main", has_issues: this.hasIssues };
    if (a === "git" && b === "ref") return { object: { sha: this.git("rev-parse", parts.slice(2).join("/").replace(/^/, "refs/")) } };
    if (a === "compare") return this.compared(parts.slice(1).join("/"), page);
    if (a === "environments") {
      if (c) return { branch_policies: page(this.environments.find((it) => it.name === b)?.policies ?? []) };
      return { environments: page(this.environments) };
    }
    if (a === "pulls" && b) return this.pulls.find((it) => String(it.number) === b);
    if (a === "pulls") {
      const [owner, branch] = query.get("head").split(":");
      return page(this.pulls.filter((it) => it.head.user.login === owner && it.head.ref === branch && it.base.ref === query.get("base")));
    }
    if (a === "commits" && c === "pulls") return page(this.pulls.filter((it) => it.merged_at && it.merge_commit_sha === b));
    if (a === "issues" && b === "comments") return this.comments.find((it) => String(it.id) === c);
    if (a === "issues" && c === "comments") return page(this.comments.filter((it) => it.issue === b));
    if (a === "issues") return page(this.issues);
    if (a === "actions" && b === "workflows" && d === "runs") {
      const wanted = (it) => it.path.endsWith(`/${c}`) && (!query.get("branch") || it.head_branch === query.get("branch"));
      const runs = this.runs.filter(wanted).reverse();
      return { total_count: runs.length, workflow_runs: page(runs) };
    }
    if (a === "actions" && b === "runs" && d === "artifacts") {
      return { artifacts: page(this.artifacts.filter((it) => String(it.run.id) === c).map(told)) };
    }
    if (a === "actions" && b === "runs") return this.runs.find((it) => String(it.id) === c);
    if (a === "actions" && b === "artifacts" && d === "zip") return this.artifacts.find((it) => String(it.id) === c)?.zip;
    if (a === "actions" && b === "artifacts") {
      return { artifacts: page(this.artifacts.filter((it) => it.name === query.get("name")).reverse().map(told)) };
    }
    return undefined;
  }

  made([a, b, c], body) {
    if (a === "issues" && c === "comments") {
      const made = { id: this.number(), issue: b, user: { login: BOT }, body: body.body };
      this.comments.push(made);
      return made;
    }
    if (a === "issues") {
      const made = { number: this.number(), state: "open", user: { login: BOT }, ...body };
      this.issues.push(made);
      return made;
    }
    if (a === "statuses") {
      this.statuses.push({ sha: b, ...body });
      return {};
    }
    if (a === "check-runs") {
      if (body.output.annotations.length > 50 || body.output.summary.length > 65535) return undefined;
      this.checkRuns.push(body);
      return {};
    }
    return undefined;
  }

  compared(range, page) {
    const [from, to] = range.split("...");
    let status = "diverged";
    const [old, young] = [from, to].map((it) => {
      try {
        return this.git("rev-parse", "--verify", "--quiet", `${it}^{commit}`);
      } catch {
        return undefined;
      }
    });
    if (!old || !young) return undefined;
    if (old === young) status = "identical";
    else if (this.isAncestor(old, young)) status = "ahead";
    else if (this.isAncestor(young, old)) status = "behind";
    const commits = status === "ahead" ? this.git("rev-list", "--reverse", `${old}..${young}`).split("\n") : [];
    return { status, commits: page(commits.map((sha) => ({ sha }))) };
  }
}

function told({ id, name, created_at, run }) {
  const workflow_run = { id: run.id, repository_id: run.repository.id, head_repository_id: run.head_repository.id };
  return { id, name, expired: false, created_at, workflow_run };
}

