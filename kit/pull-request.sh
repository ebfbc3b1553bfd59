#!/usr/bin/env bash
# Reads what a check's artifact says: the number of the pull request, and the commit into which it is merged. The artifact
# comes from the pull request, which may be a stranger's. So the number counts only where the head of that pull request is
# the commit that the check ran for, and the commit only where it is one of this branch: it is checked out later on.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

base=''
if [[ -n ${BASE_FILE:-} ]]; then
    base=$(head -c 41 "$BASE_FILE" 2>/dev/null | tr -d '[:space:]' || true)
    relation=''
    if [[ $base =~ ^[0-9a-f]{40}$ ]]; then
        branch=$(jq --null-input --raw-output --arg it "$GITHUB_REF_NAME" '$it | @uri')
        # A commit that is not here at all is answered with 404.
        relation=$(api GET "compare/$base...$branch?per_page=1" 2>/dev/null | jq --raw-output '.status // empty' 2>/dev/null) ||
            relation=''
    fi
    if [[ $relation != ahead && $relation != identical ]]; then
        note "the commit before is none of $GITHUB_REF_NAME: what the pull request does is not told from what was pending"
        base=''
    fi
fi
output base "$base"

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
