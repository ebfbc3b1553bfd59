// Simulated orgs: a sandbox each, behind one server, which knows each org by the secret of its client and gives it an id of its
// own. A secret that is not this org's is refused.
import { spawn } from "node:child_process";
import { createServer, request as ask } from "node:http";
import { createInterface } from "node:readline";

const SANDBOX_ID = "5a4db0c5-0000-4000-b000-000000000001";

export class Orgs {
  constructor(presencectl) {
    Object.assign(this, { presencectl, orgs: new Map(), writes: [] });
  }

  async start() {
    this.server = createServer((request, response) => this.forward(request, response));
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  // A new org, as the secrets and variables of its environments.
  async add(name, number) {
    const child = spawn(this.presencectl, ["sandbox", "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
    const url = await new Promise((done, failed) => {
      createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("url=") && done(line.slice(4)));
      child.on("exit", () => failed(new Error("the sandbox ended")));
    });
    const secret = `cAnArY-${number}-secret-${"x7Qz".repeat(4)}${number}`;
    const id = `5a4db0c5-0000-4000-b000-${String(number).padStart(12, "0")}`;
    this.orgs.set(name, { child, url, secret, id });
    return { id, base: `${this.url}/${name}`, secret };
  }

  forward(request, response) {
    const [, name, rest] = /^\/([^/]+)(\/.*)$/.exec(request.url);
    const org = this.orgs.get(name);
    const headers = { ...request.headers, host: new URL(org.url).host, "accept-encoding": "identity" };
    if (rest.startsWith("/oauth/token")) {
      const given = Buffer.from((headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
      if (given !== `sandbox-client:${org.secret}`) {
        response.writeHead(401, { "content-type": "application/json" });
        response.end('{"error": "invalid_client", "description": "client not found", "error_description": "invalid client"}');
        return;
      }
      headers.authorization = `Basic ${Buffer.from("sandbox-client:sandbox-secret").toString("base64")}`;
    } else if (!["GET"].includes(request.method) && !rest.includes("/activity/query")) {
      this.writes.push(`${name} ${request.method} ${rest}`);
    }
    const target = new URL(org.url);
    const onward = ask({ host: target.hostname, port: target.port, path: rest, method: request.method, headers }, (answer) => {
      const chunks = [];
      answer.on("data", (it) => chunks.push(it));
      answer.on("end", () => {
        const body = Buffer.concat(chunks).toString().replaceAll(SANDBOX_ID, org.id);
        const { "content-length": _, "transfer-encoding": __, ...kept } = answer.headers;
        response.writeHead(answer.statusCode, kept);
        response.end(body);
      });
    });
    request.pipe(onward);
  }

  // A person edits the labels of a definition in the org's admin page.
  async edit(name, label, languageLabels) {
    const { url } = this.orgs.get(name);
    const client = Buffer.from("sandbox-client:sandbox-secret").toString("base64");
    const form = { authorization: `Basic ${client}`, "content-type": "application/x-www-form-urlencoded" };
    const given = await fetch(`${url}/oauth/token`, { method: "POST", headers: form, body: "grant_type=client_credentials" });
    const headers = { authorization: `Bearer ${(await given.json()).access_token}`, "content-type": "application/json" };
    const listed = await fetch(`${url}/api/v2/presencedefinitions?pageSize=100&localeCode=ALL`, { headers });
    const found = (await listed.json()).entities.find((it) => Object.values(it.languageLabels).includes(label) && !it.primary);
    const body = JSON.stringify({ languageLabels, systemPresence: found.systemPresence, deactivated: false });
    const put = await fetch(`${url}/api/v2/presencedefinitions/${found.id}`, { method: "PUT", headers, body });
    if (!put.ok) throw new Error(`${put.status} ${await put.text()}`);
  }

  stop() {
    for (const { child } of this.orgs.values()) {
      child.removeAllListeners("exit");
      child.kill();
    }
    this.server.close();
    this.server.closeAllConnections();
  }
}
