// Each `if:` of the workflows, with what it says of some cases: a condition without a table fails, and so does a table without a
// condition. A case is what became of the jobs or steps before, a context, and whether the job or step runs.
import assert from "node:assert/strict";
import { isMet } from "./runner.mjs";

const orgs = (outputs, result = "success") => ({ needs: { orgs: { result, outputs } } });
const some = orgs({ here: "true", any: "true" });
const none = orgs({ here: "true", any: "false" });
const fork = orgs({ here: "false", any: "" });
const failed = orgs({}, "failure");
const event = (name, more = {}) => ({ github: { event_name: name }, ...more });
const approval = (result) => ({ needs: { approve: { result } } });
const output = (step, key, value) => ({ steps: { [step]: { outputs: { [key]: value } } } });
// Where a step runs also after a failed one, if there is something to hand on.
const handed = (step, key) => [
  ["success", output(step, key, "x"), true],
  ["failure", output(step, key, "x"), true],
  ["failure", output(step, key, ""), false],
];
const last = [["success", some, true], ["success", none, true], ["failure", failed, true], ["failure", some, true], ["success", fork, false]];

const CONDITIONS = {
  "github.event.workflow_run.conclusion == 'success'": ["success", "failure", "cancelled", "skipped"].map((it) => [
    "success", { github: { event: { workflow_run: { conclusion: it } } } }, it === "success",
  ]),
  "needs.orgs.outputs.any == 'true'": [["success", some, true], ["success", none, false], ["success", fork, false], ["failure", some, false], ["cancelled", some, false]],
  "always() && needs.orgs.result != 'skipped' && needs.orgs.outputs.here != 'false'": [...last, ["failure", orgs({}, "skipped"), false]],
  "always() && needs.orgs.outputs.here != 'false'": last,
  "github.event_name == 'workflow_dispatch' && needs.orgs.outputs.any == 'true'": [
    ["success", event("workflow_dispatch", some), true],
    ["success", event("workflow_dispatch", none), false],
    ["failure", event("workflow_dispatch", some), false],
    ["success", event("push", some), false],
  ],
  // After a push `plan` is skipped, and by hand one of its legs may have failed.
  "${{ !cancelled() && needs.orgs.outputs.any == 'true' }}": [["success", some, true], ["failure", some, true], ["failure", failed, false], ["success", none, false], ["cancelled", some, false]],
  "${{ !cancelled() && needs.approve.result == 'success' }}": [
    ["failure", approval("success"), true],
    ["failure", approval("failure"), false],
    ["failure", approval("skipped"), false],
    ["cancelled", approval("success"), false],
  ],
  "steps.orgs.outputs.folder != ''": [
    ["success", output("orgs", "folder", "x"), true],
    ["success", output("orgs", "folder", ""), false],
    ["failure", output("orgs", "folder", "x"), false],
  ],
  "github.event_name == 'workflow_dispatch'": [["success", event("workflow_dispatch"), true], ["success", event("push"), false], ["failure", event("workflow_dispatch"), false]],
  "always()": [["success", {}, true], ["failure", {}, true]],
  "always() && steps.plan.outputs.results != ''": handed("plan", "results"),
  "always() && steps.drift.outputs.results != ''": handed("drift", "results"),
  "always() && steps.apply.outputs.results != ''": handed("apply", "results"),
  "always() && steps.review.outputs.plans != ''": handed("review", "plans"),
};

// The conditions of stages, by the job: which stages have orgs, what became of them, and whether the job runs.
const staged = (by, results) => ({
  needs: {
    orgs: { result: "success", outputs: { here: "true", any: "true", "by-stage": JSON.stringify(Object.fromEntries(by.map((it) => [it, { include: [] }]))) } },
    ...Object.fromEntries(Object.entries(results).map(([job, result]) => [job, { result }])),
  },
});
const nowhere = orgs({ here: "false", any: "", "by-stage": "" });
const STAGES = {
  "approve-dev": [
    ["success", staged(["dev", "prod"], {}), true],
    ["failure", staged(["dev"], { plan: "failure" }), true],
    ["failure", staged(["test"], {}), false],
    ["cancelled", staged(["dev"], {}), false],
    ["success", nowhere, false],
  ],
  "approve-test": [
    ["success", staged(["dev", "test"], { "apply-dev": "success" }), true],
    ["failure", staged(["test"], { "apply-dev": "skipped" }), true],
    ["failure", staged(["dev", "test"], { "apply-dev": "failure" }), false],
    // It was not approved.
    ["failure", staged(["dev", "test"], { "apply-dev": "skipped" }), false],
    ["failure", staged(["dev", "test"], { "apply-dev": "cancelled" }), false],
    ["failure", staged(["dev"], { "apply-dev": "success" }), false],
    ["cancelled", staged(["test"], { "apply-dev": "skipped" }), false],
    ["failure", nowhere, false],
  ],
  "approve-prod": [
    ["success", staged(["dev", "test", "prod"], { "apply-dev": "success", "apply-test": "success" }), true],
    ["failure", staged(["dev", "prod"], { "apply-dev": "success", "apply-test": "skipped" }), true],
    ["failure", staged(["prod"], { "apply-dev": "skipped", "apply-test": "skipped" }), true],
    // A stage without orgs hides none that failed before it.
    ["failure", staged(["dev", "prod"], { "apply-dev": "failure", "apply-test": "skipped" }), false],
    ["failure", staged(["dev", "test", "prod"], { "apply-dev": "success", "apply-test": "failure" }), false],
    ["failure", nowhere, false],
  ],
  ...Object.fromEntries(["dev", "test", "prod"].map((it) => [`apply-${it}`, ["success", "failure", "skipped"].map((result) => [
    "failure", { needs: { [`approve-${it}`]: { result } } }, result === "success",
  ])])),
};

export async function tested(world) {
  const unused = new Set(Object.keys(CONDITIONS));
  let stages = 0;
  for (const file of ["check.yml", "plan.yml", "apply.yml", "drift.yml", "undo.yml"]) {
    const { jobs } = await world.workflow(file);
    for (const [name, job] of Object.entries(jobs)) {
      for (const [place, condition] of [[name, job.if], ...job.steps.map((it) => [`a step of ${name}`, it.if])]) {
        if (condition === undefined) continue;
        const cases = STAGES[place] ?? CONDITIONS[condition];
        assert.ok(cases, `${file}: ${place}: no table has: ${condition}`);
        if (STAGES[place]) stages += 1;
        else unused.delete(condition);
        for (const [status, context, expected] of cases) {
          assert.equal(isMet(condition, context, status), expected, `${file}: ${place}: ${condition}: ${status} ${JSON.stringify(context)}`);
        }
      }
    }
  }
  // With stages there is no approval of all.
  assert.equal(stages, stages ? Object.keys(STAGES).length : 0);
  const of_all = [...unused].filter((it) => !stages || !(it.includes("approve.result") || it === "${{ !cancelled() && needs.orgs.outputs.any == 'true' }}"));
  assert.deepEqual(of_all, [], "tables of no condition");
}
