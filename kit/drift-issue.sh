#!/usr/bin/env bash
# drift-issue.sh FOLDER CHANGES: keeps the one issue that says how this org differs from the config, as presencectl has written
# it. It opens it, rewrites it, and closes it when org and config agree again. Where the run failed, or a question is open, and
# so it is not known all of it, the issue says that.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

folder=$1 changes=$2
mark=$(mark drift)
author=$(encoded "$COMMENT_AUTHOR")
found=$(pages "issues?state=all&sort=updated&direction=desc&creator=$author" . \
    "select(.pull_request == null and $(found_by "$mark")) | \"\(.number | number) \(.state | word([\"open\", \"closed\"]))\"" 5 |
    sed -n 1p)
read -r number state <<<"$found"

body="$RUNNER_TEMP/presencectl-body.json" text="$RUNNER_TEMP/presencectl-issue.md" issue="$RUNNER_TEMP/presencectl-issue.json"
if [[ $changes == false ]]; then
    [[ $state == open ]] || exit 0
    jq --null-input '{state: "closed", state_reason: "completed"}' >"$body"
    api PATCH "issues/$number" "$body" >/dev/null
    exit 0
fi
if [[ $changes == true ]]; then
    title="presencectl: ${ORG:-the org} differs from its config"
    printf '%s differs from its config, as of %s\n\n' "${ORG:-The org}" "$(run_url)" >"$text"
else
    title="presencectl: whether ${ORG:-the org} differs from its config is not known"
    what='failed'
    # It has a result: what it asks.
    [[ $(jq --raw-output .kind "$folder/drift.json" 2>/dev/null) != drift ]] || what='has a question that only a person can answer'
    printf 'The run that compares %s with its config %s: %s\n\n' "${ORG:-the org}" "$what" "$(run_url)" >"$text"
fi
cat "$folder/comment.md" >>"$text"
posted "$mark" "$text" "$issue"
if [[ -n $number ]]; then
    jq --arg title "$title" '. + {title: $title, state: "open"}' "$issue" >"$body"
    api PATCH "issues/$number" "$body" >/dev/null
else
    jq --arg title "$title" '. + {title: $title}' "$issue" >"$body"
    api POST issues "$body" >/dev/null
fi
