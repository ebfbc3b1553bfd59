#!/usr/bin/env bash
# The last job of an apply: says by org what became of it, in the summary, and in the comment of the pull request that was
# merged. It is red unless every org that was due is applied, had nothing to do or is frozen.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"
# shellcheck source=kit/legs.sh
source "$here/legs.sh"

results="$RUNNER_TEMP/presencectl-result" body="$RUNNER_TEMP/presencectl-result.json"
rm -rf "$results"
mkdir -p "$results"
text="$results/comment.md" red=0
gather presencectl-result- report.json
frozen=()
while IFS= read -r name; do frozen+=("$name"); done < <(jq --raw-output '.[]' "$NEEDS/frozen.json" 2>/dev/null)
if [[ $ORGS_RESULT != success ]]; then
    printf '**Nothing was applied.** Which orgs are due could not be told; the reason is in [the run](%s).\n' "$(run_url)" >"$text"
    red=1
elif ((${#orgs[@]} + ${#frozen[@]} + ${#left[@]} == 0)); then
    printf 'No org is due: nothing was to be applied.\n' >"$text"
else
    if ((${#orgs[@]} + ${#frozen[@]} > 0)); then
        # What a frozen org has no report of is no fault of its.
        combined report "$results" ${frozen[@]+"${frozen[@]}"}
        ((status == 0 && failed == 0)) || red=1
    fi
    below="$results/below.md"
    {
        for name in ${left[@]+"${left[@]}"}; do printf '\n%s is left to the run of a newer commit.\n' "$(code "$name")"; done
        for folder in ${folders[@]+"${folders[@]}"}; do cat "$folder/not-reviewed.md" 2>/dev/null || :; done
        ((red == 0)) || printf '\nEach org is due until it is done: the next run of this workflow takes it up, or start it by hand with this org.\n'
    } >"$below"
    cat "$below" >>"$text"
    [[ ! -s $results/summary.md ]] || cat "$below" >>"$results/summary.md"
fi
[[ -s $results/summary.md ]] || cp "$text" "$results/summary.md"
cat "$results/summary.md" >>"$GITHUB_STEP_SUMMARY"

# after_merge: adds it to the comment of the pull request that this commit has merged, where there is one.
after_merge() {
    local found number comment tail='<!-- presencectl-kit:result -->'
    find_default_branch || return 1
    found=$(pages "commits/$GITHUB_SHA/pulls" . "select(.merged_at != null and .base.ref == \$ENV.default_branch
        and .base.repo.full_name == \$ENV.GITHUB_REPOSITORY) | .number | number") || return 1
    number=$(sed -n 1p <<<"$found")
    [[ -n $number ]] || return 0
    comment=$(pages "issues/$number/comments" . "select($(found_by "$(mark plan)")) | .id | number" | sed -n 1p) || return 1
    [[ -n $comment ]] || return 0
    ask "issues/comments/$comment" '.body | strings' >"$RUNNER_TEMP/presencectl-comment.md" || return 1
    # The result first, and the plan below it: that is cut first.
    jq --null-input --rawfile old "$RUNNER_TEMP/presencectl-comment.md" --rawfile new "$text" --arg tail "$tail" --arg mark "$(mark plan)" --arg run "$(run_url)" '
        ($old | split($tail) | last | ltrimstr($mark) | ltrimstr("\n")) as $plan
        | {body: ([$mark, "#### After the merge ([run](\($run)))", "", ($new | .[:20000]), "", $tail, $plan] | join("\n") | .[:65000])}' >"$body"
    api PATCH "issues/comments/$comment" "$body" >/dev/null
}
if [[ ${AFTER_MERGE:-} == true ]]; then
    ORG='' after_merge || {
        tell_error "the result could not be added to the comment of the merged pull request"
        red=1
    }
fi
exit "$red"
