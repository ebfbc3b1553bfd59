#!/usr/bin/env bash
# earlier-reports.sh WORKFLOW FOLDER: fetches the newest reports of ORG that earlier runs of this workflow have kept, and earlier
# attempts of this run, into FOLDER/reports. An apply that starts at once has to know what they sent: the org may not show it yet.
# FOLDER/applied is the commit that was applied last: the newest report of an apply that ended without refusal or failure says
# it, also where nothing was to do. Without such a report there is no such file.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

# How many reports are handed on, how many are read to find a good one, in how many runs they are looked for, and how many bytes
# of a file are kept: presencectl reads no report that is longer than 32 MiB.
readonly artifacts_max=5 read_max=15 runs_max=100 bytes_max=33554433
readonly workflow=$1 folder=$2/reports applied=$2/applied

# artifacts_of RUN: those with a report of this org, the newest first. The whole name counts: `acme` is not `acme-test`.
artifacts_of() {
    local answer
    # shellcheck disable=SC2016 # they are jq's variables
    answer=$(pages "actions/runs/$1/artifacts" .artifacts "select(.expired | not)
        | ($(quoted "presencectl-reports-${ORG:-default}-")) as \$name
        | select(.name | strings | startswith(\$name) and (ltrimstr(\$name) | test(\"^[0-9]+\$\")))
        | \"\(.created_at | moment) \(.id | number)\"" 3) || return 1
    sort -r <<<"$answer"
}

# unpack ZIP: what is in it under the name of a report, or of the list of what a run sends. Sets `unpacked` to the reports.
unpack() {
    local names name
    unpacked=()
    names=$(unzip -Z1 "$1" 2>/dev/null | grep -E '^[a-z0-9-]+/[0-9]{8}T[0-9]{6}Z-[a-z0-9-]+\.(json|posts)$') || return 1
    while IFS= read -r name; do
        [[ $name != *.json ]] || unpacked+=("$name")
        [[ ! -e $folder/$name ]] || continue
        mkdir -p "$folder/${name%/*}"
        unzip -p "$1" "$name" 2>/dev/null | head -c "$bytes_max" >"$folder/$name" || return 1
    done <<<"$names"
}

# is_good: does the newest of the unpacked reports say that the org has what was asked?
is_good() {
    local newest
    ((${#unpacked[@]} > 0)) || return 1
    newest=$(printf '%s\n' "${unpacked[@]}" | sort -t / -k 2 | tail -n 1)
    [[ $(jq --raw-output 'select(.kind == "report") | .success == true and .refusals == []' "$folder/$newest" 2>/dev/null) == true ]]
}

rm -rf "$folder" "$applied"
mkdir -p "$folder"
# A run counts as it does everywhere: the name of an artifact proves nothing, because any workflow of any branch may use it.
runs=$(page "actions/workflows/$(encoded "$workflow")/runs?branch=$(encoded "$default_branch")" .workflow_runs \
    "select(counts($(quoted "$workflow"); [\"push\", \"workflow_dispatch\", \"schedule\"])) | \"\(.id | number) \(.head_sha | sha)\"" 1) ||
    fail "GitHub does not say which runs of $workflow there were: nothing is done"
unreadable=0 number=0 found=false
while read -r run sha; do
    [[ -n $run && $found == false && $number -lt $read_max ]] || continue
    artifacts=$(artifacts_of "$run") || fail "GitHub does not say what run $run of $workflow has kept: nothing is done"
    while read -r _ artifact; do
        [[ -n $artifact && $number -lt $read_max ]] || continue
        number=$((number + 1)) status=0
        api GET "actions/artifacts/$artifact/zip" >"$folder/reports.zip" || status=$?
        # One that was deleted since is none.
        ((status == 0 || status == not_found)) || fail "the report $artifact of an earlier run cannot be fetched: nothing is done"
        if ((status == 0)); then
            if ! unpack "$folder/reports.zip"; then
                unreadable=$((unreadable + 1))
            elif [[ $found == false ]] && is_good; then
                found=true
                is_there=$(reachable "$sha") || fail "GitHub does not say whether ${sha:0:7} is on $default_branch: nothing is done"
                # One that is on no branch any more, after a force push, cannot be compared with.
                [[ $is_there == false ]] || printf '%s\n' "$sha" >"$applied"
            fi
            # Older ones are only looked at.
            if ((number > artifacts_max)) && ((${#unpacked[@]} > 0)); then
                (cd "$folder" && rm -f "${unpacked[@]}")
            fi
        fi
        rm -f "$folder/reports.zip"
    done <<<"$artifacts"
done <<<"$(sed -n "2,$((runs_max + 1))p" <<<"$runs")"
((unreadable == 0)) ||
    warn "$unreadable of the newest reports of earlier runs cannot be read: what those runs have sent is not known"
note "$(find "$folder" -name '*.json' | wc -l | tr -d ' ') report(s) of earlier runs${ORG:+ for $ORG}"
