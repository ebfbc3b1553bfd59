#!/usr/bin/env bash
# reviewed-plans.sh FOLDER: looks up in FOLDER what was reviewed of everything that was merged since the commit APPLIED: the plans of
# ORG of those pull requests, in the order in which they were merged. They can only narrow what an apply does. APPLIED is empty if
# that is not known.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

readonly folder=$1
rm -rf "$folder"
mkdir -p "$folder"

find_default_branch || fail "GitHub does not say which the default branch is: nothing is done"
workflow=${APPLY_WORKFLOW:-apply.yml}
last=${APPLIED:-}

since=$last
commits=()
if [[ -z $last ]]; then
    # Nothing was ever applied: since the first run, which failed as all of them did.
    since=$(first_run "$workflow") || fail "GitHub does not say which run of $workflow was the first: nothing is done"
    since=${since:-$GITHUB_SHA}
    commits+=("$since")
fi
if [[ $since != "$GITHUB_SHA" ]]; then
    list=$(pages "compare/$since...$GITHUB_SHA" .commits '.sha | sha')
    while IFS= read -r sha; do [[ -z $sha ]] || commits+=("$sha"); done <<<"$list"
elif [[ -n $last ]]; then
    commits=("$GITHUB_SHA")
fi

# reviewed_plans HEAD: the newest artifact with the plans of this commit that the plan workflow of the default branch has made.
# The name of an artifact proves nothing: any workflow of any branch may use it.
reviewed_plans() {
    local number answer artifact run counts artifacts
    artifacts="actions/artifacts?name=presencectl-plans-$1"
    for ((number = 1; number <= 20; number++)); do
        # shellcheck disable=SC2016 # they are jq's variables
        answer=$(page "$artifacts" .artifacts 'select(.expired | not) | .created_at as $created | .id as $id | .workflow_run
            | select(.head_repository_id == .repository_id and (.repository_id | type) == "number")
            | "\($created | moment) \($id | number) \(.id | number)"' "$number") || return 1
        while read -r _ artifact run; do
            [[ -n $run ]] || continue
            counts=$(ask "actions/runs/$run" "wanted(\"run\"; (.repository.id | type) == \"number\") | counts($(quoted "${PLAN_WORKFLOW:-plan.yml}"); [\"workflow_run\"])") || return 1
            [[ $counts != true ]] || {
                printf '%s' "$artifact"
                return 0
            }
        done <<<"$(sed 1d <<<"$answer" | sort -r)"
        [[ $answer == more* ]] || return 0
    done
    printf 'more than 2,000 artifacts are called presencectl-plans-%s\n' "$1" >&2
    return 1
}

number=0
seen=' '
for sha in ${commits[@]+"${commits[@]}"}; do
    # The answer may name a pull request of another repository with the same commit.
    heads=$(pages "commits/$sha/pulls" . "select(.merged_at != null and .base.ref == \$ENV.default_branch
        and .base.repo.full_name == \$ENV.GITHUB_REPOSITORY) | .head.sha | sha")
    while IFS= read -r head; do
        [[ -n $head && $seen != *" $head "* ]] || continue
        seen="$seen$head "
        artifact=$(reviewed_plans "$head")
        [[ -n $artifact ]] || continue
        number=$((number + 1))
        file=$(printf '%s/%03d.json' "$folder" "$number")
        api GET "actions/artifacts/$artifact/zip" >"$folder/plan.zip"
        unzip -Z1 "$folder/plan.zip" >/dev/null 2>&1 ||
            fail "the plans of ${head:0:7} (artifact $artifact) cannot be read, so what was reviewed is not known: nothing is done. Start this run again"
        # Each org's plan is in a folder of its own. What `unzip` would take for a pattern is escaped.
        name=$(printf 'presencectl-plan-%s/plan.json' "$ORG" | sed 's/[][*?\\]/\\&/g')
        unzip -p "$folder/plan.zip" "$name" >"$file" 2>/dev/null || :
        rm "$folder/plan.zip"
        # A run that failed has written why, which is no plan; and the pull request may not have affected this org.
        if [[ $(jq --raw-output .kind "$file" 2>/dev/null) != plan ]]; then
            rm "$file"
        fi
    done <<<"$heads"
done
found=$(find "$folder" -name '*.json' | wc -l)
note "${#commits[@]} commit(s) since ${last:+the last apply, }${since:0:7}, $((found)) reviewed plan(s) for $ORG"
