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

# api METHOD PATH [FILE]: asks GitHub's API, with FILE as the body, and prints the answer. Reads are tried again.
api() {
    local method=$1 path=$2 body=${3:-}
    local -a more=()
    [[ -z $body ]] || more+=(--data-binary "@$body")
    [[ $method != GET ]] || more+=(--retry 3)
    # The token goes by standard input: arguments can be seen by every process of the machine.
    curl --config - --silent --show-error --fail-with-body --location --max-time 60 --request "$method" \
        ${more[@]+"${more[@]}"} --header 'Accept: application/vnd.github+json' \
        --header 'X-GitHub-Api-Version: 2022-11-28' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$path" \
        <<<"header = \"Authorization: Bearer $TOKEN\""
}

# pages PATH LIST FILTER [MAX]: what a jq filter finds in the list of each page, one JSON value a line. It is called inside
# `$( … )`, where bash does not end at a failure by itself: a page that was refused must not look like an empty one.
pages() {
    local path=$1 list=$2 filter=$3 max=${4:-20} page answer length joint='?'
    [[ $path != *'?'* ]] || joint='&'
    for ((page = 1; page <= max; page++)); do
        answer=$(api GET "$path${joint}per_page=100&page=$page" | jq --compact-output "$list") || return 1
        jq --compact-output ".[] | $filter" <<<"$answer" || return 1
        length=$(jq length <<<"$answer") || return 1
        ((length == 100)) || return 0
    done
}

# last_applied WORKFLOW: the commit of the newest run of this workflow that succeeded, on this branch; nothing where none did.
last_applied() {
    api GET "actions/workflows/$1/runs?branch=$(encoded "$GITHUB_REF_NAME")&status=success&per_page=1" |
        jq --raw-output '.workflow_runs[0].head_sha // empty'
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
