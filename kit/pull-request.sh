#!/usr/bin/env bash
# Reads what a check's artifact says: the number of the pull request. The artifact comes from the pull request, which may be
# a stranger's, and the comment has to be where the plan is reviewed. So the number counts only where GitHub says that the
# check ran for the head of that pull request; with any other one, or with none, nothing is planned. Only a group of the merge
# queue, which GitHub makes, has no pull request of its own.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

case $EVENT in
    merge_group)
        output number ''
        exit 0
        ;;
    pull_request) ;;
    *) fail "the check ran for the event $EVENT: nothing but pull_request and merge_group is planned" ;;
esac
number=$(head -c 20 "$NUMBER_FILE" 2>/dev/null | tr -d '[:space:]' || true)
[[ $number =~ ^[0-9]{1,10}$ ]] || fail "the artifact names no pull request, and the check ran for one: nothing is planned"
# One commit may be the head of several pull requests: the branch has to be the same, and where it goes.
# shellcheck disable=SC2016 # they are jq's variables
is_it=$(ask "pulls/$number" '.head.sha == $ENV.HEAD_SHA and .head.ref == $ENV.HEAD_BRANCH
    and .head.repo.full_name == $ENV.HEAD_REPOSITORY and .base.ref == $ENV.GITHUB_REF_NAME
    and (.state == "open" or .merged_at != null)')
[[ $is_it == true ]] ||
    fail "pull request $number is not, or is no longer, the one that ${HEAD_SHA:0:7} of $HEAD_REPOSITORY ($HEAD_BRANCH) was checked for on its way into $GITHUB_REF_NAME: nothing is planned"
output number "$number"
