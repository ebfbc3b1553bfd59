#!/usr/bin/env bash
# The last job of a proposal: the only one that writes the comment, the status and the lines. It has no org's credentials. It
# reads the head of the pull request right before it writes, and writes only where that is its own commit. Each thing is written
# by itself: one that cannot be costs no other.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"
# shellcheck source=kit/legs.sh
source "$here/legs.sh"

[[ $HEAD_SHA =~ ^[0-9a-f]{40}$ ]] || fail "HEAD_SHA is no commit"
results="$RUNNER_TEMP/presencectl-review"
rm -rf "$results"
mkdir -p "$results"
text="$results/comment.md" lines="$results/lines"
gather presencectl-plan- plan.json

job=success changes=true
if [[ $ORGS_RESULT != success ]]; then
    job=failure changes='' description='Which orgs are affected is not known'
    printf '**There is no plan.** Which orgs the change affects could not be told; the reason is in [the run](%s).\n' "$(run_url)" >"$text"
elif ((${#orgs[@]} == 0)); then
    description='No org is affected'
    printf 'No org of the default branch is affected.\n\n' >"$text"
    # What is new, or leaves: by the files alone.
    [[ $(jq '.groups == [] and .removed == [] and all(.orgs[]; .standing == "unaffected")' "$NEEDS/orgs.json" 2>/dev/null) != true ]] || changes=false
    cat "$NEEDS/orgs.md" >>"$text"
else
    has_commit "$AT" || fetch_commit "$AT" || fail "the commit ${AT:0:7}, which was planned, cannot be fetched: nothing is written"
    combined plan "$results"
    case $status in 0) changes=false ;; 2) ;; *) job=failure ;; esac
    ((failed == 0)) || job=failure
    files=()
    for folder in "${folders[@]}"; do files+=("$folder/plan.json"); done
    description=$(plan_title "${files[@]}")
    if [[ ${#orgs[@]} == 1 && $(jq '.orgs | length' "$NEEDS/default-branch.json") == 1 && -s ${folders[0]}/comment.md ]]; then
        # One org has the plan itself.
        cp "${folders[0]}/comment.md" "$text"
        cp "${folders[0]}/summary.md" "$results/summary.md" 2>/dev/null || :
    elif [[ $(jq 'any(.orgs[]; .standing == "new") or .removed != []' "$NEEDS/orgs.json") == true ]]; then
        # What the default branch does not know yet.
        printf '\nBy the files alone:\n\n' | cat - "$NEEDS/orgs.md" | tee -a "$results/summary.md" >>"$text"
    fi
fi
[[ -s $results/summary.md ]] || cp "$text" "$results/summary.md"
cat "$results/summary.md" >>"$GITHUB_STEP_SUMMARY"

unwritten=0
# once WHAT COMMAND…: one thing that is written; a failure is told and costs nothing else.
once() {
    local what=$1
    shift
    "$@" && return 0
    unwritten=1
    tell_error "$what could not be written; the plan and its artifact are there all the same"
}

if [[ -n ${PULL_REQUEST:-} ]]; then
    head=$(ask "pulls/$PULL_REQUEST" '.head.sha | sha') || fail "GitHub does not say which head pull request $PULL_REQUEST has: nothing is written"
    if [[ $head != "$HEAD_SHA" ]]; then
        note "pull request $PULL_REQUEST has the head ${head:0:7} by now, and this is of ${HEAD_SHA:0:7}: nothing is written. The newer one has its own plan"
        exit 0
    fi
fi
# What an apply is bound by later on: the plans of all orgs, in one artifact that is named by the head.
plans="$RUNNER_TEMP/presencectl-plans"
rm -rf "$plans"
for ((i = 0; i < ${#orgs[@]}; i++)); do
    [[ $(jq --raw-output .kind "${folders[i]}/plan.json" 2>/dev/null) == plan ]] || continue
    mkdir -p "$plans/presencectl-plan-${orgs[i]}"
    cp "${folders[i]}/plan.json" "$plans/presencectl-plan-${orgs[i]}/"
    output plans "$plans"
done
export COMMIT=$HEAD_SHA ORG=''
once 'the status' env JOB_STATUS="$job" DESCRIPTION="$description" CONTEXT="${CONTEXT:-presencectl plan}" "$here/status.sh"
if [[ -n ${PULL_REQUEST:-} ]]; then
    once 'the comment' "$here/comment.sh" "$text" "$changes"
    once 'the check run with the lines' "$here/check-run.sh" "$lines" "$description"
fi
[[ $job == success && $unwritten == 0 ]]
