# shellcheck shell=bash
# What the kit's scripts share. They run with bash 3.2 as well, which macOS has: no associative arrays, and an array that
# may be empty is written `${a[@]+"${a[@]}"}`.
#
# They take everything from the environment: nothing of an expression or of a pull request is ever part of a script's
# text.

# Ends the step with a message.
fail() {
    printf '::error::%s\n' "$(escaped "$1")"
    exit 1
}

note() {
    printf '::notice::%s\n' "$(escaped "$1")"
}

# As GitHub wants the text of a workflow command: one line, and no command of its own.
escaped() {
    local text=${1//'%'/'%25'}
    text=${text//$'\r'/'%0D'}
    printf '%s' "${text//$'\n'/'%0A'}"
}

# output NAME VALUE: an output of the step. Values are of one line.
output() {
    [[ $2 != *$'\n'* ]] || fail "the output $1 would have several lines"
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# api METHOD PATH [FILE]: asks GitHub's API about this repository, with FILE as the body, and prints the answer. An empty PATH
# is the repository itself. Reads are tried again, so the answer goes through a file: curl empties it before each try. On
# standard output, the answer of a failed try would stay in front of the next one. It ends with not_found for a 404.
readonly not_found=44
api() {
    local method=$1 path=$2 body=${3:-} answer code status=0
    local -a more=()
    [[ -z $body ]] || more+=(--data-binary "@$body")
    [[ $method != GET ]] || more+=(--retry 3)
    answer=$(mktemp "$RUNNER_TEMP/presencectl-answer.XXXXXX") || return 1
    # The token goes by standard input: every process of the machine can see arguments.
    code=$(curl --config - --silent --show-error --fail-with-body --location --max-time 60 --request "$method" \
        --output "$answer" --write-out '%{http_code}' ${more[@]+"${more[@]}"} \
        --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
        "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY${path:+/$path}" \
        <<<"header = \"Authorization: Bearer $TOKEN\"") || status=$?
    # curl 8.14 ends with 0 after a refusal if it was told to try again (curl/curl#17554): the code of the answer counts.
    [[ $status != 0 || $code == 2?? ]] || status=22
    if ((status == 0)); then
        cat "$answer" || status=$?
    elif ((status == 2)) && ! curl --fail-with-body --version >/dev/null 2>&1; then
        printf '::error::%s\n' "this curl does not know --fail-with-body: curl 7.76 or newer is needed, and nothing was sent" >&2
    else
        printf '%s %s: %s\n' "$method" "$path" "$(escaped "$(head -c 1000 "$answer" | tr -d '\000')")" >&2
        [[ $code != 403 ]] || printf '::warning::%s\n' "$(escaped "GitHub refuses $method $path (403). It takes \`$(permission "$path")\` in the job's \`permissions\`")" >&2
    fi
    rm -f "$answer"
    [[ $status == 0 || $code != 404 ]] || status=$not_found
    return "$status"
}

# permission PATH: what the job's token needs for it.
permission() {
    case $1 in
        actions/*) echo 'actions: read' ;;
        check-runs*) echo 'checks: write' ;;
        statuses/*) echo 'statuses: write' ;;
        commits/*/pulls* | pulls*) echo 'pull-requests: read' ;;
        issues/*/comments* | issues/comments/*) echo 'pull-requests: write' ;;
        issues*) echo 'issues: write' ;;
        *) echo 'contents: read' ;;
    esac
}

# ask PATH FILTER: what a jq filter finds in an answer, one value a line, texts as they are. An answer that decides something
# must have the right type, or this fails: see `list`, `sha`, `number`, `moment`, `name` and `word`. `counts` is the condition
# on a run: a run of this repository, of its default branch, of one workflow file, by one of these events. A name alone is
# never enough, because a fork has a branch `main`, too.
ask() {
    local answer
    answer=$(api GET "$1") || return $?
    jq --slurp --compact-output --raw-output '
        def wanted(what; condition): if condition then . else error("GitHub answered with \(tojson[:200]), which is no \(what)") end;
        def list: wanted("list"; type == "array");
        def sha: wanted("commit"; type == "string" and test("^[0-9a-f]{40}$"));
        def number: wanted("number"; type == "number");
        def moment: wanted("time"; type == "string" and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"));
        def name: wanted("name"; type == "string" and length > 0);
        def word($words): . as $it | wanted("one of \($words | join(", "))"; any($words[]; . == $it));
        def counts($workflow; $events):
            (.repository.id | type) == "number" and .head_repository.id == .repository.id
            and .head_branch == $ENV.default_branch
            and (.path | strings | split("@")[0]) == ".github/workflows/\($workflow)"
            and (.event as $it | any($events[]; . == $it));
        wanted("one document"; length == 1) | .[0] | '"$2" <<<"$answer"
}

# page PATH LIST FILTER NUMBER: what a jq filter finds in one page of a list, after a line `more` or `last`.
page() {
    local joint='?'
    [[ $1 != *'?'* ]] || joint='&'
    ask "$1${joint}per_page=100&page=$4" "$2 | list | (if length < 100 then \"last\" else \"more\" end), (.[] | $3)"
}

# pages PATH LIST FILTER [MAX]: the same for each page. It is called inside `$( … )`, where bash does not end at a failure by
# itself: a page that was refused must not look like an empty one.
pages() {
    local number answer
    for ((number = 1; number <= ${4:-20}; number++)); do
        answer=$(page "$1" "$2" "$3" "$number") || return 1
        [[ $answer != *$'\n'* ]] || printf '%s\n' "${answer#*$'\n'}"
        [[ $answer == more* ]] || return 0
    done
    printf 'the list %s is too long\n' "$1" >&2
    return 1
}

# Sets and exports `default_branch`, from the event of this run or else from GitHub.
find_default_branch() {
    default_branch=''
    [[ ! -f ${GITHUB_EVENT_PATH:-} ]] ||
        default_branch=$(jq --raw-output '.repository.default_branch | strings' "$GITHUB_EVENT_PATH")
    [[ -n $default_branch ]] || default_branch=$(ask '' '.default_branch | name')
    export default_branch
}

# relation FROM TO: is TO `ahead` of FROM, `behind` it, `identical`, or have they `diverged`? GitHub answers with 404 where they
# have no commit in common, or one of them is gone: then they have diverged. A 404 also hides what a token may not see, so it
# counts only if GitHub compares this run's own commit with the default branch.
relation() {
    local status=0 word='.status | word(["ahead", "behind", "diverged", "identical"])'
    ask "compare/$1...$2?per_page=1" "$word" || status=$?
    ((status == not_found)) || return "$status"
    ask "compare/$GITHUB_SHA...$(default_ref)?per_page=1" "$word" >/dev/null || return 1
    echo diverged
}

# The default branch by its whole name: a tag may have the short one.
default_ref() {
    printf 'refs/heads/%s' "$(encoded "$default_branch")"
}

# on_default_branch COMMIT: prints `true` or `false`.
on_default_branch() {
    local found
    found=$(relation "$1" "$(default_ref)") || return 1
    case $found in
        ahead | identical) echo true ;;
        *) echo false ;;
    esac
}

# reachable COMMIT: prints whether it is the commit of this run or before it, or on the default branch.
reachable() {
    local found
    [[ $1 != "$GITHUB_SHA" ]] || {
        echo true
        return 0
    }
    found=$(relation "$1" "$GITHUB_SHA") || return 1
    case $found in
        ahead | identical) echo true ;;
        *) on_default_branch "$1" ;;
    esac
}

# last_applied WORKFLOW: the commit of the newest run of this workflow that succeeded and counts; nothing if there is none.
# Each event is asked for by itself: GitHub tells 1,000 runs of a search at most, and a fork cannot start these.
last_applied() {
    local event found newest=''
    for event in push workflow_dispatch schedule; do
        found=$(last_applied_by "$1" "$event") || return 1
        # Times and numbers of this form are in order as texts.
        [[ -z $found || ! $found > $newest ]] || newest=$found
    done
    printf '%s' "${newest##* }"
}

last_applied_by() {
    local number answer created id sha counts runs seen=' '
    runs="actions/workflows/$(encoded "$1")/runs?branch=$(encoded "$default_branch")&event=$2&status=success"
    for ((number = 1; number <= 10; number++)); do
        answer=$(page "$runs" .workflow_runs "select(.conclusion == \"success\" and counts($(quoted "$1"); [\"$2\"]))
            | \"\(.created_at | moment) \(.id // 0 | number | tostring | (\"0\" * 16) + . | .[-16:]) \(.head_sha | sha)\"" "$number") ||
            return 1
        while read -r created id sha; do
            [[ -n $sha && $seen != *" $sha "* ]] || continue
            seen="$seen$sha "
            counts=$(reachable "$sha") || return 1
            [[ $counts == false ]] || {
                printf '%s %s %s' "$created" "$id" "$sha"
                return 0
            }
        done <<<"$answer"
        [[ $answer == more* ]] || return 0
    done
    printf 'none of the newest 1,000 runs of %s by %s is of the branch %s\n' "$1" "$2" "$default_branch" >&2
    return 1
}

# later_run WORKFLOW: the address of a run that counts, of a later commit, that has begun to apply and did not succeed as a
# whole: one of its orgs may be applied. Nothing if there is none. The newest runs come first, and those before this one or
# before the last that succeeded are of no later commit.
later_run() {
    local number answer id conclusion sha relation begun runs
    runs="actions/workflows/$(encoded "$1")/runs?branch=$(encoded "$default_branch")"
    for ((number = 1; number <= 10; number++)); do
        answer=$(page "$runs" .workflow_runs "select(counts($(quoted "$1"); [\"push\", \"workflow_dispatch\", \"schedule\"]))
            | \"\(.id // 0 | number) \(.conclusion // \"none\") \(.head_sha | sha)\"" "$number") || return 1
        while read -r id conclusion sha; do
            [[ -n $sha ]] || continue
            [[ $sha != "$GITHUB_SHA" && $conclusion != success ]] || return 0
            relation=$(relation "$sha" "$GITHUB_SHA") || return 1
            [[ $relation == behind ]] || continue
            # shellcheck disable=SC2016 # they are jq's variables
            begun=$(ask "actions/runs/$id/jobs?per_page=100" '[.jobs | list | .[] | select(.status == "in_progress"
                or (.status == "completed" and ((.conclusion // "none") as $it | any("success", "failure", "cancelled", "timed_out"; . == $it))))
                | select(.name | strings | test("plan") | not)] | length') || return 1
            [[ $begun == 0 ]] || {
                printf '%s/%s/actions/runs/%s' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$id"
                return 0
            }
        done <<<"$(sed 1d <<<"$answer")"
        [[ $answer == more* ]] || return 0
    done
}

# first_run WORKFLOW: the commit of the oldest run of this workflow that counts, no matter what became of it; nothing if there is none.
first_run() {
    local runs filter number end answer sha counts oldest
    runs="actions/workflows/$(encoded "$1")/runs"
    filter="select(counts($(quoted "$1"); [\"push\", \"workflow_dispatch\", \"schedule\"])) | .head_sha | sha"
    number=$(ask "$runs?per_page=1" '.total_count | number | . + 99 | . / 100 | floor') || return 1
    ((number > 0)) || number=1
    # The count may say less than there is: so this looks for the last page, and goes back from there.
    for ((end = number + 100; number < end; number++)); do
        answer=$(page "$runs" .workflow_runs "$filter" "$number") || return 1
        [[ $answer == more* ]] || break
    done
    while :; do
        oldest=''
        # The oldest one is the last of its page.
        while read -r sha; do
            [[ $sha == last || $sha == more ]] || oldest="$sha $oldest"
        done <<<"$answer"
        for sha in $oldest; do
            counts=$(reachable "$sha") || return 1
            [[ $counts == false ]] || {
                printf '%s' "$sha"
                return 0
            }
        done
        number=$((number - 1))
        ((number > 0)) || return 0
        answer=$(page "$runs" .workflow_runs "$filter" "$number") || return 1
    done
}

# encoded TEXT: as a part of an address, of a file's name or of a mark. No two texts become one.
encoded() {
    jq --null-input --raw-output --arg it "$1" '$it | @uri'
}

# quoted TEXT: as a text in a jq filter.
quoted() {
    jq --null-input --arg it "$1" '$it'
}

# mark KIND: the hidden first line by which this org's comment or issue is found again. It is the kit's own: what
# presencectl writes into its Markdown names the org's id, which a run that failed early does not know.
mark() {
    printf '<!-- presencectl-kit:%s%s -->' "$1" "${ORG:+ $(encoded "$ORG")}"
}

# found_by MARK: a jq condition on a comment or issue: is it ours?
found_by() {
    jq --null-input --raw-output --arg mark "$1" \
        '".user.login == $ENV.COMMENT_AUTHOR and ((.body // \"\") | startswith(\($mark | tojson)))"'
}

# The address of this run, for people.
run_url() {
    printf '%s/%s/actions/runs/%s' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"
}

# posted MARK FILE OUT: the body of a comment or issue. presencectl keeps its Markdown within the API's limit of 65,536
# characters itself; a file that passes it all the same is cut at a whole line, and says where the whole is.
posted() {
    jq --null-input --arg mark "$1" --rawfile text "$2" --arg run "$(run_url)" '
        ($text | rtrimstr("\n") | split("\n")) as $lines
        | [foreach $lines[] as $line (65000; . - ($line | length) - 1; select(. > 0) | $line)] as $kept
        | if ($kept | length) == ($lines | length) then []
            else ["", "**This is too long for here.** The whole is in [the run](\($run))."] end
        | {body: ([$mark] + $kept + . | join("\n"))}' >"$3"
}

# Sets `given`: what presencectl is told of the config, and what the input `arguments` adds.
give() {
    local argument
    given=("$PATH_OF_CONFIG")
    [[ -z ${ORG:-} || ${1:-} == validate ]] || given+=(--org "$ORG")
    [[ -z ${AT:-} ]] || given+=(--at "$AT")
    while IFS= read -r argument; do
        [[ -z $argument ]] || given+=("$argument")
    done <<<"${ARGUMENTS:-}"
}

# alone COMMAND…: runs it in the place of this shell, with the variables that presencectl and its `git` need, and no others:
# the tokens of this job are none of them. Bash knows no variable whose name is no word, and hands it on all the same, so awk
# names them all.
alone() {
    local name
    local -a others=()
    while IFS= read -r name; do
        case $name in
            GENESYSCLOUD_* | PRESENCECTL_* | NO_COLOR | CI) ;;
            HTTP_PROXY | http_proxy | HTTPS_PROXY | https_proxy | ALL_PROXY | all_proxy | NO_PROXY | no_proxy) ;;
            SSL_CERT_FILE | SSL_CERT_DIR | LANG | LC_* | TERM | TZ) ;;
            # Who is at work and on what, for the report.
            GITHUB_ACTIONS | GITHUB_SERVER_URL | GITHUB_REPOSITORY | GITHUB_REF | GITHUB_SHA | GITHUB_RUN_ID) ;;
            GITHUB_ACTOR | GITHUB_TRIGGERING_ACTOR) ;;
            PATH | HOME | XDG_CONFIG_HOME | TMPDIR | TMP | TEMP) ;;
            GIT_CONFIG_GLOBAL | GIT_CONFIG_SYSTEM | GIT_CONFIG_NOSYSTEM | GIT_CONFIG_COUNT | GIT_CONFIG_KEY_* | GIT_CONFIG_VALUE_*) ;;
            GIT_CEILING_DIRECTORIES) ;;
            # Windows runs nothing without them.
            SYSTEMROOT | SystemRoot | WINDIR | windir | SYSTEMDRIVE | SystemDrive | COMSPEC | ComSpec | PATHEXT) ;;
            USERPROFILE | HOMEDRIVE | HOMEPATH | APPDATA | LOCALAPPDATA | PROGRAMDATA | ProgramData) ;;
            *) others+=(-u "$name") ;;
        esac
    done < <(awk 'BEGIN { for (name in ENVIRON) print name }')
    exec env ${others[@]+"${others[@]}"} "$@"
}
