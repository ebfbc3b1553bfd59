#!/usr/bin/env bash
# check-run.sh FILE TITLE: puts the annotations that presencectl wrote for a log at the lines of COMMIT. A workflow that
# another one started belongs to the default branch, and so its own annotations never reach a pull request; those of a check
# run at its head do. Each plan makes one, also without annotations: it takes the place of the one before.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

[[ ${COMMIT:-} =~ ^[0-9a-f]{40}$ ]] || fail "the input commit is no commit"
commands="$RUNNER_TEMP/presencectl-annotations" body="$RUNNER_TEMP/presencectl-check-run.json"
cat "$1" >"$commands" 2>/dev/null || : >"$commands"
# presencectl writes at most 10 of a level, which is within the 50 of one request. What has no line (a removal that no line
# asks for) goes into the summary, which is Markdown: as code, in which nothing of it acts.
jq --null-input --rawfile commands "$commands" --arg name "presencectl lines${ORG:+ ($ORG)}" --arg commit "$COMMIT" \
    --arg run "$(run_url)" --arg title "$2" '
    def text: gsub("%0D"; "\r") | gsub("%0A"; "\n") | gsub("%3A"; ":") | gsub("%2C"; ",") | gsub("%25"; "%");
    [$commands | split("\n")[]
        | capture("^::(?<level>error|warning|notice) (?<properties>[^:]*)::(?<message>.*)$")
        | {level, message: (.message | text)}
          + (.properties | split(",") | map(capture("^(?<key>[a-z]+)=(?<value>.*)$") | .value |= text) | from_entries)]
    | map(select(.file)) as $placed
    | map(select(.file | not) | "\(.title)\n\(.message)" | split("\n") | map("    \(.)") | join("\n")) as $others
    | {
        name: $name, head_sha: $commit, status: "completed", conclusion: "neutral", details_url: $run,
        output: {
            title: $title[:200],
            summary: (["What the plan says of single lines. The whole is in the log of [the run](\($run))."] + $others
                | join("\n\n") | .[:60000]),
            annotations: [$placed[:50][] | {
                path: .file, start_line: (.line | tonumber), end_line: (.line | tonumber),
                start_column: (.col | tonumber), end_column: (.col | tonumber),
                annotation_level: {error: "failure", warning: "warning", notice: "notice"}[.level],
                title: .title[:255], message: .message[:16000]
            }]
        }
    }' >"$body"
api POST check-runs "$body" >/dev/null
