#!/usr/bin/env bash
# Before every apply: is this commit superseded? What do earlier runs report, if the report of this one is kept? And, with
# FIND_PLANS, what was reviewed of everything that was merged since the last apply that succeeded: the plans of those pull
# requests, as artifacts. Both can only narrow what an apply does.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

folder="$RUNNER_TEMP/presencectl-reviewed/org-$(encoded "${ORG:-}")"
rm -rf "$folder"
mkdir -p "$folder"
output folder "$folder"
output superseded false

find_default_branch || fail "GitHub does not say which the default branch is: nothing is done"
# As in `OWNER/REPO/.github/workflows/apply.yml@refs/heads/main`.
workflow=${GITHUB_WORKFLOW_REF%%@refs/*}
workflow=${workflow##*/}
last=$(last_applied "$workflow") || fail "GitHub does not say which commit was applied last: nothing is done"

since=$last
if [[ -n $last && $last != "$GITHUB_SHA" ]]; then
    case $(relation "$last" "$GITHUB_SHA" || echo unknown) in
        ahead | identical) ;;
        behind)
            # An old run that is started again, or that was overtaken: its tree would undo what was merged later.
            note "${last:0:7} is applied already, and it is later than ${GITHUB_SHA:0:7}: nothing is done"
            output superseded true
            exit 0
            ;;
        diverged) fail "${last:0:7} of $default_branch is applied already, and ${GITHUB_SHA:0:7} does not contain it: nothing is done. Start $workflow by hand on $default_branch" ;;
        *) fail "GitHub does not say which of ${last:0:7}, which is applied, and ${GITHUB_SHA:0:7} is later: nothing is done" ;;
    esac
fi
later=$(later_run "$workflow") || fail "GitHub does not say whether a later commit is applied: nothing is done"
[[ -z $later ]] ||
    fail "a later commit than ${GITHUB_SHA:0:7} has begun to be applied, and what it has done would be undone: nothing is done. Start that run again instead: $later"
if [[ -n ${REPORT_DIR:-} ]]; then
    earlier="$RUNNER_TEMP/presencectl-earlier/org-$(encoded "${ORG:-}")"
    "$here/earlier-reports.sh" "$workflow" "$earlier"
    output reports "$earlier"
fi
[[ ${FIND_PLANS:-true} == true ]] || exit 0

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

# reviewed_plan HEAD: the newest artifact with the plan of this commit that the plan workflow of the default branch has made.
# The name of an artifact proves nothing: any workflow of any branch may use it.
reviewed_plan() {
    local number answer artifact run counts artifacts
    artifacts="actions/artifacts?name=$(encoded "presencectl-plan-${ORG:-default}-$1")"
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
    printf 'more than 2,000 artifacts are called presencectl-plan-%s-%s\n' "${ORG:-default}" "$1" >&2
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
        artifact=$(reviewed_plan "$head")
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
