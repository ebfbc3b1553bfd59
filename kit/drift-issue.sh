#!/usr/bin/env bash
# drift-issue.sh FOLDER CHANGES: keeps the one issue that says how this org differs from the config. It opens it, rewrites
# it, and closes it when org and config agree again. It tells apart what was merged and never applied, and what somebody
# edited by hand: what the commit that was applied last asks for as well can only be the org's doing. Where the run failed,
# and so nobody knows whether they differ, the issue says that.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

folder=$1 changes=$2
mark=$(mark drift)
plan="$folder/plan.json"

# The commit whose apply succeeded last, and what its config would change in the org.
applied() {
    api GET "actions/workflows/$APPLY_WORKFLOW/runs?branch=$(encoded "$GITHUB_REF_NAME")&status=success&per_page=1" |
        jq --raw-output '.workflow_runs[0].head_sha // empty'
}

# give_at FOLDER: as `give`, and every path below this repository is the one in FOLDER instead. Relative paths are by
# themselves.
give_at() {
    local index at=$1 typed real top
    top=$(git rev-parse --show-toplevel)
    give
    for index in "${!given[@]}"; do
        typed=${given[index]}
        [[ $typed == /* && -e $typed ]] || continue
        # Without links: Git names its folder so.
        real=$(cd "$(dirname "$typed")" && pwd -P)/$(basename "$typed")
        [[ ! -d $typed ]] || real=$(cd "$typed" && pwd -P)
        case $real/ in "$top"/*) given[index]=$at${real#"$top"} ;; esac
    done
}

classify() {
    local last prefix before="$RUNNER_TEMP/presencectl-applied" old="$folder/applied.json" status=0
    last=$(applied)
    if [[ ! $last =~ ^[0-9a-f]{40}$ ]] || ! git cat-file -e "$last^{commit}" 2>/dev/null; then
        echo "Nobody can tell what was edited by hand: the commit that was applied last is not known here."
        echo "It takes an apply that succeeded, and the whole history (fetch-depth: 0 of actions/checkout)."
        return
    fi
    prefix=$(git rev-parse --show-prefix)
    rm -rf "$before"
    git worktree prune
    git worktree add --quiet --detach "$before" "$last"
    give_at "$before"
    (cd "$before/$prefix" && "$PRESENCECTL" plan "${given[@]}" --output "json=$old" >/dev/null 2>&1) || status=$?
    git worktree remove --force "$before"
    if ((status != 0)); then
        # Its files may be refused by now, as after a change of the tool.
        printf 'Nobody can tell what was edited by hand: the config of %s cannot be planned any more.\n' "${last:0:7}"
        return
    fi
    # A list is cut after 40 rows: the plan below it says all.
    jq --raw-output --null-input --arg last "${last:0:7}" --slurpfile now "$plan" --slurpfile old "$old" '
        # A change, without what may differ between two plans of the same thing.
        def same: {action, key, id, systemPresence, before, after};
        def of($other): (.key != null and .key == $other.key) or (.id != null and .id == $other.id);
        def lines: (.[:40][] | "- \(.action) " + if .key then "`\(.key)`" else "`\(.id)`" end),
            if length > 40 then "- and \(length - 40) more" else empty end;
        def section($title): if length > 0 then "### \($title)", "", lines, "" else empty end;
        [$old[0].changes[] | same] as $before
        | [$now[0].changes[] | same | . as $it
            | {change: ., kind: (if IN($before[]) then "edited"
                elif any($before[]; of($it)) then "both"
                else "merged" end)}] as $all
        | def kind($name): [$all[] | select(.kind == $name) | .change];
        (kind("merged") | section("Merged, not applied since \($last)")),
        (kind("edited") | section("Edited by hand in the org")),
        (kind("both") | section("Edited by hand in the org, and changed in the config since \($last)"))'
}

author=$(encoded "$COMMENT_AUTHOR")
found=$(pages "issues?state=all&sort=updated&direction=desc&creator=$author" . \
    "select(.pull_request == null and $(found_by "$mark")) | {number, state}" 5 | sed -n 1p)
number=$(jq --raw-output '.number // empty' <<<"$found")
state=$(jq --raw-output '.state // empty' <<<"$found")

body="$RUNNER_TEMP/presencectl-issue.json" text="$RUNNER_TEMP/presencectl-issue.md"
if [[ $changes == false ]]; then
    [[ $state == open ]] || exit 0
    jq --null-input '{state: "closed", state_reason: "completed"}' >"$body"
    api PATCH "issues/$number" "$body" >/dev/null
    exit 0
fi
if [[ $changes == true ]]; then
    title="presencectl: ${ORG:-the org} differs from its config"
    {
        printf '%s differs from its config, as of %s\n\n' "${ORG:-The org}" "$(run_url)"
        classify
        printf '\nKeep what was edited by hand by writing it into the config, or take it back with the apply workflow.\n\n'
    } >"$text"
else
    title="presencectl: whether ${ORG:-the org} differs from its config is not known"
    printf 'The run that compares %s with its config failed: %s\n\n' "${ORG:-the org}" "$(run_url)" >"$text"
fi
cat "$folder/comment.md" >>"$text"
posted "$mark" "$text" "$folder/issue.json"
if [[ -n $number ]]; then
    jq --arg title "$title" '. + {title: $title, state: "open"}' "$folder/issue.json" >"$body"
    api PATCH "issues/$number" "$body" >/dev/null
else
    jq --arg title "$title" '. + {title: $title}' "$folder/issue.json" >"$body"
    api POST issues "$body" >/dev/null
fi
