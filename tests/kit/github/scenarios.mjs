// What is played, by name. Each scenario says what people and machines see afterwards.
import assert from "node:assert/strict";
import { tested } from "./conditions.mjs";
import { Scene, config, definition } from "./scene.mjs";

const LUNCH = definition("lunch", "Meal", "Lunch");
const TEA = definition("tea", "Break", "Tea");
const WALK = definition("walk", "Away", "Walk");

const fleet = (count) => Array.from({ length: count }, (_, it) => `org-${String(it + 1).padStart(2, "0")}`);

// One org, whose config the default branch has, and which was applied by hand.
async function one({ project, presencectl, keep }, definitions = [LUNCH], more = "") {
  const scene = keep(await Scene.start({ project, presencectl, orgs: ["acme"] }));
  const page = (all, added = more) => ({ "presences/p.yaml": config("acme", scene.ids.acme, all, added) });
  scene.push({ "README.md": "presences", ...page(definitions) });
  const first = await scene.byHand({ org: "acme" });
  assert.equal(first.conclusion, "success", first.log);
  assert.deepEqual(scene.written(), ["acme"]);
  return { scene, page };
}

// Several orgs that share a layer.
async function many({ project, presencectl, keep }, names, options = {}) {
  const scene = keep(await Scene.start({ project, presencectl, orgs: names, ...options }));
  const files = { "README.md": "presences", "base/p.yaml": `version: 1\ndefinitions:\n  ${LUNCH}\n` };
  for (const it of names) files[`presences/${it}.yaml`] = orgFile(scene, it);
  scene.push(files);
  const first = await scene.byHand({ org: "*" });
  assert.equal(first.conclusion, "success", first.log);
  assert.deepEqual(scene.written(), names);
  return scene;
}

const orgFile = (scene, name, more = "", inOrg = "") => `version: 1\nuse: [../base/p.yaml]\norg: { name: ${name}, id: ${scene.ids[name]}${inOrg} }\n${more}`;
const layer = (...all) => ({ "base/p.yaml": `version: 1\ndefinitions:\n${all.map((it) => `  ${it}\n`).join("")}` });
const legs = (played, job) => Object.keys(played.legs).filter((it) => it.startsWith(`${job} `)).map((it) => it.slice(job.length + 1));
const ran = (played) => Object.keys(played.workflow.jobs).filter((it) => played.results[it] !== "skipped");
// Markdown without its code, in which nothing acts.
const bare = (markdown) => markdown.replace(/^ {4}.*$/gm, "").replace(/(`+)[^\n]*?\1(?!`)/g, "");
const annotations = (played, level) => played.log.split("\n").filter((it) => it.startsWith(`::${level}`));

export const SCENARIOS = {
  async "one org: plan in the review, apply on merge, drift at night"(given) {
    const { scene, page } = await one(given);
    const pull = scene.propose(page([LUNCH, TEA]));
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "success", plan.log);
    assert.equal(scene.github.comments.length, 1);
    const comment = scene.github.comments[0].body;
    assert.match(comment, /\n\*\*1 to create\*\* in `/, "its comment is the plan");
    assert.deepEqual(scene.github.statuses.map((it) => [it.sha, it.context, it.state, it.description]), [[pull.head.sha, "presencectl plan", "success", "1 to create"]]);
    assert.equal(scene.github.checkRuns[0].output.title, "1 to create");
    assert.deepEqual(scene.written(), [], "a plan writes nothing");
    const sha = scene.merge(pull);
    const apply = await scene.apply(sha);
    assert.equal(apply.conclusion, "success", apply.log);
    assert.deepEqual(scene.written(), ["acme"]);
    assert.match(scene.github.comments[0].body, /After the merge[\s\S]*1 org: 1 applied[\s\S]*to create/);
    // It is applied, so nothing is due any more.
    const again = await scene.apply(sha);
    assert.deepEqual([again.conclusion, again.results.apply, scene.written()], ["success", "skipped", []], again.log);
    const drift = await scene.drift();
    assert.deepEqual([drift.conclusion, scene.github.issues], ["success", []], drift.log);
  },

  async "14 orgs, of which one fails and one is frozen"(given) {
    const names = fleet(14);
    const scene = await many(given, names);
    scene.push({ "presences/org-14.yaml": orgFile(scene, "org-14", "freeze: { until: 2099-01-01, reason: audit }\n") });
    const bad = scene.world.environments["presence-plan-org-03"];
    const good = { ...bad.secrets };
    bad.secrets = { GENESYSCLOUD_OAUTHCLIENT_SECRET: "not-the-secret" };
    const pull = scene.propose(layer(LUNCH, TEA));
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "failure");
    assert.deepEqual(legs(plan, "plan"), names);
    const comment = scene.github.comments[0].body;
    assert.match(comment, /^[^#|]*\n#### Not planned\n\n- `org-03`/, "what failed comes first");
    assert.equal(scene.github.comments.length, 1);
    assert.equal(scene.github.statuses.at(-1).state, "failure");
    bad.secrets = good;
    const again = await scene.plan(pull);
    assert.match(scene.github.comments[0].body, /\*\*14 orgs: 14 have changes[\s\S]*`org-14` until[\s\S]*create[^\n]*`tea`/, again.log);
    assert.equal(scene.github.comments.length, 1, "one comment, however often");
    const failing = scene.world.environments["presence-apply-org-05"];
    const secrets = failing.secrets;
    failing.secrets = { GENESYSCLOUD_OAUTHCLIENT_SECRET: "not-the-secret" };
    const before = scene.github.requests.length;
    const apply = await scene.apply(scene.merge(pull));
    assert.ok(scene.github.requests.length - before < 300, "few requests to the forge");
    assert.equal(apply.conclusion, "failure");
    const done = names.filter((it) => !["org-05", "org-14"].includes(it));
    assert.deepEqual(scene.written(), done, apply.log);
    assert.ok(!legs(apply, "apply").includes("org-14"), "a frozen org gets no job");
    assert.match(apply.summary, /14 orgs: 1 failed, 1 frozen, 12 applied/);
    assert.match(apply.summary, /`org-14`: nothing is written to it until `2099-01-02/);
    // Only what is not done is due, also after a commit that changes something else.
    failing.secrets = secrets;
    const next = await scene.apply(scene.push({ "README.md": "more" }));
    assert.deepEqual([next.conclusion, legs(next, "apply"), scene.written()], ["success", ["org-05"], ["org-05"]], next.log);
  },

  async "a fork: nothing of it runs, and its own workflows do nothing"(given) {
    const { scene, page } = await one(given);
    const pull = scene.propose({ ...page([LUNCH, TEA]), ".github/evil.sh": "exit 1\n" }, { fork: true });
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "success", plan.log);
    assert.match(scene.github.comments[0].body, /1 to create/);
    // Somebody else's pull request with the same branch is none.
    const other = await scene.plan(pull, { conclusion: "success", head: scene.main() });
    assert.equal(other.results.plan, "skipped", other.log);
    assert.equal(scene.github.comments.length, 1);
    // After a sync, the fork's default branch runs all of it.
    scene.github.repository = "somebody/presences";
    scene.world.called = "acme/presences";
    const writes = scene.github.requests.length;
    for (const played of [await scene.apply(), await scene.drift(), await scene.plan(pull, { conclusion: "success" })]) {
      assert.deepEqual([played.conclusion, Object.values(played.results).filter((it) => it !== "skipped")], ["success", ["success"]], played.log);
      assert.match(played.log, /these workflows are for acme\/presences, and this is somebody\/presences/);
    }
    assert.deepEqual([scene.github.requests.length, scene.written()], [writes, []]);
    scene.github.repository = "acme/presences";
  },

  async "a run of an older commit, started again, brings nothing back"(given) {
    const { scene, page } = await one(given, [LUNCH, TEA]);
    const pull = scene.propose(page([LUNCH, TEA, WALK]));
    await scene.plan(pull);
    const old = await scene.apply(scene.merge(pull));
    assert.deepEqual([old.conclusion, scene.written()], ["success", ["acme"]], old.log);
    const back = scene.propose(page([LUNCH, TEA, definition("walk", "Away", "Walk", ", deactivated: true")]));
    await scene.plan(back);
    const newer = await scene.apply(scene.merge(back));
    assert.deepEqual([newer.conclusion, scene.written()], ["success", ["acme"]], newer.log);
    const again = await scene.apply(pull.merge_commit_sha, { of: old.run, attempt: 2 });
    assert.deepEqual([again.conclusion, scene.written()], ["success", []], again.log);
    assert.match(again.log, /asks something else of acme than [0-9a-f]{7}: nothing is done/);
    assert.match(again.summary, /`acme` is left to the run of a newer commit/);
    // A plan of an older head writes over nothing.
    const late = scene.propose(page([LUNCH, TEA, definition("nap", "Away", "Nap")]));
    const head = late.head.sha;
    scene.update(late, page([LUNCH, TEA, definition("nap", "Away", "A nap")]));
    await scene.plan(late);
    const [comment, statuses] = [scene.github.comments.at(-1).body, scene.github.statuses.length];
    const older = await scene.plan(late, { conclusion: "success", head });
    assert.deepEqual([scene.github.comments.at(-1).body, scene.github.statuses.filter((it) => it.sha === head && it.state === "success").length], [comment, 0], older.log);
    assert.ok(scene.github.statuses.length <= statuses + 1);
  },

  async "the first push after the set-up is green, and the second job of it is passed"(given) {
    const scene = given.keep(await Scene.start({ ...given, orgs: ["acme"] }));
    scene.push({ "README.md": "presences", "presences/p.yaml": config("acme", scene.ids.acme, []).replace("definitions:", "definitions: {}") });
    const first = await scene.apply();
    assert.deepEqual([first.conclusion, legs(first, "apply"), scene.written()], ["success", ["acme"], []], first.log);
    assert.match(first.summary, /1 org: 1 in sync|nothing to do/i);
    const second = await scene.apply(scene.push({ "README.md": "more" }));
    assert.deepEqual([second.conclusion, second.results.apply], ["success", "skipped"], second.log);
    const drift = await scene.drift();
    assert.deepEqual([drift.conclusion, scene.github.issues], ["success", []], drift.log);
  },

  async "a commit that changes only the README is green"(given) {
    const { scene } = await one(given);
    const pull = scene.propose({ "README.md": "more" });
    const plan = await scene.plan(pull);
    assert.deepEqual([plan.conclusion, plan.results.plan], ["success", "skipped"], plan.log);
    assert.deepEqual(scene.github.comments, [], "nothing is to be said");
    assert.deepEqual(scene.github.statuses.map((it) => [it.state, it.description]), [["success", "No org is affected"]]);
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual([apply.conclusion, apply.results.apply, scene.written()], ["success", "skipped", []], apply.log);
  },

  async "broken YAML stops at the check"(given) {
    const { scene } = await one(given);
    const pull = scene.propose({ "presences/p.yaml": "version: 1\ndefinitions: [lunch\n" });
    const check = await scene.check(pull);
    assert.equal(check.conclusion, "failure");
    assert.match(check.log, /^::error file=presences\/p\.yaml,line=/m);
    const plan = await scene.plan(pull, { conclusion: check.conclusion });
    assert.deepEqual([new Set(Object.values(plan.results)), scene.github.statuses], [new Set(["skipped"]), []]);
    // Pushed past the check: nothing is applied, and that is told.
    const apply = await scene.apply(scene.push({ "presences/p.yaml": "version: 1\ndefinitions: [lunch\n" }));
    assert.deepEqual([apply.conclusion, scene.written()], ["failure", []]);
    assert.match(apply.summary, /Nothing was applied/);
  },

  async "hostile labels act nowhere"(given) {
    const { scene, page } = await one(given);
    const labels = ["::error::boo", "</details><script>x</script>", "@everyone `x` | y", "${{ github.token }}", "$(touch pwned)"];
    const all = labels.map((it, at) => definition(`k${at}`, "Away", JSON.stringify(it)));
    const pull = scene.propose(page([LUNCH, ...all]));
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "success", plan.log);
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual([apply.conclusion, scene.written()], ["success", ["acme"]], apply.log);
    for (const played of [plan, apply]) {
      let stopped = null;
      for (const line of played.log.split("\n")) {
        const stop = /^::stop-commands::(.+)$/.exec(line)?.[1];
        if (stop) stopped = stop;
        else if (line === `::${stopped}::`) stopped = null;
        else assert.ok(stopped || !/^::(error|warning)::boo/.test(line), line);
      }
      const acts = bare(`${played.summary}${scene.github.comments[0].body}`);
      assert.ok(!acts.includes("<script>") && !acts.includes("@everyone"), acts);
    }
  },

  async "by hand: what is named, and that plan"(given) {
    const scene = await many(given, ["acme-dev", "acme-prod", "hooli"]);
    scene.push(layer(LUNCH, TEA));
    const refused = await scene.apply();
    assert.deepEqual([refused.conclusion, scene.written()], ["failure", []], "no pull request has reviewed it");
    assert.ok(annotations(refused, "error").some((it) => it.includes("not reviewed, and so not done for acme-dev: create tea.") && it.includes("by hand with this org")), refused.log);
    const none = await scene.byHand({ org: "acme-pord" });
    assert.deepEqual([none.conclusion, none.results.plan, scene.written()], ["failure", "skipped", []]);
    assert.match(none.log, /acme-prod/, "near names");
    // One org's failed plan stops no other.
    const environment = scene.world.environments["presence-plan-acme-dev"];
    const { secrets } = environment;
    environment.secrets = { GENESYSCLOUD_OAUTHCLIENT_SECRET: "not-the-secret" };
    const some = await scene.byHand({ org: "acme-*" });
    assert.deepEqual([legs(some, "apply"), scene.written()], [["acme-dev", "acme-prod"], ["acme-prod"]], some.log);
    assert.equal(some.conclusion, "failure");
    environment.secrets = secrets;
    scene.push({ "presences/hooli.yaml": orgFile(scene, "hooli", "freeze: { until: 2099-01-01, reason: audit }\n") });
    const frozen = await scene.byHand({ org: "hooli" });
    assert.deepEqual([frozen.conclusion, scene.written()], ["failure", []]);
    const broken = await scene.byHand({ org: "hooli", "break-glass": "the auditor asked" });
    assert.deepEqual([broken.conclusion, scene.written()], ["success", ["hooli"]], broken.log);
  },

  async "three stages: a later one runs when no earlier one failed"(given) {
    const [names, stages] = [["acme-dev", "acme-test", "globex-test", "acme-prod"], ["dev", "test", "prod"]];
    const scene = given.keep(await Scene.start({ ...given, orgs: names, stages }));
    const base = (...all) => ({ "base/p.yaml": `version: 1\nsettings: { stages: [dev, test, prod] }\n${layer(...all)["base/p.yaml"].slice(11)}` });
    const own = (name, more = "") => ({ [`presences/${name}.yaml`]: orgFile(scene, name, more, `, stage: ${name.split("-")[1]}`) });
    const files = { "README.md": "presences", ...base(LUNCH), ...Object.assign({}, ...names.map((it) => own(it))) };
    scene.push(files);
    const said = scene.init();
    for (const it of stages) assert.ok(said.includes(`presence-approve-${it}`), said);
    scene.push({});
    await tested(scene.world);
    const first = await scene.byHand({ org: "*" });
    assert.equal(first.conclusion, "success", first.log);
    const order = [...new Set(scene.orgs.writes.splice(0).map((it) => it.split(" ")[0].split("-")[1]))];
    assert.deepEqual(order, stages, "one stage after the other");
    // dev fails: nothing after it runs.
    const failing = scene.world.environments["presence-apply-acme-dev"];
    const { secrets } = failing;
    failing.secrets = { GENESYSCLOUD_OAUTHCLIENT_SECRET: "not-the-secret" };
    const pull = scene.propose(base(LUNCH, TEA));
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "success", plan.log);
    const stopped = await scene.apply(scene.merge(pull));
    assert.deepEqual([stopped.conclusion, ran(stopped)], ["failure", ["orgs", "approve-dev", "apply-dev", "result"]], stopped.log);
    assert.match(stopped.summary, /4 orgs: 1 failed, 3 waiting/);
    assert.deepEqual(scene.written(), []);
    // All of them are due until they are done.
    failing.secrets = secrets;
    const next = await scene.apply(scene.push({ "README.md": "more" }));
    assert.deepEqual([next.conclusion, scene.written()], ["success", [...names].sort()], next.log);
    // No org of dev and test is due: they are passed.
    const alone = scene.propose(own("acme-prod", `definitions:\n  ${WALK}\n`));
    await scene.plan(alone);
    const passed = await scene.apply(scene.merge(alone));
    assert.deepEqual([passed.conclusion, ran(passed)], ["success", ["orgs", "approve-prod", "apply-prod", "result"]], passed.log);
    assert.deepEqual(scene.written(), ["acme-prod"]);
    const undo = await scene.byHand({ run: String(passed.run.id), org: "acme-prod" }, "undo.yml");
    assert.deepEqual([undo.conclusion, scene.written()], ["success", ["acme-prod"]], undo.log);
    // A config with other stages has no jobs for them.
    const other = scene.propose({ "base/p.yaml": base(LUNCH, TEA)["base/p.yaml"].replace("[dev, test, prod]", "[dev, test, live, prod]") });
    const command = /presencectl init \. --start none --ci github/;
    const check = await scene.check(other);
    assert.equal(check.conclusion, "failure");
    assert.match(annotations(check, "error").join("\n"), command);
    const unknown = await scene.apply(scene.merge(other));
    assert.deepEqual([unknown.conclusion, ran(unknown)], ["failure", ["orgs", "result"]], unknown.log);
    assert.match(annotations(unknown, "error").join("\n"), command);
    // In a fork nothing runs.
    scene.github.repository = "somebody/presences";
    const fork = await scene.apply();
    assert.deepEqual([fork.conclusion, ran(fork)], ["success", ["orgs"]], fork.log);
    scene.github.repository = "acme/presences";
  },

  async "each condition, as a table"(given) {
    const { scene } = await one(given);
    await tested(scene.world);
  },

  async "the nightly issue: orgs that were not read, a runner that was lost, and issues that are off"(given) {
    const scene = await many(given, ["acme", "globex", "hooli"]);
    await scene.orgs.edit("acme", "Lunch", { en_US: "Dinner" });
    scene.world.lost.push("drift globex");
    const environment = scene.world.environments["presence-plan-hooli"];
    const { secrets } = environment;
    environment.secrets = { GENESYSCLOUD_OAUTHCLIENT_SECRET: "not-the-secret" };
    const night = await scene.drift();
    assert.deepEqual([night.conclusion, scene.github.issues.length], ["failure", 1], night.log);
    const [issue] = scene.github.issues;
    assert.match(issue.title, /whether 2 of 3 orgs differ from their config is not known/);
    for (const it of ["acme", "globex", "hooli", "Dinner"]) assert.ok(issue.body.includes(it), issue.body);
    // All orgs are read.
    scene.world.lost.pop();
    environment.secrets = secrets;
    const next = await scene.drift();
    assert.match(issue.title, /1 of 3 orgs differ from their config/, next.log);
    assert.ok(!issue.body.includes("run `presencectl apply`") && issue.body.includes("by hand with that org"), issue.body);
    await scene.orgs.edit("acme", "Dinner", { en_US: "Lunch" });
    const agreed = await scene.drift();
    assert.deepEqual([agreed.conclusion, issue.state], ["success", "closed"], agreed.log);
    // No issue can be written: a warning says what it would say.
    scene.github.hasIssues = false;
    await scene.orgs.edit("acme", "Lunch", { en_US: "Dinner" });
    const off = await scene.drift();
    assert.ok(annotations(off, "warning").some((it) => it.includes("the issues of this repository are off, so no issue says: 1 of 3 orgs differ")), off.log);
    assert.deepEqual([issue.state, scene.github.issues.length], ["closed", 1]);
  },

  async "undo of a run"(given) {
    const { scene, page } = await one(given);
    const pull = scene.propose(page([LUNCH, TEA]));
    await scene.plan(pull);
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual(scene.written(), ["acme"]);
    for (const [run, why] of [["1", "GitHub does not say"], ["no", "is no number of a run"], [String(scene.github.runs.find((it) => it.path.endsWith("plan.yml")).id), "is none of apply.yml"]]) {
      const none = await scene.byHand({ run, org: "acme" }, "undo.yml");
      assert.deepEqual([none.conclusion, none.results.undo, scene.written()], ["failure", "skipped", []]);
      assert.match(none.log, new RegExp(why));
    }
    const undo = await scene.byHand({ run: `https://github.example/acme/presences/actions/runs/${apply.run.id}`, org: "acme" }, "undo.yml");
    assert.deepEqual([undo.conclusion, scene.written()], ["success", ["acme"]], undo.log);
    assert.match(undo.summary, /What the undo would do:[\s\S]*deactivate tea[\s\S]*The files still ask for what was undone/);
    const drift = await scene.drift();
    assert.equal(scene.github.issues.length, 1, drift.log);
    assert.match(scene.github.issues[0].body, /tea/);
    // The report of the undo shows that no person edited it.
    assert.match(scene.github.issues[0].body, /#### Merged, not applied/);
  },

  async "a group of the merge queue has a status, and what was reviewed is applied"(given) {
    const { scene, page } = await one(given);
    const pull = scene.propose(page([LUNCH, TEA]));
    await scene.plan(pull);
    const [comment] = scene.github.comments.map((it) => it.body);
    const { sha, plan } = await scene.queue(pull);
    assert.equal(plan.conclusion, "success", plan.log);
    assert.deepEqual(scene.github.statuses.map((it) => [it.sha, it.state]), [[pull.head.sha, "success"], [sha, "success"]]);
    assert.deepEqual(scene.github.comments.map((it) => it.body), [comment], "a group has no pull request of its own");
    const apply = await scene.apply();
    assert.deepEqual([apply.conclusion, scene.written()], ["success", ["acme"]], apply.log);
    assert.match(scene.github.comments[0].body, /After the merge[\s\S]*1 org: 1 applied/);
  },

  async "after a force push nothing is taken for applied that is on no branch"(given) {
    const { scene, page } = await one(given);
    const gone = scene.propose(page([LUNCH, TEA]));
    await scene.plan(gone);
    const old = await scene.apply(scene.merge(gone));
    assert.deepEqual([old.conclusion, scene.written()], ["success", ["acme"]], old.log);
    // What the new history asks beyond that, no pull request has reviewed.
    scene.rewrite(page([LUNCH, WALK]));
    const refused = await scene.apply();
    assert.deepEqual([refused.conclusion, scene.written()], ["failure", []], refused.log);
    assert.match(annotations(refused, "error").join("\n"), /not reviewed, and so not done for acme: create walk/);
    // The commit of the old run is on no branch, and asks something else.
    const again = await scene.apply(gone.merge_commit_sha, { of: old.run, attempt: 2 });
    assert.deepEqual([again.conclusion, scene.written()], ["success", []], again.log);
    const pull = scene.propose(page([LUNCH, WALK, definition("nap", "Away", "Nap")]));
    await scene.plan(pull);
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual([apply.conclusion, scene.written()], ["success", ["acme"]], apply.log);
    const drift = await scene.drift();
    assert.deepEqual([drift.conclusion, scene.github.issues], ["success", []], drift.log);
  },

  async "a token that GitHub does not take: nothing is done, and that is told"(given) {
    const { scene, page } = await one(given);
    const pull = scene.propose(page([LUNCH, TEA]));
    await scene.plan(pull);
    const statuses = scene.github.statuses.length;
    const sha = scene.merge(pull);
    scene.github.failing.push({ on: "", code: 401, message: "Bad credentials" });
    for (const played of [await scene.apply(sha), await scene.plan(pull), await scene.drift()]) {
      assert.equal(played.conclusion, "failure", played.log);
      assert.ok(annotations(played, "error").length > 0, played.log);
      assert.match(played.log, /Bad credentials/);
    }
    assert.deepEqual([scene.written(), scene.github.statuses.length, scene.github.issues.length], [[], statuses, 0]);
    scene.github.failing.pop();
    const apply = await scene.apply(sha);
    assert.deepEqual([apply.conclusion, scene.written()], ["success", ["acme"]], apply.log);
  },

  async "a comment at the limit of GitHub is cut, and keeps what counts"(given) {
    const { scene, page } = await one(given);
    const presences = ["Available", "Away", "Break", "Busy", "Meal", "Meeting", "Training"];
    const words = (it) => ["en_US", "de", "fr", "es"].map((locale) => `${locale}: ${JSON.stringify(`${it} ${locale} ${"é|`<".repeat(8)}`)}`).join(", ");
    const many = Array.from({ length: 140 }, (_, it) => `k${it}: { systemPresence: ${presences[it % 7]}, labels: { ${words(it)} } }`);
    const pull = scene.propose(page([LUNCH, ...many]));
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "success", plan.log);
    const comment = () => scene.github.comments[0].body;
    assert.ok(comment().length > 50000 && comment().length <= 65536, `${comment().length}`);
    assert.match(comment(), /140 to create/);
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual([apply.conclusion, scene.written()], ["success", ["acme"]], apply.log.slice(-3000));
    assert.ok(comment().length <= 65536, `${comment().length}`);
    assert.match(comment(), /After the merge[\s\S]*1 org: 1 applied[\s\S]*140 to create/);
  },

  async "an object that was edited after the review is refused, and the rest is done"(given) {
    const { scene, page } = await one(given);
    const german = LUNCH.replace("en_US: Lunch", "en_US: Lunch, de: Mittag");
    const pull = scene.propose(page([german, TEA]));
    await scene.plan(pull);
    await scene.orgs.edit("acme", "Lunch", { en_US: "Lunch", de: "Pause" });
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual([apply.conclusion, scene.written()], ["failure", ["acme"]], apply.log);
    assert.match(apply.summary, /it is not as the plan saw it/, "the edited one");
    assert.match(scene.github.comments[0].body, /After the merge[\s\S]*1 org: 1 failed/);
    const drift = await scene.drift();
    assert.match(scene.github.issues[0].body, /lunch/, drift.log);
    assert.ok(!scene.github.issues[0].body.includes("`tea`"), "the rest is done");
    // It is due, and nothing shows the edit to a reviewer: by hand its plan is shown.
    const hand = await scene.byHand({ org: "acme" });
    assert.deepEqual([hand.conclusion, scene.written()], ["success", ["acme"]], hand.log);
  },

  async "a plan that its limits refuse, and a forge that refuses"(given) {
    const all = [LUNCH, TEA, WALK];
    const { scene, page } = await one(given, all, "settings: { prune: delete, limits: { removals: 1 } }\n");
    const pull = scene.propose(page([LUNCH]));
    scene.github.failing.push({ on: "POST issues", code: 502, message: "\u001b[31mproxy" });
    const plan = await scene.plan(pull);
    assert.equal(plan.conclusion, "failure");
    assert.equal(scene.github.statuses.at(-1).state, "failure");
    assert.match(scene.github.statuses.at(-1).description, /^Refused, 2 to delete/);
    assert.match(scene.github.checkRuns[0].output.title, /^Refused, 2 to delete/);
    assert.ok(scene.github.artifacts.some((it) => it.name === "presencectl-plan-acme"), "a comment that cannot be written costs no plan");
    assert.ok(annotations(plan, "error").some((it) => it.includes("the comment could not be written")), plan.log);
    assert.ok(!plan.log.includes("\u001b[31mproxy"));
    const apply = await scene.apply(scene.merge(pull));
    assert.deepEqual([apply.conclusion, scene.written()], ["failure", []], apply.log);
    // An environment without a branch rule is named before a job names it.
    scene.github.environments.find((it) => it.name === "presence-plan-acme").deployment_branch_policy = null;
    const drift = await scene.drift();
    assert.match(drift.log, /presence-plan-acme is open to every branch/);
    assert.equal(scene.github.issues.length, 0, "the forge refuses");
  },
};
