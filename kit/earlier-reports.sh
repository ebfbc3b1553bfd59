#!/usr/bin/env bash
# earlier-reports.sh WORKFLOW FOLDER: fetches the newest reports of this org that earlier runs of this workflow have kept, and
# earlier attempts of this run. An apply that starts at once has to know what they sent: the org may not show it yet.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

# How many artifacts are fetched, in how many runs they are looked for, and how many bytes of a file are kept: presencectl reads no
# report that is longer than 32 MiB.
readonly artifacts_max=5 runs_max=20 bytes_max=33554433
readonly workflow=$1 folder=$2

# Sets `found`: the artifacts, the newest run first. A run counts as it does everywhere: the name of an artifact proves nothing,
# because any workflow of any branch may use it. The whole name counts: `acme` is not `acme-test`.
find_artifacts() {
    local answer ids id more
    found=()
    answer=$(page "actions/workflows/$(encoded "$workflow")/runs?branch=$(encoded "$default_branch")" .workflow_runs \
        "select(counts($(quoted "$workflow"); [\"push\", \"workflow_dispatch\", \"schedule\"])) | .id | number" 1) || return 1
    # `sed` reads to the end: a pipe that is closed early would be a failure.
    ids=$(sed -n "2,$((runs_max + 1))p" <<<"$answer")
    for id in $ids; do
        ((${#found[@]} < artifacts_max)) || return 0
        # shellcheck disable=SC2016 # they are jq's variables
        more=$(pages "actions/runs/$id/artifacts" .artifacts "select(.expired | not)
            | ($(quoted "presencectl-reports-${ORG:-default}-")) as \$name
            | select(.name | strings | startswith(\$name) and (ltrimstr(\$name) | test(\"^[0-9]+\$\")))
            | \"\(.created_at | moment) \(.id | number)\"" 3) || return 1
        while read -r _ id; do
            [[ -z $id ]] || found+=("$id")
        done <<<"$(sort -r <<<"$more")"
    done
}

# unpack ZIP: what is in it under the name of a report, or of the list of what a run sends.
unpack() {
    local names name
    names=$(unzip -Z1 "$1" 2>/dev/null | grep -E '^[a-z0-9-]+/[0-9]{8}T[0-9]{6}Z-[a-z0-9-]+\.(json|posts)$') || return 1
    while IFS= read -r name; do
        [[ ! -e $folder/$name ]] || continue
        mkdir -p "$folder/${name%/*}"
        unzip -p "$1" "$name" 2>/dev/null | head -c "$bytes_max" >"$folder/$name" || return 1
    done <<<"$names"
}

rm -rf "$folder"
mkdir -p "$folder"
find_artifacts || fail "GitHub does not say what earlier runs of $workflow have kept: nothing is done"
unreadable=0
number=0
for artifact in ${found[@]+"${found[@]}"}; do
    number=$((number + 1))
    ((number <= artifacts_max)) || break
    status=0
    api GET "actions/artifacts/$artifact/zip" >"$folder/reports.zip" || status=$?
    # One that was deleted since is none.
    ((status == 0 || status == not_found)) || fail "the report $artifact of an earlier run cannot be fetched: nothing is done"
    ((status != 0)) || unpack "$folder/reports.zip" || unreadable=$((unreadable + 1))
    rm -f "$folder/reports.zip"
done
((unreadable == 0)) ||
    printf '::warning::%s\n' "$(escaped "$unreadable of the newest reports of earlier runs cannot be read: what those runs have sent is not known")"
note "$(find "$folder" -name '*.json' | wc -l | tr -d ' ') report(s) of earlier runs"
