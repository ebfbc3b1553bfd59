// play.mjs PRESENCECTL [PROJECT] [SCENARIO…]: plays the scenarios, and looks for secrets in all that they left behind.
import { register } from "node:module";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

register("./json.mjs", import.meta.url);
const { SCENARIOS } = await import("./scenarios.mjs");

const [presencectl, project = "../../..", ...chosen] = process.argv.slice(2);
if (!presencectl) throw new Error("play.mjs PRESENCECTL [PROJECT] [SCENARIO…]");

// Each form in which a secret could stand somewhere, and any 12 of its characters in a row.
function leaked(text, secrets) {
  const lower = text.toLowerCase();
  for (const secret of secrets) {
    const bytes = Buffer.from(secret);
    const percent = [...bytes].map((it) => `%${it.toString(16).padStart(2, "0")}`).join("");
    const forms = [bytes.toString("hex"), percent, JSON.stringify(secret).slice(1, -1).toLowerCase()];
    // Base64 begins at one of three places.
    for (const pad of ["", "x", "xy"]) forms.push(Buffer.from(pad + secret).toString("base64").slice(4, -4).toLowerCase());
    for (let at = 0; at + 12 <= secret.length; at++) forms.push(secret.slice(at, at + 12).toLowerCase());
    const found = forms.find((it) => lower.includes(it.toLowerCase()));
    if (found) return secret;
  }
  return null;
}

let failed = 0;
// Plays one scenario.
async function played([name, play]) {
  const scenes = [];
  const began = Date.now();
  let problem = null;
  try {
    await play({ project: resolve(project), presencectl: resolve(presencectl), keep: (it) => (scenes.push(it), it) });
    for (const it of scenes) {
      const shown = it.shown();
      if (it.world.canaries.length < 2 || shown.length < 1000) throw new Error("the search for secrets has become blind");
      const secret = leaked(shown, it.world.canaries);
      if (secret) throw new Error(`a secret was shown: ${secret.slice(0, 20)}…`);
      // Nobody at GitHub has the runner's files, or types a command there.
      const path = /Report: \/|`?presencectl apply`? --|run `presencectl apply`|Undo: presencectl/.exec(shown) ?? /\/tmp\/presencectl-kit[^\s]*/.exec(it.told());
      if (path) throw new Error(`a text is for another place: ${path[0]}`);
      // A page reads better with a short hash; an address keeps its whole one.
      const hash = /(?<![0-9a-f/@])[0-9a-f]{40}(?![0-9a-f])/.exec(it.told().replace(/"(sha|head_sha)":"[0-9a-f]{40}"/g, ""));
      if (hash) throw new Error(`a page has a whole hash: ${it.told().slice(Math.max(0, hash.index - 80), hash.index + 50)}`);
      if (it.world.unknown?.length) throw new Error(`jobs name environments that are not there: ${it.world.unknown}`);
    }
  } catch (error) {
    problem = error;
    failed += 1;
  }
  console.log(`${problem ? "FAILED" : "ok    "} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  if (problem) {
    console.log(problem.stack);
    if (process.env.KIT_LOGS) for (const it of scenes) console.log(it.github.requests.slice(-12), it.github.statuses);
    if (process.env.KIT_LOGS) for (const it of scenes) console.log(it.world.logs.join("\n"));
  }
  for (const it of scenes) it.stop();
}

// Several at once: each has its own forge, orgs and folders, and the jobs of one wait for its servers and not for a processor.
const waiting = Object.entries(SCENARIOS).filter(([name]) => !chosen.length || chosen.some((it) => name.includes(it)));
async function worker() {
  for (let next = waiting.shift(); next; next = waiting.shift()) await played(next);
}
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
process.exitCode = failed ? 1 : 0;
