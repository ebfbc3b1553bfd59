#!/usr/bin/env bash
# What the jobs of .gitlab-ci.yml do: install, validate, plan, apply, drift.
set -euo pipefail

# What the job of an old commit ends with. Under `allow_failure` in .gitlab-ci.yml, so that it is no deployment: GitLab would
# take the old commit for the one that was applied last.
readonly SUPERSEDED=75

# How many jobs before this one are asked for their reports.
readonly EARLIER_JOBS=5

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
# in front of the answer. It ends with not_found for a 404.
readonly not_found=44
api() {
    local method=$1 path=$2 body=${3:-} answer code status=0
    local -a more=()
    [[ -z $body ]] || more+=(--header 'Content-Type: application/json' --data-binary "@$body")
    [[ $method != GET ]] || more+=(--retry 3)
    answer=$(mktemp) || return 1
    code=$(ask --fail-with-body --request "$method" --output "$answer" --write-out '%{http_code}' ${more[@]+"${more[@]}"} \
        "$CI_API_V4_URL/$path") || status=$?
    # curl 8.14 ends with 0 after a refusal if it was told to try again (curl/curl#17554): the code of the answer counts.
    [[ $status != 0 || $code == 2?? ]] || status=22
    if ((status == 0)); then
        cat "$answer" || status=$?
    elif ((status == 2)) && ! curl --fail-with-body --version >/dev/null 2>&1; then
        echo 'this curl does not know --fail-with-body: curl 7.76 or newer is needed, and nothing was sent' >&2
    else
        printf '%s %s: %s\n' "$method" "$path" "$(head -c 1000 "$answer" | tr -d '\000')" >&2
    fi
    rm -f "$answer"
    [[ $status == 0 || $code != 404 ]] || status=$not_found
    return "$status"
}

# read_json PATH FILTER: what a jq filter finds in an answer, one value a line, texts as they are. An answer that decides
# something must have the right type, or this fails: see `list`, `sha`, `number` and `name`.
read_json() {
    local answer
    answer=$(api GET "$1") || return $?
    jq --slurp --compact-output --raw-output '
        def wanted(what; condition): if condition then . else error("GitLab answered with \(tojson[:200]), which is no \(what)") end;
        def list: wanted("list"; type == "array");
        def sha: wanted("commit"; type == "string" and test("^[0-9a-f]{40,64}$"));
        def number: wanted("number"; type == "number");
        def name: wanted("name"; type == "string" and length > 0);
        # Whether it is this project: a fork has the same names.
        def here: tostring == $ENV.CI_PROJECT_ID;
        wanted("one document"; length == 1) | .[0] | '"$2" <<<"$answer"
}

# first PATH FILTER: the first value that a jq filter finds in a list, page by page; nothing if there is none.
first() {
    local number answer
    for ((number = 1; number <= 50; number++)); do
        answer=$(read_json "$1&per_page=100&page=$number" "list | (if length < 100 then \"last\" else \"more\" end), (.[] | $2)") ||
            return 1
        if [[ $answer == *$'\n'* ]]; then
            sed -n 2p <<<"$answer"
            return 0
        fi
        [[ $answer == more* ]] || return 0
    done
    echo "the list $1 is too long" >&2
    return 1
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

# relation FROM TO: is TO `ahead` of FROM, `behind` it, or have they `diverged`? So have those of which one is gone, for which
# GitLab answers with 404. It does so too for what a token may not see, so it counts only if this job's commit is found.
relation() {
    local ahead behind status=0
    ahead=$(between "$1" "$2") || status=$?
    if ((status == not_found)); then
        between "$CI_COMMIT_SHA" "$CI_COMMIT_SHA" >/dev/null || return 1
        echo diverged
        return 0
    fi
    ((status == 0)) && behind=$(between "$2" "$1") || return 1
    case ${ahead:+a}${behind:+b} in
        a) echo ahead ;;
        b) echo behind ;;
        ab) echo diverged ;;
        *) fail "GitLab does not tell whether $1 or $2 is the later one: nothing is done" ;;
    esac
}

# reachable COMMIT: prints `true` where it is the commit of this job or before it, or on the default branch; else `false`.
reachable() {
    local relation tip
    [[ $1 != "$CI_COMMIT_SHA" ]] || {
        echo true
        return 0
    }
    relation=$(relation "$1" "$CI_COMMIT_SHA") || return 1
    if [[ $relation != ahead ]]; then
        # By the commit of the branch: a tag may have its name.
        tip=$(read_json "$project/repository/branches/$(encoded "$CI_DEFAULT_BRANCH")" '.commit.id | sha') || return 1
        [[ $1 == "$tip" ]] || relation=$(relation "$1" "$tip") || return 1
        [[ $1 != "$tip" ]] || relation=ahead
    fi
    [[ $relation == ahead ]] && echo true || echo false
}

# deployment ORDER [FILTER]: the commit of the first deployment by age that counts; nothing if there is none. It is one that a
# job of the default branch made, and neither a job of another branch or of a tag with its name, nor a person by the API. Its
# commit is still on the default branch.
deployment() {
    local number answer sha counts list seen=' '
    list="$project/deployments?environment=$(encoded "presence-apply/$ORG")&order_by=id&sort=$1${2:-}"
    for ((number = 1; number <= 50; number++)); do
        # shellcheck disable=SC2016 # they are jq's variables
        answer=$(read_json "$list&per_page=100&page=$number" 'list | (if length < 100 then "last" else "more" end), (.[]
            | select(.ref == $ENV.CI_DEFAULT_BRANCH and .deployable.ref == .ref and .deployable.tag == false) | .sha | sha)') ||
            return 1
        while IFS= read -r sha; do
            [[ $sha != last && $sha != more && $seen != *" $sha "* ]] || continue
            seen="$seen$sha "
            counts=$(reachable "$sha") || return 1
            [[ $counts == false ]] || {
                echo "$sha"
                return 0
            }
        done <<<"$answer"
        [[ $answer == more* ]] || return 0
    done
    echo "none of 5,000 deployments to presence-apply/$ORG is of the branch $CI_DEFAULT_BRANCH" >&2
    return 1
}

# alone ARGUMENT…: runs presencectl in the place of this shell, with the variables that it and its `git` need, and no others: the
# tokens of this job and the bot's are none of them.
alone() {
    local name
    local -a others=()
    # Bash knows no variable whose name is no word, and hands it on all the same, so awk names them all.
    while IFS= read -r name; do
        case $name in
            GENESYSCLOUD_* | PRESENCECTL_* | NO_COLOR | CI) ;;
            HTTP_PROXY | http_proxy | HTTPS_PROXY | https_proxy | ALL_PROXY | all_proxy | NO_PROXY | no_proxy) ;;
            SSL_CERT_FILE | SSL_CERT_DIR | LANG | LC_* | TERM | TZ) ;;
            # Who is at work and on what, for the report.
            GITLAB_CI | GITLAB_USER_LOGIN | CI_COMMIT_SHA | CI_MERGE_REQUEST_IID | CI_MERGE_REQUEST_PROJECT_URL) ;;
            CI_PROJECT_URL | CI_JOB_URL | CI_PIPELINE_URL) ;;
            PATH | HOME | XDG_CONFIG_HOME | TMPDIR | TMP | TEMP) ;;
            GIT_CONFIG_GLOBAL | GIT_CONFIG_SYSTEM | GIT_CONFIG_NOSYSTEM | GIT_CONFIG_COUNT | GIT_CONFIG_KEY_* | GIT_CONFIG_VALUE_*) ;;
            GIT_CEILING_DIRECTORIES) ;;
            *) others+=(-u "$name") ;;
        esac
    done < <(awk 'BEGIN { for (name in ENVIRON) print name }')
    exec env ${others[@]+"${others[@]}"} ./presencectl "$@"
}

install() {
    local archive=presencectl-x86_64-unknown-linux-musl.tar.gz
    local from="https://github.com/$PRESENCECTL_REPOSITORY/releases/download/v$PRESENCECTL_VERSION"
    # The sums of a release come from anyone who made the release, and here is no `gh` that could verify it.
    [[ ${PRESENCECTL_SHA256:-} =~ ^[0-9a-f]{64}$ ]] ||
        fail "PRESENCECTL_SHA256 is no SHA-256: set it in .gitlab-ci.yml to the 64 digits of the line of $archive in $from/SHA256SUMS"
    curl --silent --show-error --fail --location --proto '=https' --retry 3 --output "$archive" "$from/$archive"
    printf '%s  %s\n' "$PRESENCECTL_SHA256" "$archive" | sha256sum -c -
    tar -xzf "$archive"
    rm "$archive"
}

# Keeps the one note of this org in the merge request. It is found by its first line and its author: no one else's note
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

# Sets `at`: where the jobs check nothing out, presencectl reads the config from the commit.
find_commit() {
    at=()
    [[ ${GIT_CHECKOUT:-true} != false ]] || at=(--at "$CI_COMMIT_SHA")
    git config --global --add safe.directory "$CI_PROJECT_DIR"
}

validate() {
    find_commit
    (alone validate "$CONFIG" ${at[@]+"${at[@]}"} --output human --output gitlab=gl-code-quality-report.json)
}

plan() {
    local status=0 changes=yes before
    local -a base=()
    # What stands here came with the files: it is no plan of this job.
    rm -f plan.json comment.md note.json
    find_commit
    # Where the pipeline runs on the merged result, that is the target branch; else where the merge request began.
    before=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}
    [[ -z $before ]] || base=(--base "$before")
    (alone plan "$CONFIG" --org "$ORG" ${at[@]+"${at[@]}"} ${base[@]+"${base[@]}"} --detailed-exitcode --output human \
        --output json=plan.json --output markdown=comment.md) || status=$?
    [[ $status != 0 ]] || changes=no
    [[ ! -s comment.md ]] || note "$changes"
    # Changes are what a merge request is for; everything else fails it.
    ((status == 0 || status == 2)) || exit "$status"
}

# Puts the reports of the newest apply jobs of this org into the folder `reports`, where presencectl looks for them. They are
# taken away when the job ends: what it keeps is its own. A deployment counts as it does in `deployment`, no matter what became of it.
earlier=()
earlier_reports() {
    local jobs job code names name number=0 unreadable=0
    # shellcheck disable=SC2016 # they are jq's variables
    jobs=$(read_json "$project/deployments?environment=$(encoded "presence-apply/$ORG")&order_by=id&sort=desc&per_page=100&page=1" 'list
        | .[] | select(.ref == $ENV.CI_DEFAULT_BRANCH and .deployable.ref == .ref and .deployable.tag == false)
        | .deployable.id | number | select(tostring != $ENV.CI_JOB_ID)') || return 1
    trap 'rm -f ${earlier[@]+"${earlier[@]}"}' EXIT
    for job in $jobs; do
        number=$((number + 1))
        ((number <= EARLIER_JOBS)) || break
        code=$(ask --retry 3 --output reports.zip --write-out '%{http_code}' "$CI_API_V4_URL/$project/jobs/$job/artifacts") || return 1
        # A job that kept nothing, or whose artifacts have expired, has none.
        [[ $code == 200 || $code == 404 ]] || fail "the reports of the job $job could not be read: $code"
        if [[ $code == 200 ]]; then
            names=$(unzip -l reports.zip 2>/dev/null | awk '{ print $4 }' |
                grep -E '^reports/[a-z0-9-]+/[0-9]{8}T[0-9]{6}Z-[a-z0-9-]+\.(json|posts)$') || unreadable=$((unreadable + 1))
            for name in $names; do
                [[ ! -e $name ]] || continue
                mkdir -p "${name%/*}"
                earlier+=("$name")
                # presencectl reads no report that is longer than 32 MiB.
                # shellcheck disable=SC2094 # the name within the archive is another file
                unzip -p reports.zip "$name" 2>/dev/null | head -c 33554433 >"$name" || unreadable=$((unreadable + 1))
            done
        fi
        rm -f reports.zip
    done
    ((unreadable == 0)) || echo "$unreadable of the newest reports of earlier jobs cannot be read: what those jobs have sent is not known" >&2
    echo "${#earlier[@]} file(s) of reports of earlier jobs"
}

# Plans anew from the merged tree, and does nothing beyond what was reviewed in the merge requests since the last apply
# that succeeded. The plans need no trust: they can only narrow what is done. Every answer is looked at before it is used:
# one that failed must end the job, and not look as if there were nothing to do.
apply() {
    local last since list relation sha iids iid pipeline job status=0
    local -a commits=() reviewed=()
    rm -rf reviewed
    mkdir reviewed
    last=$(deployment desc '&status=success')
    since=$last
    if [[ -n $last && $last != "$CI_COMMIT_SHA" ]]; then
        relation=$(relation "$last" "$CI_COMMIT_SHA")
        case $relation in
            behind)
                echo "$last is applied already, and it is later than $CI_COMMIT_SHA: nothing is done"
                exit "$SUPERSEDED"
                ;;
            diverged) fail "$last of $CI_DEFAULT_BRANCH is applied already, and $CI_COMMIT_SHA does not contain it: nothing is done" ;;
        esac
    elif [[ -z $last ]]; then
        # Nothing was ever applied: since the first job that tried, which is the oldest of all.
        since=$(deployment asc)
        since=${since:-$CI_COMMIT_SHA}
    fi
    # What is as old as the commit counts as well: this may be the same job again.
    commits=("$since")
    if [[ $since != "$CI_COMMIT_SHA" ]]; then
        list=$(between "$since" "$CI_COMMIT_SHA")
        [[ -z $last ]] || commits=()
        while IFS= read -r sha; do [[ -z $sha ]] || commits+=("$sha"); done <<<"$list"
    fi
    for sha in "${commits[@]}"; do
        # shellcheck disable=SC2016 # they are jq's variables
        iids=$(read_json "$project/repository/commits/$sha/merge_requests?per_page=100" 'list | .[] | select(.state == "merged"
            and (.target_branch == $ENV.CI_DEFAULT_BRANCH)
            and (.target_project_id | here)) | .iid | number')
        while IFS= read -r iid; do
            [[ -n $iid && ! -e reviewed/$iid.json ]] || continue
            # The newest one for the merge request: not that of a branch, and not one that ran in a fork, which is none of ours.
            pipeline=$(first "$project/merge_requests/$iid/pipelines?" 'select((.project_id | here)
                and .source == "merge_request_event") | .id | number')
            [[ -n $pipeline ]] || continue
            job=$(first "$project/pipelines/$pipeline/jobs?" 'select(.name == "plan") | .id | number')
            [[ -n $job ]] || continue
            artifact "$job" "reviewed/$iid.json" || continue
            # A plan that failed has written why, which is no plan.
            [[ $(jq --raw-output .kind "reviewed/$iid.json") == plan ]] || continue
            reviewed+=(--plan "reviewed/$iid.json")
        done <<<"$iids"
    done
    rm -rf reports
    mkdir reports
    earlier_reports
    if ((${#reviewed[@]} == 0)); then
        # Nothing was reviewed, and so nothing may be done. Where nothing is to be done, that is no fault.
        (alone plan "$CONFIG" --org "$ORG" --report-dir reports --detailed-exitcode) || status=$?
        ((status != 2)) || fail "no reviewed plan was found, and there are changes: nothing was applied. A merge request of a fork has no plan. Open a merge request from a branch of this project: its plan shows all that is not applied yet, and its merge applies it"
        exit "$status"
    fi
    (alone apply "$CONFIG" --org "$ORG" --auto-approve "${reviewed[@]}" --report-dir reports)
}

# What is otherwise in the org. By the commit that was applied last it is told what was edited by hand.
drift() {
    local last=''
    local -a applied=()
    # What is otherwise in the org is told all the same where GitLab does not answer.
    [[ -z ${GITLAB_TOKEN:-} ]] || last=$(deployment desc '&status=success') ||
        echo 'which commit was applied last is not known: what was edited by hand is not told from what was merged' >&2
    if [[ -n $last ]]; then
        git config --global --add safe.directory "$CI_PROJECT_DIR"
        applied=(--applied "$last")
    fi
    (alone drift "$CONFIG" --org "$ORG" ${applied[@]+"${applied[@]}"} --detailed-exitcode)
}

"$1"
