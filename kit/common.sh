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

warn() {
    printf '::warning::%s\n' "$(escaped "$1")"
}

# An error that does not end the step.
tell_error() {
    printf '::error::%s\n' "$(escaped "$1")"
}

# What another machine answered, for the log: without control characters, and not all of it.
printable() {
    head -c 1000 | LC_ALL=C tr -d '\000-\010\013-\037\177'
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
# standard output, the answer of a failed try would stay in front of the next one. It ends with not_found for a 404. A call that
# failed is an annotation. With API_CACHE, a folder, what was read once in a job is not asked for again.
readonly not_found=44
api() {
    local method=$1 path=$2 body=${3:-} answer code status=0 kept=''
    if [[ $method == GET && -n ${API_CACHE:-} ]]; then
        kept="$API_CACHE/$(git hash-object --stdin <<<"$path")"
        if [[ -f $kept ]]; then
            cat "$kept"
            return 0
        fi
    fi
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
        [[ -z $kept || $status != 0 ]] || cp "$answer" "$kept"
    elif ((status == 2)) && ! curl --fail-with-body --version >/dev/null 2>&1; then
        printf '::error::%s\n' "this curl does not know --fail-with-body: curl 7.76 or newer is needed, and nothing was sent" >&2
    else
        # A read that is answered with 404 may be no failure: the caller decides.
        if [[ $method == GET && $code == 404 ]]; then
            printf '%s %s: %s\n' "$method" "$path" "$(escaped "$(printable <"$answer")")" >&2
        else
            warn "$method $path: $(printable <"$answer") (${code:-no answer})" >&2
        fi
        [[ $code != 403 ]] || warn "GitHub refuses $method $path (403). It takes \`$(permission "$path")\` in the job's \`permissions\`" >&2
    fi
    rm -f "$answer"
    [[ $status == 0 || $code != 404 ]] || status=$not_found
    return "$status"
}

# permission PATH: what the job's token needs for it.
permission() {
    case $1 in
        actions/* | environments*) echo 'actions: read' ;;
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

# reports_of RUN: the artifacts with a report of ORG that a run has kept, the newest first, as `TIME NUMBER`. The whole name counts:
# `acme` is not `acme-test`.
reports_of() {
    local answer
    # shellcheck disable=SC2016 # they are jq's variables
    answer=$(pages "actions/runs/$1/artifacts" .artifacts "select(.expired | not)
        | ($(quoted "presencectl-reports-$ORG-")) as \$name
        | select(.name | strings | startswith(\$name) and (ltrimstr(\$name) | test(\"^[0-9]+\$\")))
        | \"\(.created_at | moment) \(.id | number)\"" 3) || return 1
    sort -r <<<"$answer"
}

# check_stages FILE: does the config (FILE, as `orgs --output json` gives it) have the stages that the workflows have jobs for?
# `*` is any.
check_stages() {
    local found
    [[ ${STAGES-*} != '*' ]] || return 0
    found=$(jq --raw-output '.stages // [] | join(" ")' "$1")
    [[ $found == "$STAGES" ]] || fail "the config has the stages \"$found\", and the workflows have jobs for \"$STAGES\". \`presencectl init . --start none --ci github\` rewrites the workflows: it says what else to type"
}

# fetch_commit COMMIT: gets it from this repository into the clone of the current folder, as objects: nothing is checked out.
# The token goes by the environment: every process of the machine can see arguments.
fetch_commit() {
    local try folder
    folder=$(pwd)
    for ((try = 1; try <= 3; try++)); do
        # An empty header takes away one that `checkout` may have left: two of them are an error.
        GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$folder" \
            GIT_CONFIG_KEY_1="http.$GITHUB_SERVER_URL/.extraheader" GIT_CONFIG_VALUE_1='' \
            GIT_CONFIG_KEY_2="http.$GITHUB_SERVER_URL/.extraheader" \
            GIT_CONFIG_VALUE_2="Authorization: Basic $(printf 'x-access-token:%s' "$TOKEN" | base64 | tr -d '\n')" \
            git -c gc.auto=0 fetch --quiet --no-tags --recurse-submodules=no --no-write-fetch-head origin "$1" && return 0
        sleep "$try"
    done
    return 1
}

# has_commit COMMIT: is it in the clone of the current folder?
has_commit() {
    git -c "safe.directory=$(pwd)" cat-file -e "$1^{commit}" 2>/dev/null
}

# encoded TEXT: as a part of an address, of a file's name or of a mark. No two texts become one. What stays as it is starts no jq:
# scripts of a fleet encode hundreds of names.
encoded() {
    local LC_ALL=C
    if [[ $1 =~ ^[-._~0-9A-Za-z]*$ ]]; then
        printf '%s\n' "$1"
        return 0
    fi
    jq --null-input --raw-output --arg it "$1" '$it | @uri'
}

# quoted TEXT: as a text in a jq filter.
quoted() {
    local LC_ALL=C
    if [[ $1 =~ ^[-._~0-9A-Za-z]*$ ]]; then
        printf '"%s"\n' "$1"
        return 0
    fi
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

# plan_title FILE…: what some plans say, in a line, those first that take something away: for the title of a check run and the
# text of a status. A file that is missing or no plan counts as none.
plan_title() {
    local file
    local -a there=()
    for file in "$@"; do
        [[ $(jq --raw-output .kind "$file" 2>/dev/null) != plan ]] || there+=("$file")
    done
    cat /dev/null ${there[@]+"${there[@]}"} | jq --slurp --raw-output --argjson asked "$#" '
        def of(name): map(.summary[name] // 0) | add // 0;
        def said(names): [names[] as $it | of($it) | select(. > 0) | "\(.) to \($it)"] | join(", ");
        [
            (if length < $asked then "no plan\(if $asked > 1 then " of \($asked - length) orgs" else "" end)" else empty end),
            (map(select(.applicable | not)) | length | select(. > 0)
                | "refused\(if $asked > 1 then " in \(.) orgs" else "" end)"),
            (said(["delete", "replace", "deactivate"]) | select(. != "")),
            (map(.changes[]? | select(.action == "update") | [(.before.labels // {} | keys), (.after.labels // {} | keys)]
                | .[0] - .[1] | length) | add // 0 | select(. > 0) | "\(.) labels to remove"),
            (said(["create", "update", "reactivate"]) | select(. != ""))
        ] | if . == [] then "No changes" else join(", ") | (.[:1] | ascii_upcase) + .[1:] end'
}
