#!/usr/bin/env bash
# The last job of an apply: says by org what became of it, in the summary, and in the comment of the pull request that was
# merged. It is red unless every org that was due is applied, had nothing to do or is frozen.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"
# shellcheck source=kit/legs.sh
source "$here/legs.sh"

text="$RUNNER_TEMP/presencectl-result.md" body="$RUNNER_TEMP/presencectl-result.json"
find_legs presencectl-result- report.json
if [[ $ORGS_RESULT != success ]]; then
    printf '**Nothing was applied.** Which orgs are due could not be told; the reason is in [the run](%s).\n' "$(run_url)" >"$text"
    red=1
else
    red=0 good=0
    for state in ${states[@]+"${states[@]}"}; do
        case $state in none | applied) good=$((good + 1)) ;; superseded) ;; *) red=1 ;; esac
    done
    {
        if ((${#orgs[@]} == 0)); then
            printf 'No org is due: nothing was to be applied.\n'
        else
            printf '**%s of %s orgs have what %s asks.**\n\n' "$good" "${#orgs[@]}" "${GITHUB_SHA:0:7}"
            show_legs summary.md
        fi
        [[ ! -s $NEEDS/frozen.json ]] || jq --raw-output '.[] | "\n`\(.org | gsub("[`\n]"; " "))` is frozen until \(.until), and was not applied."' "$NEEDS/frozen.json"
    } >"$text"
    ((red == 0)) || printf '\nEach org is due until it is done: the next run of this workflow takes it up, or start it by hand with this org.\n' >>"$text"
fi
cat "$text" >>"$GITHUB_STEP_SUMMARY"

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
