# shellcheck shell=bash
# What the last jobs know of the legs: each has left a folder with leg.json, and with its document. A leg without one was not
# even started, or has failed before presencectl was. `presencectl combine` says what became of each org.
#
# shellcheck disable=SC2034,SC2153,SC2154 # the results are for the script that sources this, and `given` is from common.sh

# gather PREFIX DOCUMENT: sets `orgs` to those that had to report, `folders` and `documents` to what they left, and `failed` to 1 if
# one did not end with 0 or 2. Those that left their org to the run of a newer commit are in `left`, and nowhere else.
gather() {
    local name folder code outcome
    orgs=() folders=() documents=() left=() failed=0
    while IFS= read -r name; do
        [[ -n $name ]] || continue
        folder="$DOCUMENTS/$1$name"
        # A single artifact may be unpacked without a folder of its own.
        [[ -d $folder || $(jq --raw-output .org "$DOCUMENTS/leg.json" 2>/dev/null) != "$name" ]] || folder=$DOCUMENTS
        outcome=$(jq --raw-output '.outcome | strings' "$folder/leg.json" 2>/dev/null) || outcome=''
        code=$(jq --raw-output '.code | numbers' "$folder/leg.json" 2>/dev/null) || code=''
        [[ $code == [02] ]] || failed=1
        if [[ $outcome == superseded ]]; then
            left+=("$name")
            continue
        fi
        orgs+=("$name")
        folders+=("$folder")
        [[ ! -s $folder/$2 ]] || documents+=("$folder/$2")
    done < <(jq --raw-output '.[].org' "$NEEDS/chosen.json" 2>/dev/null)
}

# combined KIND FOLDER [ORG…]: what all documents say together, in the log and in FOLDER: comment.md, summary.md, combined.json and
# lines. More orgs may be expected than those with a leg. Sets `status` to how presencectl ended.
combined() {
    local kind=$1 into=$2 org stop
    local -a expected=()
    shift 2
    for org in ${orgs[@]+"${orgs[@]}"} "$@"; do expected+=(--expect "$org"); done
    ORG='' give combine
    stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n' "$stop"
    status=0
    (alone "$PRESENCECTL" combine "${given[@]}" ${documents[@]+"${documents[@]}"} --kind "$kind" "${expected[@]}" --detailed-exitcode \
        --output human --output "markdown=$into/comment.md" --output "summary=$into/summary.md" --output "github=$into/lines" \
        --output "json=$into/combined.json") || status=$?
    printf '::%s::\n' "$stop"
    [[ -s $into/comment.md ]] || printf '**What the jobs of the orgs left cannot be combined.** The reason is in [the run](%s).\n' "$(run_url)" >"$into/comment.md"
    [[ -s $into/summary.md ]] || cp "$into/comment.md" "$into/summary.md"
}

# code TEXT: in Markdown, as code, in which nothing of it acts.
code() {
    jq --null-input --raw-output --arg it "$1" '"`\($it | gsub("[`|<>[:cntrl:]]"; " "))`"'
}
