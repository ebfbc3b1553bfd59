#!/usr/bin/env bash
# Sets the commit status that a pull request, or a group of the merge queue, waits for. A workflow that another one
# started belongs to the default branch, and so it has to say for which commit it ran.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

[[ $HEAD_SHA =~ ^[0-9a-f]{40}$ ]] || fail "HEAD_SHA is no commit"
case ${JOB_STATUS} in
    success) state=success text='The plan is in the summary and the log' ;;
    pending) state=pending text='The plan is being made' ;;
    *) state=failure text='There is no plan, or it is refused' ;;
esac
text=${DESCRIPTION:-$text}
body="$RUNNER_TEMP/presencectl-status.json"
jq --null-input --arg state "$state" --arg text "$text" --arg context "$CONTEXT" --arg url "$(run_url)" \
    '{state: $state, description: $text[:140], context: $context, target_url: $url}' >"$body"
api POST "statuses/$HEAD_SHA" "$body" >/dev/null
