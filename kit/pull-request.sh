#!/usr/bin/env bash
# Reads the number of the pull request that a check's artifact names. The artifact comes from the pull request, which may
# be a stranger's: its number counts only where the head of that pull request is the commit that the check ran for.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

number=$(head -c 20 "$NUMBER_FILE" 2>/dev/null | tr -d '[:space:]' || true)
if [[ -z $number ]]; then
    # The merge queue: there is no pull request to comment on.
    output number ''
    exit 0
fi
[[ $number =~ ^[0-9]{1,10}$ ]] || fail "the artifact names no pull request"
head=$(api GET "pulls/$number" | jq --raw-output .head.sha)
if [[ $head != "$HEAD_SHA" ]]; then
    note "the head of pull request $number is another commit by now: this plan is not shown there"
    number=''
fi
output number "$number"
