#!/usr/bin/env bash
# What the jobs of .gitlab-ci.yml do: install, plan, apply, drift.
set -euo pipefail

# What the job of an old commit ends with. Under `allow_failure` in .gitlab-ci.yml, so that it is no deployment: GitLab would
# take the old commit for the one that was applied last.
readonly SUPERSEDED=75

readonly project="projects/${CI_PROJECT_ID:-}" merge_request="projects/${CI_PROJECT_ID:-}/merge_requests/${CI_MERGE_REQUEST_IID:-}"

# Where a job is cancelled, GitLab Runner sends SIGTERM to every process of its script, to presencectl as well, and its own
# shell waits for what runs (gitlab-org/gitlab-runner: shells/bash.go, and merge request 4446 for containers); some seconds
# later it kills what is left. So nothing is handed on here. With a trap bash waits for presencectl, which lets what is in
# flight end and reports, and ends only then.
trap 'exit 143' TERM

fail() {
    printf 'presencectl.sh: %s\n' "$1" >&2
    exit 1
}

# encoded TEXT: as a part of an address or of a mark. No two texts become one.
encoded() {
    jq --null-input --raw-output --arg it "$1" '$it | @uri'
}

# ask ARGUMENT…: curl with the token. It goes by a file descriptor: arguments can be seen by others. And as what curl does
# not hand on where an artifact is fetched from another host.
ask() {
    curl --silent --show-error --location --max-time 60 "$@" \
        --header "@"<(printf 'Authorization: Bearer %s\n' "$GITLAB_TOKEN")
}

# api METHOD PATH [FILE]: asks GitLab's API, with FILE as the body, and prints the answer. Reads are tried again: so the answer
# goes through a file, which curl empties before it tries again. On standard output what a failed try answered would stay
# in front of the answer.
api() {
    local method=$1 path=$2 body=${3:-} answer status=0
    local -a more=()
    [[ -z $body ]] || more+=(--header 'Content-Type: application/json' --data-binary "@$body")
    [[ $method != GET ]] || more+=(--retry 3)
    answer=$(mktemp) || return 1
    ask --fail-with-body --request "$method" --output "$answer" "${more[@]}" "$CI_API_V4_URL/$path" || status=$?
    if ((status == 0)); then
        cat "$answer" || status=$?
    else
        printf '%s %s: %s\n' "$method" "$path" "$(head -c 1000 "$answer" | tr -d '\000')" >&2
    fi
    rm -f "$answer"
    return "$status"
}

# read_json PATH FILTER: what a jq filter finds in an answer, one value a line, texts as they are. What decides something
# fails where the answer is not what it has to be: `list`, `sha` and `number` say what that is.
read_json() {
    local answer
    answer=$(api GET "$1") || return 1
    jq --slurp --compact-output --raw-output '
        def wanted(what; condition): if condition then . else error("GitLab answered with \(tojson[:200]), which is no \(what)") end;
        def list: wanted("list"; type == "array");
        def sha: wanted("commit"; type == "string" and test("^[0-9a-f]{40,64}$"));
        def number: wanted("number"; type == "number");
        wanted("one document"; length == 1) | .[0] | '"$2" <<<"$answer"
}

# artifact JOB FILE: fetches the plan of a job. 1 where there is none (any more).
artifact() {
    local code
    code=$(ask --retry 3 --output "$2" --write-out '%{http_code}' "$CI_API_V4_URL/$project/jobs/$1/artifacts/plan.json")
    [[ $code == 200 || $code == 404 ]] || fail "the plan of the job $1 could not be read: $code"
    [[ $code == 200 ]]
}

# between FROM TO: the commits of TO that FROM has not.
between() {
    read_json "$project/repository/compare?from=$1&to=$2" \
        'if .compare_timeout then error("GitLab did not compare them to the end") else .commits | list | .[].id | sha end'
}

# deployments ORDER [FILTER]: the commit of the first one of the environment that applies, by age; nothing where there is none.
deployments() {
    read_json "$project/deployments?environment=$(encoded "presence-apply/$ORG")&order_by=id&per_page=1&sort=$1${2:-}" \
        'list | .[0] // empty | .sha | sha'
}

install() {
    local archive=presencectl-x86_64-unknown-linux-musl.tar.gz sums=SHA256SUMS
    local from="https://github.com/$PRESENCECTL_REPOSITORY/releases/download/v$PRESENCECTL_VERSION"
    curl --silent --show-error --fail --location --proto '=https' --retry 3 --output "$archive" "$from/$archive"
    if [[ -n ${PRESENCECTL_SHA256:-} ]]; then
        printf '%s  %s\n' "$PRESENCECTL_SHA256" "$archive" >"$sums"
    else
        curl --silent --show-error --fail --location --proto '=https' --retry 3 --output "$sums" "$from/$sums"
    fi
    grep " [ *]$archive\$" "$sums" | sha256sum -c -
    tar -xzf "$archive"
    rm "$archive" "$sums"
}

# Keeps the one note of this org in the merge request. It is found by its first line and its author: nobody else's note
# is touched. Where nothing changes, none is made.
note() {
    local changes=$1 mark me found page ours='' length
    [[ -n ${GITLAB_TOKEN:-} ]] || return 0
    mark="<!-- presencectl-kit:plan $(encoded "$ORG") -->"
    me=$(read_json user '.id | number')
    for ((page = 1; page <= 20; page++)); do
        found=$(read_json "$merge_request/notes?per_page=100&page=$page" "list | \"\(length) \([.[]
            | select(.author.id == $me and (.body | startswith($(jq --null-input --arg mark "$mark" '$mark'))))][0]
            | if . then .id | number else \"\" end)\"")
        read -r length ours <<<"$found"
        [[ -z $ours && $length == 100 ]] || break
    done
    # A note outlives the commit that it speaks of. GitLab has no summary of a job: its log and its artifacts have the whole.
    jq --null-input --arg mark "$mark" --rawfile body comment.md --arg commit "${CI_COMMIT_SHA:0:7}" --arg job "$CI_JOB_URL" \
        '{body: "\($mark)\n\($body)\n\nPlanned at `\($commit)`. The whole is in the log of [the job](\($job)), and in its artifact `plan.json`."}' >note.json
    if [[ -n $ours ]]; then
        api PUT "$merge_request/notes/$ours" note.json >/dev/null
    elif [[ $changes != no ]]; then
        api POST "$merge_request/notes" note.json >/dev/null
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
# that succeeded. The plans need no trust: they can only narrow what is done. Every answer is looked at before it is used:
# one that failed must end the job, and not look as if there were nothing to do.
apply() {
    local last since list later sha iids iid pipeline job status=0
    local -a commits=() reviewed=()
    rm -rf reviewed
    mkdir reviewed
    last=$(deployments desc '&status=success')
    since=$last
    if [[ -z $last ]]; then
        # Nothing was ever applied: since the first job that tried, which is the oldest of all.
        since=$(deployments asc)
        since=${since:-$CI_COMMIT_SHA}
    fi
    # What is as old as the commit counts as well: this may be the same job again.
    commits=("$since")
    if [[ $since != "$CI_COMMIT_SHA" ]]; then
        list=$(between "$since" "$CI_COMMIT_SHA")
        if [[ -n $last && -z $list ]]; then
            later=$(between "$CI_COMMIT_SHA" "$last")
            [[ -n $later ]] || fail "GitLab does not tell whether $last or $CI_COMMIT_SHA is the later one: nothing is done"
            echo "$last is applied already, and it is later than $CI_COMMIT_SHA: nothing is done"
            exit "$SUPERSEDED"
        fi
        [[ -z $last ]] || commits=()
        while IFS= read -r sha; do commits+=("${sha:-$CI_COMMIT_SHA}"); done <<<"$list"
    fi
    for sha in "${commits[@]}"; do
        iids=$(read_json "$project/repository/commits/$sha/merge_requests?per_page=100" \
            'list | .[] | select(.state == "merged") | .iid | number')
        while IFS= read -r iid; do
            [[ -n $iid && ! -e reviewed/$iid.json ]] || continue
            pipeline=$(read_json "$project/merge_requests/$iid/pipelines?per_page=1" 'list | .[0] // empty | .id | number')
            [[ -n $pipeline ]] || continue
            job=$(read_json "$project/pipelines/$pipeline/jobs?per_page=100" \
                '[list | .[] | select(.name == "plan")][0] // empty | .id | number')
            [[ -n $job ]] || continue
            artifact "$job" "reviewed/$iid.json" || continue
            # A plan that failed has written why, which is no plan.
            [[ $(jq --raw-output .kind "reviewed/$iid.json") == plan ]] || continue
            reviewed+=(--plan "reviewed/$iid.json")
        done <<<"$iids"
    done
    if ((${#reviewed[@]} == 0)); then
        # Nothing was reviewed, and so nothing may be done. Where nothing is to be done, that is no fault.
        ./presencectl plan "$CONFIG" --org "$ORG" --detailed-exitcode || status=$?
        ((status != 2)) || fail "no reviewed plan was found, and there are changes: nothing was applied"
        exit "$status"
    fi
    ./presencectl apply "$CONFIG" --org "$ORG" --auto-approve "${reviewed[@]}" --report-dir reports
}

# What is otherwise in the org. By the commit that was applied last it is told what was edited by hand.
drift() {
    local last=''
    local -a applied=()
    # What is otherwise in the org is told all the same where GitLab does not answer.
    [[ -z ${GITLAB_TOKEN:-} ]] || last=$(deployments desc '&status=success') ||
        echo 'which commit was applied last is not known: what was edited by hand is not told from what was merged' >&2
    if [[ -n $last ]]; then
        git config --global --add safe.directory "$CI_PROJECT_DIR"
        applied=(--applied "$last")
    fi
    ./presencectl drift "$CONFIG" --org "$ORG" "${applied[@]}" --detailed-exitcode
}

"$1"
