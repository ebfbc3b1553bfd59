#!/usr/bin/env bash
# What the jobs of .gitlab-ci.yml do. A job of the pipeline writes a child pipeline:
#
#   merge request          orgs  ->  plan ORG …, then review
#   push, or by hand       due   ->  known, (by hand: plan ORG …,) approve STAGE, apply ORG …, then result
#   by hand, with UNDO     due   ->  known, plan ORG, approve, undo ORG
#   schedule               due   ->  drift ORG …, then told
#
# `plan`, `apply`, `undo` and `drift` have credentials of one org. `due`, `known`, `review`, `result`, `told` and `lost` have
# GITLAB_TOKEN. No job has both.
set -euo pipefail

# What a job ends with that does nothing because the default branch has moved on. `allow_failure` in .gitlab-ci.yml takes
# it, and shows it as a warning.
readonly SUPERSEDED=75

# What a job ends with if its work is done but its note is not written. `allow_failure` takes it too.
readonly NOT_TOLD=76

# How many earlier jobs of an org are asked for their reports: by the next apply, and at most to know what was applied last.
readonly EARLIER_JOBS=5 EARLIER_JOBS_MAX=15

# A note is looked for on so many pages of 100. Past them, none is written.
readonly NOTE_PAGES=20

# presencectl reads no report that is longer than 32 MiB.
readonly REPORT_MAX=33554433

# How many merged commits are looked up at most: one request each.
readonly COMMITS_MAX=1000

# How many of the newest commits are looked up for an org that no job has tried to apply yet.
readonly NEW_ORG_COMMITS=50

readonly project="projects/${CI_PROJECT_ID:-}"

# Where presencectl is, and where jobs leave what later jobs read. With KIT_BIN it is there already.
readonly bin=${KIT_BIN:-/usr/local/bin} kit=.presencectl/ci

temporary=$(mktemp -d)
readonly temporary
trap 'rm -rf "$temporary"' EXIT

# Where a job is cancelled, GitLab Runner sends SIGTERM to every process of its script, to presencectl as well, and its own
# shell waits for what runs (gitlab-org/gitlab-runner: shells/bash.go, and merge request 4446 for containers); some seconds
# later it kills what is left. So nothing is handed on here. With a trap bash waits for presencectl, which lets what is in
# flight end and reports, and ends only then.
trap 'exit 143' TERM

# clean FILE: foreign text as one line, without the characters that a log takes for commands.
clean() {
    head -c 1000 "$1" | LC_ALL=C tr -c '[:print:]' ' '
}

say() {
    printf '%s\n' "$1" >&2
}

fail() {
    say "presencectl.sh: $1"
    exit 1
}

# needs_token WHAT: the jobs that speak to GitLab for others have the token of a bot.
needs_token() {
    [[ -n ${GITLAB_TOKEN:-} ]] || fail "GITLAB_TOKEN is not set, and $1. Make a project access token (role Reporter, scope api), and add it under Settings > CI/CD > Variables as GITLAB_TOKEN, masked, for the environment presence-bot"
}

# encoded TEXT: as a part of an address or of a mark. No two texts become one.
encoded() {
    local LC_ALL=C
    if [[ $1 =~ ^[-._~0-9A-Za-z]*$ ]]; then
        printf '%s\n' "$1"
        return 0
    fi
    jq --null-input --raw-output --arg it "$1" '$it | @uri'
}

# ask ARGUMENT…: curl with the bot's token, else the job's own. It goes by a file descriptor: arguments can be seen by others.
# And as what curl does not hand on where an artifact is fetched from another host.
ask() {
    curl --silent --show-error --location --max-time 60 "$@" \
        --header "@"<(printf 'Authorization: Bearer %s\n' "${GITLAB_TOKEN:-${CI_JOB_TOKEN:-}}")
}

# api METHOD PATH [FILE]: asks GitLab's API, with FILE as the body, and prints the answer. Reads are tried again: so the answer
# goes through a file, which curl empties before it tries again. On standard output what a failed try answered would stay
# in front of the answer.
api() {
    local method=$1 path=$2 body=${3:-} answer=$temporary/answer code status=0
    local -a more=()
    [[ -z $body ]] || more+=(--header 'Content-Type: application/json' --data-binary "@$body")
    [[ $method != GET ]] || more+=(--retry 3)
    : >"$answer"
    code=$(ask --fail-with-body --request "$method" --output "$answer" --write-out '%{http_code}' ${more[@]+"${more[@]}"} \
        "$CI_API_V4_URL/$path") || status=$?
    # curl 8.14 ends with 0 after a refusal if it was told to try again (curl/curl#17554): the code of the answer counts.
    [[ $status != 0 || $code == 2?? ]] || status=22
    if ((status == 0)); then
        cat "$answer" || return $?
    elif ((status == 2)) && ! curl --fail-with-body --version >/dev/null 2>&1; then
        say 'this curl does not know --fail-with-body: curl 7.76 or newer is needed, and nothing was sent'
    else
        [[ $code != 401 ]] || say 'GitLab does not accept the token: is GITLAB_TOKEN expired or revoked?'
        say "$method $path failed with ${code:-no answer}: $(clean "$answer")"
    fi
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
        # Whether it is this project: a fork has the same names.
        def here: tostring == $ENV.CI_PROJECT_ID;
        wanted("one document"; length == 1) | .[0] | '"$2" <<<"$answer" 2>"$temporary/jq" || {
        say "GET $1: $(clean "$temporary/jq")"
        return 1
    }
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
    say "the list $1 is too long"
    return 1
}

# archive JOB FILE: fetches the artifacts of a job. 1 if there are none (any more).
archive() {
    local code
    code=$(ask --retry 3 --output "$2" --write-out '%{http_code}' "$CI_API_V4_URL/$project/jobs/$1/artifacts") ||
        fail "the artifacts of the job $1 could not be read"
    [[ $code == 200 || $code == 404 ]] || fail "the artifacts of the job $1 could not be read: $code"
    [[ $code == 200 ]] || return 1
    unzip -tqq "$2" >/dev/null 2>&1 || fail "the artifacts of the job $1 came as half an archive, or as none: start this job again"
}

# is_document FILE KIND: does presencectl's document have this kind? Half a document ends the job.
is_document() {
    local kind
    kind=$(jq --raw-output '.kind | strings' "$1" 2>"$temporary/jq") || fail "${1##*/} is half a document: $(clean "$temporary/jq")"
    [[ $kind == "$2" ]]
}

# Makes the folder for later jobs, and lets Git work in a checkout that belongs to another user.
begin() {
    git config --global --add safe.directory "$CI_PROJECT_DIR"
    # Files of the repository there would be taken for what an earlier job left.
    [[ -z $(git ls-tree "$CI_COMMIT_SHA" -- .presencectl) ]] ||
        fail 'the commit holds .presencectl, which the jobs use: remove it from the repository, and add it to .gitignore'
    mkdir -p "$kit/legs"
}

# Sets `head` to the newest commit of the default branch.
head=''
find_head() {
    git fetch --quiet --no-tags origin "+refs/heads/$CI_DEFAULT_BRANCH:refs/presencectl/head" 2>"$temporary/git" ||
        fail "the branch $CI_DEFAULT_BRANCH could not be fetched: $(clean "$temporary/git")"
    head=$(git rev-parse --verify --quiet 'refs/presencectl/head^{commit}')
}

# in_history COMMIT: is it the commit of this job, or on the default branch, or before one of them?
in_history() {
    git cat-file -e "$1^{commit}" 2>/dev/null || return 1
    git merge-base --is-ancestor "$1" "$CI_COMMIT_SHA" || git merge-base --is-ancestor "$1" "$head"
}

# first_tried ORG: the commit of the first deployment that counts; nothing if there is none. It is one that a job of the default
# branch made, and neither a job of another branch or of a tag with its name, nor a call of the API. Its commit is still on the
# default branch.
first_tried() {
    local number answer sha list seen=' '
    list="$project/deployments?environment=$(encoded "presence-apply/$1")&order_by=id&sort=asc"
    for ((number = 1; number <= 50; number++)); do
        # shellcheck disable=SC2016 # they are jq's variables
        answer=$(read_json "$list&per_page=100&page=$number" 'list | (if length < 100 then "last" else "more" end), (.[]
            | select(.ref == $ENV.CI_DEFAULT_BRANCH and .deployable.ref == .ref and .deployable.tag == false) | .sha | sha)') ||
            return 1
        while IFS= read -r sha; do
            [[ $sha != last && $sha != more && $seen != *" $sha "* ]] || continue
            seen="$seen$sha "
            ! in_history "$sha" || {
                echo "$sha"
                return 0
            }
        done <<<"$answer"
        [[ $answer == more* ]] || return 0
    done
    say "none of 5,000 deployments to presence-apply/$1 is of the branch $CI_DEFAULT_BRANCH"
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
    exec env ${others[@]+"${others[@]}"} "$bin/presencectl" "$@"
}

install() {
    local archive=presencectl-x86_64-unknown-linux-musl.tar.gz
    local from="https://github.com/$PRESENCECTL_REPOSITORY/releases/download/v$PRESENCECTL_VERSION"
    # The author of a release makes its sums, and no `gh` is here to verify them.
    [[ ${PRESENCECTL_SHA256:-} =~ ^[0-9a-f]{64}$ ]] ||
        fail "PRESENCECTL_SHA256 is no SHA-256: set it in .gitlab-ci.yml to the 64 digits of the line of $archive in $from/SHA256SUMS"
    curl --silent --show-error --fail --location --proto '=https' --retry 3 --output "$temporary/$archive" "$from/$archive"
    printf '%s  %s\n' "$PRESENCECTL_SHA256" "$temporary/$archive" | sha256sum -c - >&2
    # In a folder of its own: the checkout may have files of these names.
    mkdir "$temporary/release"
    tar -xzf "$temporary/$archive" -C "$temporary/release"
    mv "$temporary/release/presencectl" "$bin/presencectl"
}

validate() {
    git config --global --add safe.directory "$CI_PROJECT_DIR"
    [[ ${CI_PROJECT_PATH:-} == "${PRESENCECTL_PROJECT:-}" ]] ||
        say "This project is ${CI_PROJECT_PATH:-}. Plans and applies run only in ${PRESENCECTL_PROJECT:-} (PRESENCECTL_PROJECT in .gitlab-ci.yml), so here the files are only validated."
    (alone validate "$CONFIG" --at "$CI_COMMIT_SHA" --output human --output gitlab=gl-code-quality-report.json)
}

# child FILTER ARGUMENT…: writes the child pipeline, as JSON, which is YAML as well. Job names and environments come from the
# config, so a name that GitLab does not take is refused first.
child() {
    jq --null-input "${@:2}" '
        def checked: if test("^[A-Za-z0-9._ -]{1,64}$") then . else error(
            "\(tojson[:100]) is no name of an environment in GitLab: use ASCII letters, digits, spaces, `.`, `_` and `-`") end;
        # GitLab expands `$` in a variable: a name of a proposal could ask for a secret.
        def shown: if test("^[A-Za-z0-9._ -]{1,64}$") then . else "(a name that no environment can have)" end;
        def viewing: { name: "presence-plan/\(.name | checked)", action: "verify" };
        def job(kind; environment): { extends: kind, stage: kind[1:], environment: environment, variables: { KIT_ORG: .name } };
        def named(word; value): map({ key: "\(word) \(.name)", value: value }) | from_entries;
        # The stages of .gitlab-ci.yml are there as well: its jobs are read, and none of them runs.
        def pipeline(stages; variables): {
            include: [if ($ENV.JOBS_PROJECT // "") == "" then { local: $ENV.JOBS_FILE }
                      else { project: $ENV.JOBS_PROJECT, file: $ENV.JOBS_FILE } end],
            stages: (["check", "start", "legs"] + stages),
            variables: ({ KIT_AT: $ENV.CI_COMMIT_SHA, KIT_PIPELINE: $ENV.CI_PIPELINE_ID } + variables) };
        '"$1" >"$kit/child.yml" 2>"$temporary/jq" || fail "no child pipeline can be written: $(clean "$temporary/jq")"
}

# orgs: the first job of a merge request. Which orgs are affected, by files alone. An org that only the merge request has is
# shown by its files: no credentials are named by a proposal.
orgs() {
    local since=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}
    begin
    find_head
    since=${since:-$head}
    (alone orgs "$CONFIG" --at "$CI_COMMIT_SHA" --changed-since "$since" --output human --output "json=$kit/orgs.json")
    # A default branch without a config, or with a broken one, knows no org.
    (alone orgs "$CONFIG" --at "$head" --output json) >"$temporary/known.json" 2>"$temporary/error" || {
        say "the config of $CI_DEFAULT_BRANCH cannot be read, so no org has a plan: $(clean "$temporary/error")"
        echo '{"orgs": []}' >"$temporary/known.json"
    }
    # shellcheck disable=SC2016 # they are jq's variables
    child '($known[0].orgs | map(.name)) as $known
        | ($orgs[0].orgs | map(select(.standing == "affected" or .standing == "new"))) as $affected
        | ($affected | map(select(.name as $it | $known | index([$it])))) as $legs
        | pipeline(["plan", "review"]; {
              KIT_SINCE: $since, KIT_ALONE: ($orgs[0].orgs | length == 1 | tostring), KIT_LEGS: ($legs | map(.name) | tojson), KIT_NEW: ($affected - $legs | map(.name | shown) | join(", ")),
              KIT_HEAD: (if ($ENV.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA // "") != "" then $ENV.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA
                         else $ENV.CI_COMMIT_SHA end) })
        + ($legs | named("plan"; job(".plan"; viewing)))
        + { review: { extends: ".review", stage: "review", resource_group: "presence-review-\($ENV.CI_MERGE_REQUEST_IID)" } }' \
        --arg since "$since" --slurpfile orgs "$kit/orgs.json" --slurpfile known "$temporary/known.json"
}

# plan: the leg of one org. By hand it plans this commit; in a merge request what is merged.
plan() {
    local status=0 folder=$kit/planned
    local -a base=()
    begin
    [[ -z ${KIT_SINCE:-} ]] || {
        base=(--base "$KIT_SINCE")
        folder=$kit/legs
    }
    mkdir -p "$folder"
    # shellcheck disable=SC2153 # the child pipeline sets it
    (alone plan "$CONFIG" --org "$KIT_ORG" --at "$KIT_AT" ${base[@]+"${base[@]}"} --detailed-exitcode --output human \
        --output "json=$folder/$KIT_ORG.json" --output "markdown=$folder/$KIT_ORG.md") || status=$?
    echo "$status" >"$folder/$KIT_ORG.status"
    # Changes are what a merge request is for; everything else fails it.
    ((status == 0 || status == 2)) || exit "$status"
}

# Sets `orgs` to the orgs of this child pipeline, `documents` to what their jobs left, and `states` to how those ended. An org
# whose job left nothing has the state `none`.
gather() {
    local org
    orgs=() documents=() states=()
    while IFS= read -r org; do
        [[ -n $org ]] || continue
        [[ ! -e $kit/legs/$org.superseded ]] || {
            say "$org: not applied by this commit, since $CI_DEFAULT_BRANCH says something else by now"
            continue
        }
        orgs+=("$org")
        [[ ! -s $kit/legs/$org.json ]] || documents+=("$kit/legs/$org.json")
        if [[ -s $kit/legs/$org.status ]]; then states+=("$(<"$kit/legs/$org.status")"); else states+=(none); fi
    done < <(jq --null-input --raw-output '$ENV.KIT_LEGS | fromjson | .[]')
}

# combined KIND: one view of all documents, in the log and in comment.md. Its exit code is that of `combine`. A config with one
# org has the page of that org.
combined() {
    local status=0 org
    local -a expected=()
    if [[ ${KIT_ALONE:-} == true && ${#orgs[@]} == 1 && -s $kit/legs/${orgs[0]}.md ]]; then
        cp "$kit/legs/${orgs[0]}.md" "$kit/comment.md"
        return 0
    fi
    for org in ${orgs[@]+"${orgs[@]}"}; do expected+=(--expect "$org"); done
    # An empty name is no org.
    ((${#expected[@]} > 0)) || expected=(--expect '')
    (alone combine "$CONFIG" ${documents[@]+"${documents[@]}"} --kind "$1" --at "$KIT_AT" "${expected[@]}" \
        --output human --output "markdown=$kit/comment.md") || status=$?
    [[ -s $kit/comment.md ]] || printf 'The documents of the jobs could not be combined.\n' >"$kit/comment.md"
    return "$status"
}

# All states are one of these?
all_are() {
    local state
    for state in ${states[@]+"${states[@]}"}; do [[ " $* " == *" $state "* ]] || return 1; done
}

# own_note MERGE_REQUEST: the number of the bot's note, found by its first line and its author: a note of another author is never
# touched. They are asked oldest first until ours is found. Ends with 1 if that cannot be known.
readonly mark='<!-- presencectl-kit:plan -->'
own_note() {
    local me page found length ours
    me=$(read_json user '.id | number') || return 1
    for ((page = 1; page <= NOTE_PAGES; page++)); do
        found=$(read_json "$project/merge_requests/$1/notes?sort=asc&order_by=created_at&per_page=100&page=$page" "list
            | \"\(length) \([.[] | select(.author.id == $me and (.body | startswith(\"$mark\")))][0]
            | if . then .id | number else \"\" end)\"") || return 1
        read -r length ours <<<"$found"
        [[ -z $ours ]] || {
            echo "$ours"
            return 0
        }
        ((length == 100)) || return 0
    done
    say "the merge request has more than $((NOTE_PAGES * 100)) notes, and ours is none of the first: no note is written"
    return 1
}

# is_newest: is this still the newest pipeline of the merge request, for its newest commit?
is_newest() {
    local sha newest
    sha=$(read_json "$project/merge_requests/$CI_MERGE_REQUEST_IID" '.sha | sha') || return 2
    # shellcheck disable=SC2016 # they are jq's variables
    newest=$(first "$project/merge_requests/$CI_MERGE_REQUEST_IID/pipelines?" 'select((.project_id | here)
        and .source == "merge_request_event") | .id | number') || return 2
    [[ $sha == "$KIT_HEAD" && (-z $newest || $newest == "$KIT_PIPELINE") ]]
}

# review: the last job of a merge request, and the only one that writes its note.
review() {
    local status=0 ours newest=0
    begin
    gather
    combined plan || status=$?
    [[ -z $KIT_NEW ]] || {
        say "new in this merge request, and not planned before they are merged: $KIT_NEW"
        printf '\nNew in this merge request, and not planned before they are merged: %s.\n' "$KIT_NEW" >>"$kit/comment.md"
    }
    ((status == 0 || status == 2)) && all_are 0 2 || status=1
    ((status != 2)) || status=0
    if [[ -z ${GITLAB_TOKEN:-} ]]; then
        say 'GITLAB_TOKEN is not set: the merge request gets no note. The plan is above, and in the artifacts of this job'
        exit "$status"
    fi
    # Right before it is written: another pipeline may have ended in between.
    ours=$(own_note "$CI_MERGE_REQUEST_IID") || not_told "$status"
    is_newest || newest=$?
    case $newest in
        0) ;;
        1)
            say "a newer commit or pipeline of the merge request is there: its note stays"
            exit "$status"
            ;;
        *) not_told "$status" ;;
    esac
    # Without changes none is made. One that is there speaks of an older commit.
    [[ -n $ours ]] || ! all_are 0 || [[ -n $KIT_NEW ]] || exit "$status"
    # A note outlives the commit that it speaks of. GitLab has no summary of a job: its log and its artifacts have the whole.
    jq --null-input --arg mark "$mark" --rawfile body "$kit/comment.md" --arg commit "${KIT_HEAD:0:7}" \
        '{ body: "\($mark)\n\($body)\n\nPlanned at `\($commit)`. The whole is in the log of [the job](\($ENV.CI_JOB_URL)), and in its artifacts." }' >"$temporary/note.json"
    write_note "$CI_MERGE_REQUEST_IID" "$ours" "$temporary/note.json" || not_told "$status"
    exit "$status"
}

# not_told STATUS: the work is done, and its note is not written.
not_told() {
    say 'the note of the merge request is not written, for the reason above. What it would say is in the log and in the artifacts of this job'
    (($1 == 0)) || exit "$1"
    exit "$NOT_TOLD"
}

# write_note MERGE_REQUEST NOTE FILE: a new note if NOTE is empty.
write_note() {
    if [[ -n $2 ]]; then
        api PUT "$project/merge_requests/$1/notes/$2" "$3" >/dev/null
    else
        api POST "$project/merge_requests/$1/notes" "$3" >/dev/null
    fi
}

# reports_in ZIP: the names of the reports, and of the lists of what a run sends, in the artifacts of a job. 1 if there are none.
reports_in() {
    unzip -l "$1" 2>/dev/null | awk '{ print $4 }' |
        grep -E '^(\.presencectl/ci/)?reports/[a-z0-9-]+/[0-9]{8}T[0-9]{6}Z-[a-z0-9-]+\.(json|posts)$'
}

# earlier_reports ORG FOLDER MAX: puts the reports of the newest apply jobs of an org into FOLDER. With more than a few, only until
# presencectl knows by them what was applied last. A deployment counts as it does in `first_tried`, no matter what became of it.
earlier=()
earlier_reports() {
    local jobs job names name inner number=0 unreadable=0
    # shellcheck disable=SC2016 # they are jq's variables
    jobs=$(read_json "$project/deployments?environment=$(encoded "presence-apply/$1")&order_by=id&sort=desc&per_page=100&page=1" 'list
        | .[] | select(.ref == $ENV.CI_DEFAULT_BRANCH and .deployable.ref == .ref and .deployable.tag == false)
        | .deployable.id | number | select(tostring != $ENV.CI_JOB_ID)') || return 1
    mkdir -p "$2"
    for job in $jobs; do
        number=$((number + 1))
        ((number <= $3)) || break
        # A job that kept nothing, or whose artifacts have expired, has none.
        archive "$job" "$temporary/reports.zip" || continue
        names=$(reports_in "$temporary/reports.zip") || unreadable=$((unreadable + 1))
        for inner in $names; do
            name=$2/${inner##*reports/}
            [[ ! -e $name ]] || continue
            mkdir -p "${name%/*}"
            earlier+=("$name")
            unzip -p "$temporary/reports.zip" "$inner" 2>/dev/null | head -c "$REPORT_MAX" >"$name" || unreadable=$((unreadable + 1))
        done
        (($3 <= EARLIER_JOBS)) || ! is_known "$1" "$2" || break
    done
    ((unreadable == 0)) || say "$unreadable of the newest reports of earlier jobs of $1 cannot be read: what those jobs have sent is not known"
}

# is_known ORG FOLDER: do the reports there say which commit was applied last to this org?
is_known() {
    (alone orgs "$CONFIG" --at "$CI_COMMIT_SHA" --org "$1" --behind --report-dir "$2" --output json) 2>/dev/null |
        jq --slurp --exit-status '.[0].orgs[0].behind.commit' >/dev/null 2>&1
}

# due: the first job on the default branch. It says which orgs get a job, and looks up once what those jobs need.
due() {
    needs_token 'without it what was applied and what was reviewed cannot be looked up'
    begin
    find_head
    mkdir -p "$kit/known"
    case $CI_PIPELINE_SOURCE in
        schedule) due_at_night ;;
        push) due_after_merge ;;
        *) due_by_hand ;;
    esac
}

# Sets `list` to the orgs of this commit: all of them, or those that the arguments choose.
list_orgs() {
    (alone orgs "$CONFIG" --at "$CI_COMMIT_SHA" "$@" --output "json=$temporary/orgs.json" --output lines) >"$temporary/names"
    list=()
    local name
    while IFS= read -r name; do list+=("$name"); done <"$temporary/names"
}

# frozen: tells which of the listed orgs are frozen, as lines, and keeps them.
frozen() {
    jq '[.orgs[] | select(.frozenUntil) | .name]' "$temporary/orgs.json" >"$temporary/frozen.json"
    jq --raw-output '.orgs[] | select(.frozenUntil) | "\(.name): frozen until \(.frozenUntil), and not applied before"' \
        "$temporary/orgs.json" >"$temporary/frozen"
}

due_at_night() {
    local org
    list_orgs
    for org in "${list[@]}"; do
        # What differs in the org is told also if GitLab does not answer.
        (earlier_reports "$org" "$temporary/reports" "$EARLIER_JOBS_MAX") ||
            say "$org: which commit was applied last is not known, so what was changed by hand is not told from what was merged"
    done
    find_applied
    for org in "${!last_of[@]}"; do printf '%s\t%s\n' "$org" "${last_of[$org]}"; done |
        jq --raw-input --slurp 'split("\n") | map(select(. != "") | split("\t") | { key: .[0], value: .[1] }) | from_entries' >"$temporary/last.json"
    # shellcheck disable=SC2016 # they are jq's variables
    child '$orgs[0].orgs as $legs
        | pipeline(["drift", "told"]; { KIT_LEGS: ($legs | map(.name) | tojson) })
        + ($legs | named("drift"; job(".drift"; viewing) | .variables.KIT_LAST = ($last[0][.variables.KIT_ORG] // "")))
        + { told: { extends: ".told", stage: "told", resource_group: "presence-drift" } }' \
        --slurpfile orgs "$temporary/orgs.json" --slurpfile last "$temporary/last.json"
}

# Sets `last_of` to the commit that was applied last, by org, as far as the reports in $temporary/reports say it. presencectl
# decides that, and which orgs are due. A commit that is on the branch no more, after a force push, is none.
declare -A last_of=()
find_applied() {
    local org commit
    mkdir -p "$temporary/reports"
    (alone orgs "$CONFIG" --at "$CI_COMMIT_SHA" --behind --report-dir "$temporary/reports" --output human --output "json=$temporary/behind.json") ||
        fail 'which orgs are due cannot be told: nothing is done'
    for org in "${list[@]}"; do
        commit=$(jq --raw-output --arg org "$org" '.orgs[] | select(.name == $org) | .behind.commit // ""' "$temporary/behind.json")
        [[ -z $commit ]] || ! in_history "$commit" || last_of[$org]=$commit
    done
}

# The orgs whose effective config differs from the one that was applied last, and those that were never applied.
due_after_merge() {
    local org
    list_orgs
    for org in "${list[@]}"; do earlier_reports "$org" "$temporary/reports" "$EARLIER_JOBS_MAX"; done
    find_applied
    frozen
    jq --raw-output '.orgs[] | select(.behind.due) | .name' "$temporary/behind.json" >"$temporary/due"
    while IFS= read -r org; do
        ! jq --exit-status --arg org "$org" 'index([$org])' "$temporary/frozen.json" >/dev/null || continue
        reviewed "$org" "${last_of[$org]:-}"
    done <"$temporary/due"
    write_applies false
}

# By hand: the orgs that ORG names, held against the config before an environment is named.
due_by_hand() {
    local org
    [[ -n ${ORG:-} ]] || fail 'ORG is empty: start the pipeline with ORG = the name of an org, a pattern such as acme-*, or stage:NAME'
    case $ORG in
        stage:*) list_orgs --stage "${ORG#stage:}" ;;
        *) list_orgs --org "$ORG" ;;
    esac
    if [[ -n ${UNDO:-} ]]; then
        due_to_undo
        return
    fi
    frozen
    if [[ -n ${BREAK_GLASS:-} ]]; then
        printf '%s' "$BREAK_GLASS" >"$kit/known/break-glass"
        echo '[]' >"$temporary/frozen.json"
        : >"$temporary/frozen"
    fi
    for org in "${list[@]}"; do printf '%s\n' "$org"; done >"$temporary/due"
    write_applies true
}

# write_applies BY_HAND: the stages in the order of `settings.stages`. Without them all orgs are one stage.
write_applies() {
    cp "$temporary/frozen" "$kit/known/frozen"
    cat "$temporary/frozen" >&2
    # shellcheck disable=SC2016 # they are jq's variables
    child '($due | split("\n")) as $due
        | ($orgs[0].orgs | map(select(.name as $it | $due | index([$it])) | .name |= checked)) as $due
        | ($due | map(select(.name as $it | $frozen[0] | index([$it]) | not))) as $legs
        | ($orgs[0].stages // []) as $stages
        | ($stages | if . == [] then [null] else . end) as $order
        | ($order | map(. as $stage | { stage: ., legs: ($legs | map(select($stages == [] or .stage == $stage))) }
              | select(.legs != []))) as $order
        | def suffix: if . == null then "" else " \(checked)" end;
          pipeline((["known", "plan"] | if $by_hand then . else .[:1] end | if $legs == [] then [] else . end)
              + ($order | map("approve\(.stage | suffix)", "apply\(.stage | suffix)")) + ["result"];
              { KIT_JOB: $ENV.CI_JOB_ID, KIT_BY_HAND: ($by_hand | tostring), KIT_LEGS: ($legs | map(.name) | tojson),
                KIT_FROZEN: ($frozen_lines | rtrimstr("\n")) })
        + (if $legs == [] then {} else { known: { extends: ".known", stage: "known" } } end)
        + (if $by_hand then $legs | named("plan"; job(".plan"; viewing) | .allow_failure = true) else {} end)
        + ($order | map(.stage as $stage
            | { key: "approve\($stage | suffix)", value: {
                  extends: (if $by_hand then ".approve-by-hand" else ".approve" end), stage: "approve\($stage | suffix)",
                  environment: { name: (if $stage == null then "presence-approve" else "presence-approve/\($stage)" end) } } },
              (.legs[] | { key: "apply \(.name)", value: (job(".apply"; { name: "presence-apply/\(.name | checked)" })
                + { stage: "apply\($stage | suffix)", resource_group: "presence-\(.name)",
                    dependencies: (["known"] + if $by_hand then ["plan \(.name)"] else [] end) }) })) | from_entries)
        + { result: { extends: ".result", stage: "result" } }' \
        --argjson by_hand "$1" --rawfile due "$temporary/due" --rawfile frozen_lines "$temporary/frozen" \
        --slurpfile orgs "$temporary/orgs.json" --slurpfile frozen "$temporary/frozen.json"
}

# due_to_undo: fetches the report of the job UNDO, and writes the child pipeline that takes back what that job wrote to its org. A
# job counts as it does in `first_tried`.
due_to_undo() {
    local job=${UNDO##*/jobs/} found name file
    job=${job%%[/?#]*}
    [[ -z ${BREAK_GLASS:-} ]] || fail 'BREAK_GLASS is for an apply: a freeze also stops an undo'
    [[ $job =~ ^[0-9]{1,18}$ ]] || fail 'UNDO is not the number or address of a job: nothing is done'
    [[ ${#list[@]} == 1 && ${list[0]} == "$ORG" ]] || fail 'an undo is of one org, by its whole name: nothing is done'
    # shellcheck disable=SC2016 # they are jq's variables
    found=$(first "$project/deployments?environment=$(encoded "presence-apply/$ORG")&order_by=id&sort=desc" 'select(.ref == $ENV.CI_DEFAULT_BRANCH
        and .deployable.ref == .ref and .deployable.tag == false and .deployable.id == '"$((10#$job))"') | .deployable.id | number')
    [[ -n $found ]] || fail "the job $job is no apply of $ORG on $CI_DEFAULT_BRANCH: nothing is done. Give the job \"apply $ORG\" of the pipeline to undo"
    archive "$found" "$temporary/undo.zip" || fail "the job $job has kept no report, or its artifacts have expired: nothing is done"
    name=$(reports_in "$temporary/undo.zip" | grep '\.json$' | LC_ALL=C sort | tail -n 1) || fail "the job $job has kept no report: nothing is done"
    # By its own name: the report of the undo refers to it.
    file=$kit/known/undo/${name##*reports/}
    mkdir -p "${file%/*}"
    unzip -p "$temporary/undo.zip" "$name" 2>/dev/null | head -c "$REPORT_MAX" >"$file"
    is_document "$file" report || fail "what the job $job has kept is no report: nothing is done"
    # shellcheck disable=SC2016 # they are jq's variables
    child '$orgs[0].orgs as $legs
        | (if ($orgs[0].stages // []) == [] then "" else "/\($legs[0].stage | checked)" end) as $stage
        | pipeline(["known", "undo-plan", "approve", "undo"]; { KIT_JOB: $ENV.CI_JOB_ID })
        + { known: { extends: ".known", stage: "known" } }
        + ($legs | named("plan"; job(".undo-plan"; viewing)))
        + { approve: { extends: ".approve-by-hand", stage: "approve", environment: { name: "presence-approve\($stage)" } } }
        + ($legs | named("undo"; job(".undo"; { name: "presence-apply/\(.name | checked)" })
            + { resource_group: "presence-\(.name)", dependencies: ["known"] }))' --slurpfile orgs "$temporary/orgs.json"
}

# reviewed ORG LAST: puts the plans of an org that were reviewed since the commit that was applied last into known/ORG, in the
# order of the merges. What was looked up for one org is not asked for again for the next.
declare -A requests_of=() archive_of=() plans_of=()
reviewed() {
    local org=$1 since=$2 sha iid file name state number=0
    local -a commits=() range=("--max-count=$NEW_ORG_COMMITS" "$CI_COMMIT_SHA")
    local -A used=()
    mkdir -p "$kit/known/$org"
    if [[ -z $since ]]; then
        # Never applied: since the first job that tried. Without one, such as where an earlier stage failed, the newest merges.
        since=$(first_tried "$org")
        [[ -z $since ]] || commits=("$since")
    fi
    [[ -z $since ]] || range=("$since..$CI_COMMIT_SHA")
    while IFS= read -r sha; do commits+=("$sha"); done < <(git rev-list --first-parent --reverse "${range[@]}")
    ((${#commits[@]} <= COMMITS_MAX)) || fail "$org: more than $COMMITS_MAX commits were merged since ${since:0:7}. Start a pipeline by hand with ORG = $org, which shows the plan of all of them"
    for sha in ${commits[@]+"${commits[@]}"}; do
        if [[ -z ${requests_of[$sha]+known} ]]; then
            # shellcheck disable=SC2016 # they are jq's variables
            requests_of[$sha]=$(read_json "$project/repository/commits/$sha/merge_requests?per_page=100" 'list | .[] | select(.state == "merged"
                and (.target_branch == $ENV.CI_DEFAULT_BRANCH) and (.target_project_id | here)) | .iid | number')
        fi
        for iid in ${requests_of[$sha]}; do
            [[ -n ${archive_of[$iid]:-} ]] || find_archive "$iid"
            file=${archive_of[$iid]}/$org
            [[ -e $file.json && -z ${used[$iid]:-} ]] || continue
            used[$iid]=yes
            # The plan of a red job was shown as one that cannot be applied.
            state=none
            [[ ! -e $file.status ]] || read -r state <"$file.status" || state=none
            [[ $state == [02] && " ${plans_of[$iid]} " == *"/$org.json "* ]] || continue
            number=$((number + 1))
            printf -v name '%04d.json' "$number"
            cp "$file.json" "$kit/known/$org/$name"
        done
    done
}

# find_archive MERGE_REQUEST: unpacks what the job `review` of its newest pipeline in this project kept. Not that of a branch, and not
# one that ran in a fork.
find_archive() {
    local pipeline child job folder=$temporary/reviews/$1
    mkdir -p "$folder"
    archive_of[$1]=$folder/$kit/legs plans_of[$1]=''
    # shellcheck disable=SC2016 # they are jq's variables
    pipeline=$(first "$project/merge_requests/$1/pipelines?" 'select((.project_id | here)
        and .source == "merge_request_event") | .id | number')
    [[ -n $pipeline ]] || return 0
    child=$(first "$project/pipelines/$pipeline/bridges?" 'select(.name == "plan" and .downstream_pipeline != null
        and (.downstream_pipeline.project_id | here)) | .downstream_pipeline.id | number')
    [[ -n $child ]] || return 0
    job=$(first "$project/pipelines/$child/jobs?" 'select(.name == "review") | .id | number')
    [[ -n $job ]] || return 0
    archive "$job" "$folder.zip" || return 0
    # presencectl reads no document that is longer than 32 MiB.
    (ulimit -f 32768 && unzip -qo "$folder.zip" "$kit/legs/*.json" "$kit/legs/*.status" -d "$folder") >/dev/null 2>&1 ||
        [[ ! -e $folder/$kit/legs ]] || fail "the plans of the merge request !$1 cannot be unpacked"
    [[ -e $folder/$kit/legs ]] || return 0
    # Half a document ends this job. The name of an org holds no slash, and no space at its end.
    plans_of[$1]=$(find "$folder/$kit/legs" -type f -name '*.json' -exec jq --raw-output 'select(.kind == "plan") | input_filename' {} + 2>"$temporary/jq") ||
        fail "a plan of the merge request !$1 is half a document: $(clean "$temporary/jq")"
    plans_of[$1]=${plans_of[$1]//$'\n'/ }
}

# known: hands what `due` looked up to the jobs of this child pipeline, which have no token of their own for it.
known() {
    needs_token 'without it what was reviewed cannot be fetched'
    begin
    archive "$KIT_JOB" "$temporary/known.zip" || fail 'what the job due has looked up is gone: start a new pipeline'
    unzip -qo "$temporary/known.zip" "$kit/known/*" -d "$temporary/known"
    cp -R "$temporary/known/$kit/known" "$kit/"
    if [[ -d $kit/known/undo ]]; then say 'What this report lists is undone:'; else say 'What is applied is bounded by these plans:'; fi
    find "$kit/known" -name '*.json' | LC_ALL=C sort >&2
}

# approve: where the environment presence-approve has reviewers, GitLab starts this job when they have approved.
approve() {
    say "Approved: ${CI_JOB_NAME:-approve}, by ${GITLAB_USER_LOGIN:-a person}"
}

# give_way: a job of an older commit never applies what the branch has changed since.
give_way() {
    local names
    find_head
    [[ $head != "$CI_COMMIT_SHA" ]] || return 0
    names=$( (alone orgs "$CONFIG" --at "$head" --org "$KIT_ORG" --changed-since "$CI_COMMIT_SHA" --exact --output lines)) ||
        fail "what $CI_DEFAULT_BRANCH says by now for $KIT_ORG (${head:0:7}) cannot be read: nothing is done"
    [[ -n $names ]] || return 0
    : >"$kit/legs/$KIT_ORG.superseded"
    say "the config of $KIT_ORG is different in ${head:0:7}, the newest commit of $CI_DEFAULT_BRANCH: nothing is done, the pipeline of that commit does it"
    exit "$SUPERSEDED"
}

# apply: the leg of one org. It does nothing beyond the plans that were reviewed: those of its org in known/ORG, or by hand the
# plan of this pipeline. The plans need no trust: they can only narrow what is done.
apply() {
    local file status=0
    local -a plans=() freeze=()
    begin
    give_way
    # They are taken away when the job ends: what it keeps is its own.
    trap 'rm -rf "$temporary" ${earlier[@]+"${earlier[@]}"}' EXIT
    earlier_reports "$KIT_ORG" "$kit/reports" "$EARLIER_JOBS"
    say "${#earlier[@]} file(s) of reports of earlier jobs"
    if [[ $KIT_BY_HAND == true ]]; then
        file=$kit/planned/$KIT_ORG
        [[ -s $file.status && $(<"$file.status") =~ ^[02]$ ]] || fail "the job \"plan $KIT_ORG\" failed, so there is nothing to apply. Its log says why"
        ! is_document "$file.json" plan || plans=(--plan "$file.json")
        [[ ! -s $kit/known/break-glass ]] || freeze=(--break-glass "$(<"$kit/known/break-glass")")
    else
        for file in "$kit/known/$KIT_ORG/"*.json; do
            [[ ! -e $file ]] || plans+=(--plan "$file")
        done
    fi
    if ((${#plans[@]} == 0)); then
        # Nothing was reviewed, so nothing may be done: the bound is a plan without changes. The report says what that skipped.
        (alone plan "$CONFIG" --org "$KIT_ORG" --report-dir "$kit/reports" --detailed-exitcode --output human \
            --output "json=$temporary/plan.json") || status=$?
        ((status == 0 || status == 2)) || exit "$status"
        ((status == 0)) || say 'no merge request has a reviewed plan of this, so nothing is applied'
        jq '.changes = []' "$temporary/plan.json" >"$temporary/nothing.json"
        plans=(--plan "$temporary/nothing.json") status=0
    fi
    # Again, right before it writes: the branch may have moved on.
    give_way
    (alone apply "$CONFIG" --org "$KIT_ORG" --auto-approve "${plans[@]}" ${freeze[@]+"${freeze[@]}"} --report-dir "$kit/reports" \
        --output human --output "json=$kit/legs/$KIT_ORG.json") || status=$?
    echo "$status" >"$kit/legs/$KIT_ORG.status"
    tell_not_reviewed
    ((status == 0)) || say "What was not done is due until it is done"
    exit "$status"
}

# tell_not_reviewed: names, by key, what was to be done and no plan showed. presencectl skips everything then; what was reviewed is
# not named.
tell_not_reviewed() {
    local keys said file
    local -a files=()
    for file in "${plans[@]}"; do [[ $file == --plan ]] || files+=("$file"); done
    keys=$(jq --slurp --raw-output --slurpfile report "$kit/legs/$KIT_ORG.json" '
        def asked: {action, key, id, after};
        [.[].changes[]? | asked] as $reviewed
        | [($report[0].objects // [])[] | select(.skipReason == "beyond-saved-plan")] as $skipped
        | [$skipped[] | select(asked as $it | any($reviewed[]; . == $it) | not)] | (if . == [] then $skipped else . end)
        | map("\(.action) \(.key // .name // .id)")
        | .[:20] + (if length > 20 then ["and \(length - 20) more"] else [] end) | join(", ")' "${files[@]}" 2>/dev/null) || keys=''
    [[ -n $keys ]] || return 0
    said="Not reviewed, and so not done for $KIT_ORG: $(clean <(printf '%s' "$keys")). To apply it, open a merge request in this project: its plan shows all that is not applied yet. Or start a pipeline by hand on $CI_DEFAULT_BRANCH with ORG = $KIT_ORG: it shows the plan before you approve it"
    say "$said"
    printf '%s.\n' "${said//[\`<>*_\[\]|]/ }" >"$kit/legs/$KIT_ORG.not-reviewed"
}

# undo_plan: what the undo would do. Nothing can be asked here, so presencectl shows its plan and ends.
undo_plan() {
    begin
    (alone undo "$(find "$kit/known/undo" -name '*.json')" --config "$CONFIG" --org "$KIT_ORG" --no-report) \
        </dev/null >"$temporary/undo" 2>&1 || :
    cat "$temporary/undo"
    grep -q '^Plan: \|^No changes' "$temporary/undo" || fail 'there is no plan of the undo'
}

# undo: takes back what the report says. What the config protects, its limits and a freeze apply.
undo() {
    local status=0
    begin
    give_way
    (alone undo "$(find "$kit/known/undo" -name '*.json')" --config "$CONFIG" --org "$KIT_ORG" --auto-approve --report-dir "$kit/reports" \
        --output human --output "json=$kit/legs/$KIT_ORG.json") || status=$?
    say 'The files still ask for what was undone. Revert the merge request, or a later apply does it again'
    exit "$status"
}

# result: the last job after a merge or by hand. What it says is added to the note of the merge request.
result() {
    local status=0 org iid ours body
    begin
    gather
    if ((${#orgs[@]} == 0)); then
        say 'Nothing is due.'
        printf 'Nothing is due.\n' >"$kit/comment.md"
    else
        combined report || status=$?
    fi
    [[ -z $KIT_FROZEN ]] || {
        say "$KIT_FROZEN"
        printf '\n~~~text\n%s\n~~~\n' "$KIT_FROZEN" >>"$kit/comment.md"
    }
    for org in ${orgs[@]+"${orgs[@]}"}; do
        [[ ! -s $kit/legs/$org.not-reviewed ]] || printf '\n%s' "$(<"$kit/legs/$org.not-reviewed")" >>"$kit/comment.md"
    done
    ((status == 0 || status == 2)) && all_are 0 || status=1
    ((status != 2)) || status=0
    [[ $KIT_BY_HAND == false ]] || exit "$status"
    needs_token 'the merge request is not told what was applied'
    # shellcheck disable=SC2016 # they are jq's variables
    iid=$(first "$project/repository/commits/$CI_COMMIT_SHA/merge_requests?" 'select(.state == "merged"
        and (.target_branch == $ENV.CI_DEFAULT_BRANCH) and (.target_project_id | here)) | .iid | number') || not_told "$status"
    [[ -n $iid ]] || exit "$status"
    ours=$(own_note "$iid") || not_told "$status"
    [[ -n $ours ]] || exit "$status"
    body=$(api GET "$project/merge_requests/$iid/notes/$ours") || not_told "$status"
    jq --arg commit "${CI_COMMIT_SHA:0:7}" --rawfile result "$kit/comment.md" '(.body | strings | split("\n\n<!-- presencectl-kit:applied -->")[0]) as $plan
        | { body: "\($plan)\n\n<!-- presencectl-kit:applied -->\n---\n\($result)\n\nApplied at `\($commit)` by [this job](\($ENV.CI_JOB_URL))." }' \
        <<<"$body" >"$temporary/note.json" 2>/dev/null || not_told "$status"
    write_note "$iid" "$ours" "$temporary/note.json" || not_told "$status"
    exit "$status"
}

# drift: the leg of one org, at night. By the commit that was applied last it is known what was changed by hand.
drift() {
    local status=0
    local -a applied=(--report-dir "$temporary/reports")
    begin
    (earlier_reports "$KIT_ORG" "$temporary/reports" "$EARLIER_JOBS") ||
        say 'the reports of earlier jobs cannot be read, so what was changed by hand may not be told from what was merged'
    mkdir -p "$temporary/reports"
    [[ -z ${KIT_LAST:-} ]] || applied+=(--applied "$KIT_LAST")
    (alone drift "$CONFIG" --org "$KIT_ORG" "${applied[@]}" --detailed-exitcode --output human \
        --output "json=$kit/legs/$KIT_ORG.json") || status=$?
    echo "$status" >"$kit/legs/$KIT_ORG.status"
    # The job `told` fails for drift. Here an org that differs is no failure.
    ((status == 0 || status == 2)) || exit "$status"
}

# told: the last job at night. It keeps one issue for all orgs, and fails if there is drift: GitLab sends a mail then.
told() {
    local status=0 state=reopen
    begin
    gather
    combined drift || status=$?
    ((status == 0 || status == 2)) && all_are 0 2 || status=1
    all_are 0 || printf '\n%s\n' "To bring an org back to its config, start a pipeline by hand with that org as \`ORG\`." >>"$kit/comment.md"
    ! all_are 0 || ((status != 0)) || state=close
    [[ $state == close ]] || ((status == 1)) || status=2
    if [[ -z ${GITLAB_TOKEN:-} ]]; then
        say 'GITLAB_TOKEN is not set: no issue is kept. What differs is above'
    else
        keep_issue "$state" "$kit/comment.md" || {
            say 'the issue is not written, for the reason above. What it would say is in the log and in the artifacts of this job. If issues are off in this project, turn them on under Settings > General > Visibility'
            ((status != 0)) || status=1
        }
    fi
    exit "$status"
}

# lost: at night, if the job `due` failed: no org was read, and the issue must say so.
lost() {
    needs_token 'the issue is not told that the drift of this night is not known'
    # shellcheck disable=SC2016 # they are ticks of Markdown
    printf 'No org was read: the job `due` of [this pipeline](%s) failed. Its log says why.\n' "${CI_PIPELINE_URL:-}" >"$temporary/lost.md"
    keep_issue reopen "$temporary/lost.md" || fail 'the issue is not written, for the reason above'
}

# keep_issue close|reopen FILE: none is made only to be closed.
keep_issue() {
    local me iid kind='<!-- presencectl-kit:drift -->'
    me=$(read_json user '.id | number') || return 1
    # By its first line and its author.
    iid=$(first "$project/issues?scope=all&author_id=$me&order_by=created_at&sort=asc" \
        "select(.author.id == $me and (.description | strings | startswith(\"$kind\"))) | .iid | number") || return 1
    [[ -n $iid || $1 == reopen ]] || return 0
    jq --null-input --arg kind "$kind" --arg event "$1" --rawfile body "$2" \
        '{ title: "Presences: drift", description: "\($kind)\n\($body)\n\nFrom [the job](\($ENV.CI_JOB_URL))." }
         + if $event == "" then {} else { state_event: $event } end' >"$temporary/issue.json"
    if [[ -n $iid ]]; then
        api PUT "$project/issues/$iid" "$temporary/issue.json" >/dev/null
    else
        api POST "$project/issues" "$temporary/issue.json" >/dev/null
    fi
}

case $1 in
    # They have to work where the release cannot be downloaded.
    install | known | approve | lost) ;;
    *) [[ -n ${KIT_BIN:-} ]] || install ;;
esac
"$1"
