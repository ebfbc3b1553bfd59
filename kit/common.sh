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

# api METHOD PATH [FILE]: asks GitHub's API, with FILE as the body, and prints the answer. Reads are tried again: so the answer
# goes through a file, which curl empties before it tries again. On standard output what a failed try answered would stay
# in front of the answer.
api() {
    local method=$1 path=$2 body=${3:-} answer status=0
    local -a more=()
    [[ -z $body ]] || more+=(--data-binary "@$body")
    [[ $method != GET ]] || more+=(--retry 3)
    answer=$(mktemp "$RUNNER_TEMP/presencectl-answer.XXXXXX") || return 1
    # The token goes by standard input: arguments can be seen by every process of the machine.
    curl --config - --silent --show-error --fail-with-body --location --max-time 60 --request "$method" --output "$answer" \
        ${more[@]+"${more[@]}"} --header 'Accept: application/vnd.github+json' \
        --header 'X-GitHub-Api-Version: 2022-11-28' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$path" \
        <<<"header = \"Authorization: Bearer $TOKEN\"" || status=$?
    if ((status == 0)); then
        cat "$answer" || status=$?
    else
        printf '%s %s: %s\n' "$method" "$path" "$(escaped "$(head -c 1000 "$answer" | tr -d '\000')")" >&2
    fi
    rm -f "$answer"
    return "$status"
}

# ask PATH FILTER: what a jq filter finds in an answer, one value a line, texts as they are. What decides something fails
# where the answer is not what it has to be: `list`, `sha`, `number` and `word` say what that is.
ask() {
    local answer
    answer=$(api GET "$1") || return 1
    jq --slurp --compact-output --raw-output '
        def wanted(what; condition): if condition then . else error("GitHub answered with \(tojson[:200]), which is no \(what)") end;
        def list: wanted("list"; type == "array");
        def sha: wanted("commit"; type == "string" and test("^[0-9a-f]{40}$"));
        def number: wanted("number"; type == "number");
        def word($words): . as $it | wanted("one of \($words | join(", "))"; any($words[]; . == $it));
        wanted("one document"; length == 1) | .[0] | '"$2" <<<"$answer"
}

# pages PATH LIST FILTER [MAX]: what a jq filter finds in the list of each page, as `ask`. It is called inside
# `$( … )`, where bash does not end at a failure by itself: a page that was refused must not look like an empty one.
pages() {
    local path=$1 list=$2 filter=$3 max=${4:-20} page answer length joint='?'
    [[ $path != *'?'* ]] || joint='&'
    for ((page = 1; page <= max; page++)); do
        # The length comes first, and says that this was the answer.
        answer=$(ask "$path${joint}per_page=100&page=$page" "$list | list | length, (.[] | $filter)") || return 1
        length=${answer%%$'\n'*}
        [[ $length =~ ^[0-9]+$ ]] || return 1
        [[ $answer == "$length" ]] || printf '%s\n' "${answer#*$'\n'}"
        ((length == 100)) || return 0
    done
}

# last_applied WORKFLOW: the commit of the newest run of this workflow that succeeded, on this branch; nothing where none did.
last_applied() {
    ask "actions/workflows/$1/runs?branch=$(encoded "$GITHUB_REF_NAME")&status=success&per_page=1" \
        '.workflow_runs | list | .[0] // empty | .head_sha | sha'
}

# encoded TEXT: as a part of an address, of a file's name or of a mark. No two texts become one.
encoded() {
    jq --null-input --raw-output --arg it "$1" '$it | @uri'
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
    while IFS= read -r argument; do
        [[ -z $argument ]] || given+=("$argument")
    done <<<"${ARGUMENTS:-}"
}
