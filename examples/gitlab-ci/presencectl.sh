#!/usr/bin/env bash
# What the jobs of .gitlab-ci.yml do: install, plan, apply.
set -euo pipefail

# api METHOD PATH [FILE]: asks GitLab's API. The token goes by a file descriptor: arguments can be seen by others.
api() {
    local method=$1 path=$2 body=${3:-}
    local -a more=()
    [[ -z $body ]] || more+=(--header 'Content-Type: application/json' --data-binary "@$body")
    curl --silent --show-error --fail-with-body --location --max-time 60 --request "$method" "${more[@]}" \
        --header "@"<(printf 'PRIVATE-TOKEN: %s\n' "$GITLAB_TOKEN") "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$path"
}

install() {
    local archive=presencectl-x86_64-unknown-linux-musl.tar.gz sums=SHA256SUMS
    local from="https://github.com/$PRESENCECTL_REPOSITORY/releases/download/v$PRESENCECTL_VERSION"
    curl --silent --show-error --fail --location --proto '=https' --output "$archive" "$from/$archive"
    if [[ -n ${PRESENCECTL_SHA256:-} ]]; then
        printf '%s  %s\n' "$PRESENCECTL_SHA256" "$archive" >"$sums"
    else
        curl --silent --show-error --fail --location --proto '=https' --output "$sums" "$from/$sums"
    fi
    grep " [ *]$archive\$" "$sums" | sha256sum -c -
    tar -xzf "$archive"
    rm "$archive" "$sums"
}

# Keeps the one note of this org in the merge request. It is found by its first line and its author: nobody else's note
# is touched. Where nothing changes, none is made.
note() {
    local changes=$1 mark="<!-- presencectl-kit:plan ${ORG//[^A-Za-z0-9._]/_} -->" me notes page ours=''
    [[ -n ${GITLAB_TOKEN:-} ]] || return 0
    me=$(curl --silent --show-error --fail-with-body --header "@"<(printf 'PRIVATE-TOKEN: %s\n' "$GITLAB_TOKEN") \
        "$CI_API_V4_URL/user" | jq .id)
    for ((page = 1; page <= 20; page++)); do
        notes=$(api GET "merge_requests/$CI_MERGE_REQUEST_IID/notes?per_page=100&page=$page")
        ours=$(jq --arg mark "$mark" --argjson me "$me" \
            '[.[] | select(.author.id == $me and (.body | startswith($mark)))][0].id // empty' <<<"$notes")
        [[ -z $ours && $(jq length <<<"$notes") == 100 ]] || break
    done
    jq --null-input --arg mark "$mark" --rawfile body comment.md '{body: "\($mark)\n\($body)"}' >note.json
    if [[ -n $ours ]]; then
        api PUT "merge_requests/$CI_MERGE_REQUEST_IID/notes/$ours" note.json >/dev/null
    elif [[ $changes != no ]]; then
        api POST "merge_requests/$CI_MERGE_REQUEST_IID/notes" note.json >/dev/null
    fi
}

plan() {
    local status=0 changes=yes before
    local -a base=()
    # Where the pipeline runs on the merged result, that is the target branch; else where the merge request began.
    before=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}
    if [[ -n $before ]]; then
        git config --global --add safe.directory "$CI_PROJECT_DIR"
        base=(--base "$before")
    fi
    ./presencectl plan "$CONFIG" --org "$ORG" "${base[@]}" --detailed-exitcode --output human --output json=plan.json \
        --output markdown=comment.md || status=$?
    [[ $status != 0 ]] || changes=no
    [[ ! -s comment.md ]] || note "$changes"
    # Changes are what a merge request is for; everything else fails it.
    ((status == 0 || status == 2)) || exit "$status"
}

# Plans anew from the merged tree, and does nothing beyond what was reviewed in the merge requests since the last apply
# that succeeded. The plans need no trust: they can only narrow what is done.
apply() {
    local last sha iid pipeline job
    local -a commits=() reviewed=()
    rm -rf reviewed
    mkdir reviewed
    last=$(api GET "deployments?environment=presence-apply%2F$ORG&status=success&order_by=id&sort=desc&per_page=1" |
        jq --raw-output '.[0].sha // empty')
    if [[ -n $last && $last != "$CI_COMMIT_SHA" ]]; then
        while IFS= read -r sha; do commits+=("$sha"); done < <(
            api GET "repository/compare?from=$last&to=$CI_COMMIT_SHA" | jq --raw-output '.commits[].id')
        if ((${#commits[@]} == 0)); then
            echo "$last is applied already, and it is later than $CI_COMMIT_SHA: nothing is done"
            return 0
        fi
    else
        commits=("$CI_COMMIT_SHA")
    fi
    for sha in "${commits[@]}"; do
        while IFS= read -r iid; do
            [[ -n $iid && ! -e reviewed/$iid.json ]] || continue
            pipeline=$(api GET "merge_requests/$iid/pipelines?per_page=1" | jq '.[0].id // empty')
            [[ -n $pipeline ]] || continue
            job=$(api GET "pipelines/$pipeline/jobs?per_page=100" | jq '[.[] | select(.name == "plan")][0].id // empty')
            [[ -n $job ]] || continue
            api GET "jobs/$job/artifacts/plan.json" >"reviewed/$iid.json" || continue
            # A plan that failed has written why, which is no plan.
            [[ $(jq --raw-output .kind "reviewed/$iid.json") == plan ]] || continue
            reviewed+=(--plan "reviewed/$iid.json")
        done < <(api GET "repository/commits/$sha/merge_requests" | jq '.[] | select(.state == "merged") | .iid')
    done
    if ((${#reviewed[@]} == 0)); then
        # Nothing was reviewed, and so nothing may be done. Where nothing is to be done, that is no fault.
        ./presencectl plan "$CONFIG" --org "$ORG" --detailed-exitcode
        return
    fi
    ./presencectl apply "$CONFIG" --org "$ORG" --auto-approve "${reviewed[@]}" --report-dir reports
}

"$1"
