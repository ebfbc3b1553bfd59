#!/usr/bin/env bash
# drift-issue.sh FOLDER: keeps the one issue that says how this org differs from the config. It opens it, rewrites it, and
# closes it when org and config agree again. It tells apart what was merged and never applied, and what somebody edited by
# hand: what the commit that was applied last asks for as well can only be the org's doing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

folder=$1
mark=$(mark drift)
plan="$folder/plan.json"

# The commit whose apply succeeded last, and what its config would change in the org.
applied() {
    api GET "actions/workflows/$APPLY_WORKFLOW/runs?branch=$(jq --null-input --raw-output --arg it "$GITHUB_REF_NAME" '$it | @uri')&status=success&per_page=1" |
        jq --raw-output '.workflow_runs[0].head_sha // empty'
}

# A change, without what may differ between two plans of the same thing.
same='{action, key, id, systemPresence, before, after}'

classify() {
    local last before="$RUNNER_TEMP/presencectl-applied" old="$folder/applied.json" status=0
    last=$(applied)
    if [[ ! $last =~ ^[0-9a-f]{40}$ ]] || ! git cat-file -e "$last^{commit}" 2>/dev/null; then
        echo "Nobody can tell what was edited by hand: the commit that was applied last is not known here."
        echo "It takes an apply that succeeded, and the whole history (fetch-depth: 0 of actions/checkout)."
        return
    fi
    rm -rf "$before"
    git worktree prune
    git worktree add --quiet --detach "$before" "$last"
    give
    (cd "$before" && "$PRESENCECTL" plan "${given[@]}" --output "json=$old" >/dev/null 2>&1) || status=$?
    git worktree remove --force "$before"
    if ((status != 0)); then
        # Its files may be refused by now, as after a change of the tool.
        printf 'Nobody can tell what was edited by hand: the config of %s cannot be planned any more.\n' "${last:0:7}"
        return
    fi
    jq --raw-output --null-input --arg last "${last:0:7}" --slurpfile now "$plan" --slurpfile old "$old" "
        def lines: .[] | \"- \(.action) \" + if .key then \"\`\(.key)\`\" else \"\`\(.id)\`\" end;
        [\$old[0].changes[] | $same] as \$before
        | [\$now[0].changes[] | $same] as \$all
        | [\$all[] | select(IN(\$before[]))] as \$edited
        | [\$all[] | select(IN(\$before[]) | not)] as \$merged
        | (if (\$merged | length) > 0 then \"### Merged, not applied since \(\$last)\", \"\", (\$merged | lines), \"\" else empty end),
          (if (\$edited | length) > 0 then \"### Edited by hand in the org\", \"\", (\$edited | lines), \"\" else empty end)"
}

author=$(jq --null-input --raw-output '$ENV.COMMENT_AUTHOR | @uri')
found=$(pages "issues?state=all&sort=updated&direction=desc&creator=$author" . \
    "select(.pull_request == null and $(found_by "$mark")) | {number, state}" 5 | sed -n 1p)
number=$(jq --raw-output '.number // empty' <<<"$found")
state=$(jq --raw-output '.state // empty' <<<"$found")

body="$RUNNER_TEMP/presencectl-issue.json" text="$RUNNER_TEMP/presencectl-issue.md"
if [[ $(jq '.changes | length' "$plan") == 0 ]]; then
    [[ $state == open ]] || exit 0
    jq --null-input '{state: "closed", state_reason: "completed"}' >"$body"
    api PATCH "issues/$number" "$body" >/dev/null
    exit 0
fi
{
    printf '%s differs from its config, as of %s\n\n' "${ORG:-The org}" "$(run_url)"
    classify
    printf '\nKeep what was edited by hand by writing it into the config, or take it back with the apply workflow.\n\n'
    cat "$folder/comment.md"
} >"$text"
posted "$mark" "$text" "$folder/issue.json"
title="presencectl: ${ORG:-the org} differs from its config"
if [[ -n $number ]]; then
    jq --arg title "$title" '. + {title: $title, state: "open"}' "$folder/issue.json" >"$body"
    api PATCH "issues/$number" "$body" >/dev/null
else
    jq --arg title "$title" '. + {title: $title}' "$folder/issue.json" >"$body"
    api POST issues "$body" >/dev/null
fi
