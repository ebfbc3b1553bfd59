#!/usr/bin/env bash
# The last job of the nightly run: keeps the one issue that says how the orgs differ from the config, a line an org first. It is
# closed only when every org was read and agrees; a leg that failed, also before presencectl was started, is told there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"
# shellcheck source=kit/legs.sh
source "$here/legs.sh"

results="$RUNNER_TEMP/presencectl-drift"
rm -rf "$results"
mkdir -p "$results"
gather presencectl-drift- drift.json
differing=0 unknown=0
if [[ $ORGS_RESULT != success ]]; then
    unknown=1
    printf 'Which orgs there are could not be told; the reason is in [the run](%s).\n' "$(run_url)" >"$results/comment.md"
elif ((${#orgs[@]} > 0)); then
    combined drift "$results"
    differing=$(jq '[.orgs[] | select(.status == "drifted")] | length' "$results/combined.json" 2>/dev/null) || differing=0
    unknown=$(jq '[.orgs[] | select(.status | IN("drifted", "in-sync") | not)] | length' "$results/combined.json" 2>/dev/null) || unknown=1
    ((unknown > 0 || (status != 1 && failed == 0))) || unknown=1
    if [[ ${#orgs[@]} == 1 && -s ${folders[0]}/comment.md ]]; then
        cp "${folders[0]}/comment.md" "$results/comment.md"
        cp "${folders[0]}/drift.json" "$results/drift.json" 2>/dev/null || :
    elif ((differing > 0)); then
        printf '\nTo bring an org back to its config, start the workflow *presencectl apply* by hand with that org.\n' >>"$results/comment.md"
    fi
fi
cat "$results/comment.md" >>"$GITHUB_STEP_SUMMARY"

count=${#orgs[@]} subject='the org differs from its config' unsure='whether the org differs from its config is not known'
if ((count == 1)); then
    subject="${orgs[0]} differs from its config" unsure="whether ${orgs[0]} differs from its config is not known"
elif ((count > 1)); then
    subject="$differing of $count orgs differ from their config" unsure="whether $unknown of $count orgs differ from their config is not known"
fi
changes=true
((differing > 0)) || changes=false
((unknown == 0)) || changes=''
ORG='' SUBJECT=$subject UNSURE=$unsure "$here/drift-issue.sh" "$results" "$changes" || {
    tell_error 'the issue could not be written: what differs is in the summary of this run'
    exit 1
}
((unknown == 0))
