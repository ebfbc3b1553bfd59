#!/usr/bin/env bash
# Finds the pull request that a check ran for, and fetches what it would merge. Nothing that the pull request says counts, only
# what GitHub says of the run: its event, and the owner, branch and commit of its head. The plan has to be shown where it is
# reviewed, so where no open or merged pull request has this head, nothing is planned. Only a group of the merge queue, which
# GitHub makes, has no pull request of its own.
#
# The commit comes as Git objects, beside the default branch that is checked out here. Nothing of it is checked out, and so
# nothing of it can run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

readonly TRIES=6
folder=$(pwd)
[[ $HEAD_SHA =~ ^[0-9a-f]{40}$ ]] || fail "the check names no commit: nothing is planned"
find_default_branch || fail "GitHub does not say which the default branch is: nothing is planned"

# parent COMMIT NUMBER: a parent of a commit that was fetched; nothing where it has none.
parent() {
    git -c "safe.directory=$folder" rev-parse --quiet --verify "$1^$2" || :
}

# shellcheck disable=SC2153 # it is a variable of the step
case $EVENT in
    merge_group)
        [[ $HEAD_REPOSITORY_ID == "$REPOSITORY_ID" && $HEAD_BRANCH == "gh-readonly-queue/$default_branch/"* ]] ||
            fail "the check ran for a group of the merge queue of another branch than $default_branch: nothing is planned"
        fetch_commit "$HEAD_SHA" || fail "the group's commit ${HEAD_SHA:0:7} cannot be fetched: nothing is planned"
        output number ''
        output commit "$HEAD_SHA"
        output base ''
        exit 0
        ;;
    pull_request) ;;
    *) fail "the check ran for the event $EVENT, and only pull_request and merge_group are planned: nothing is planned" ;;
esac

head="$(encoded "$HEAD_OWNER"):$(encoded "$HEAD_BRANCH")"
# shellcheck disable=SC2016 # they are jq's variables
found=$(pages "pulls?state=all&base=$(encoded "$default_branch")&head=$head" . 'select(.head.sha == $ENV.HEAD_SHA
    and .head.ref == $ENV.HEAD_BRANCH and (.head.repo.id | tostring) == $ENV.HEAD_REPOSITORY_ID
    and .base.ref == $ENV.default_branch and (.state == "open" or .merged_at != null))
    | "\(.state | word(["open", "closed"])) \(.number | number)"') ||
    fail "GitHub does not say whose head ${HEAD_SHA:0:7} is: nothing is planned"
# An open one before one that was merged.
number=$(sort -r <<<"$found" | sed -n '1s/.* //p')
[[ -n $number ]] ||
    fail "${HEAD_SHA:0:7} is not, or is no longer, the head of a pull request of $HEAD_OWNER ($HEAD_BRANCH) into $default_branch: nothing is planned"

commit='' base=''
for ((try = 1; try <= TRIES; try++)); do
    # GitHub merges a pull request to see whether it can be, each time that either side has moved: until it has, it does not say
    # what comes of it, or says what came of an earlier state.
    # shellcheck disable=SC2016 # they are jq's variables
    said=$(ask "pulls/$number" 'if .head.sha != $ENV.HEAD_SHA then "moved -"
        elif .merged_at != null then "merged \(.merge_commit_sha // "-")"
        elif .state != "open" then "closed -"
        elif .mergeable == false then "conflicts -"
        elif .mergeable == true then "fresh \(.merge_commit_sha // "-")"
        else "pending \(.merge_commit_sha // "-")" end') ||
        fail "GitHub does not say what pull request $number would merge: nothing is planned"
    read -r state merge <<<"$said"
    case $state in
        moved) fail "pull request $number has another head than ${HEAD_SHA:0:7} by now: nothing is planned. Its newer check has its own plan" ;;
        closed) fail "pull request $number is closed: nothing is planned" ;;
        conflicts) fail "pull request $number has conflicts with $default_branch: nothing is planned. Merge $default_branch into it, or rebase it, and push" ;;
    esac
    if [[ $merge =~ ^[0-9a-f]{40}$ ]] && fetch_commit "$merge"; then
        base=''
        if [[ $state == merged ]]; then
            into=$merge
        elif [[ $(parent "$merge" 2) == "$HEAD_SHA" ]]; then
            # The merge of an older head is another one's plan, and so is one into another branch.
            base=$(parent "$merge" 1)
            into=$base
        else
            into=''
        fi
        if [[ -n $into ]]; then
            is_there=$(on_default_branch "$into") || fail "GitHub does not say whether ${into:0:7} is on $default_branch: nothing is planned"
            if [[ $is_there == true ]]; then
                commit=$merge
                [[ $state == pending ]] || break
            fi
        fi
    fi
    ((try == TRIES)) || sleep 5
done
[[ -n $commit ]] ||
    fail "GitHub has no merge of ${HEAD_SHA:0:7} (pull request $number) into $default_branch yet: nothing is planned. Start this run again"
output number "$number"
output commit "$commit"
# What the merge was made with: a newer commit of the default branch would show what was merged meanwhile as this one's.
output base "$base"
