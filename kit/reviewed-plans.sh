#!/usr/bin/env bash
# Finds what was reviewed of everything that was merged since the last apply that succeeded: the plans that the checks
# of those pull requests made, as artifacts. They need no trust, since they can only narrow what an apply does.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

folder="$RUNNER_TEMP/presencectl-reviewed/org-$(encoded "${ORG:-}")"
rm -rf "$folder"
mkdir -p "$folder"
output folder "$folder"
output superseded false

# As in `OWNER/REPO/.github/workflows/apply.yml@refs/heads/main`.
workflow=${GITHUB_WORKFLOW_REF%@*}
workflow=${workflow##*/}
runs="actions/workflows/$workflow/runs?branch=$(encoded "$GITHUB_REF_NAME")&per_page=1"
last=$(last_applied "$workflow")

commits=()
if [[ -z $last ]]; then
    # Nothing was ever applied: since the first run, which failed as all of them did. The oldest one is the last of the list.
    count=$(ask "$runs" '.total_count | number')
    first=$(ask "$runs&page=$((count > 0 ? count : 1))" '.workflow_runs | list | .[0] // empty | .head_sha | sha')
    since=${first:-$GITHUB_SHA}
    commits+=("$since")
else
    since=$last
fi
if [[ $since != "$GITHUB_SHA" ]]; then
    relation=$(ask "compare/$since...$GITHUB_SHA?per_page=1" '.status | word(["ahead", "behind", "diverged", "identical"])')
    if [[ -n $last && $relation == behind ]]; then
        # An old run that is started again, or that was overtaken: its tree would undo what was merged later.
        note "${last:0:7} is applied already, and it is later than ${GITHUB_SHA:0:7}: nothing is done"
        output superseded true
        exit 0
    fi
    list=$(pages "compare/$since...$GITHUB_SHA" .commits '.sha | sha')
    while IFS= read -r sha; do [[ -z $sha ]] || commits+=("$sha"); done <<<"$list"
elif [[ -n $last ]]; then
    commits=("$GITHUB_SHA")
fi

number=0
seen=' '
for sha in ${commits[@]+"${commits[@]}"}; do
    heads=$(pages "commits/$sha/pulls" . "select(.merged_at != null and .base.ref == \$ENV.GITHUB_REF_NAME) | .head.sha | sha")
    while IFS= read -r head; do
        [[ -n $head && $seen != *" $head "* ]] || continue
        seen="$seen$head "
        name="presencectl-plan-${ORG:-default}-$head"
        # Only what a workflow of this repository's own branches made, and the newest of it.
        artifact=$(ask "actions/artifacts?name=$(encoded "$name")&per_page=100" '[.artifacts | list | .[]
            | select(.expired | not) | select(.workflow_run.head_repository_id == .workflow_run.repository_id)]
            | sort_by(.created_at) | last // empty | .id | number')
        [[ -n $artifact ]] || continue
        number=$((number + 1))
        file=$(printf '%s/%03d.json' "$folder" "$number")
        api GET "actions/artifacts/$artifact/zip" >"$folder/plan.zip"
        unzip -p "$folder/plan.zip" plan.json >"$file"
        rm "$folder/plan.zip"
        # A check that failed has written why, which is no plan.
        if [[ $(jq --raw-output .kind "$file" 2>/dev/null) != plan ]]; then
            rm "$file"
        fi
    done <<<"$heads"
done
found=$(find "$folder" -name '*.json' | wc -l)
note "${#commits[@]} commit(s) since ${last:+the last apply, }${since:0:7}, $((found)) reviewed plan(s)"
