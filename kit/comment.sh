#!/usr/bin/env bash
# comment.sh FILE CHANGES: keeps the one comment of this org in a pull request. It is found by the marker in its first
# line and by its author; no one else's comment is touched. Where nothing changes, none is made.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

file=$1 changes=$2
[[ $PULL_REQUEST =~ ^[0-9]{1,10}$ ]] || fail "the input pull-request is no number"
mark=$(mark plan)
body="$RUNNER_TEMP/presencectl-comment.json" text="$RUNNER_TEMP/presencectl-comment.md"
{
    cat "$file"
    # A comment outlives the commit that it speaks of: where the next one fails its check, nothing is planned anew.
    printf '\n\n'
    [[ ! ${COMMIT:-} =~ ^[0-9a-f]{40}$ ]] ||
        printf 'Planned at [%s](%s/%s/commit/%s). ' "${COMMIT:0:7}" "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$COMMIT"
    # The summary of a run is cut as well where it passes what GitHub takes; the log has every change.
    printf 'The whole is in the log of [the run](%s).\n' "$(run_url)"
} >"$text"
posted "$mark" "$text" "$body"

ours=$(pages "issues/$PULL_REQUEST/comments" . "select($(found_by "$mark")) | .id | number" | sed -n 1p)
if [[ -n $ours ]]; then
    api PATCH "issues/comments/$ours" "$body" >/dev/null
elif [[ $changes != false ]]; then
    api POST "issues/$PULL_REQUEST/comments" "$body" >/dev/null
fi
