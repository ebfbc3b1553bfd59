#!/usr/bin/env bash
# earlier-reports.sh FOLDER: fetches the newest reports of ORG into FOLDER, which earlier runs of the apply and undo workflows and
# earlier attempts of this run have kept, until presencectl knows by them what was applied last. An apply that starts at once
# needs them as well: the org may not show yet what those runs sent. By the reports of an undo, drift knows who wrote.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

# How many reports are fetched at most, in how many runs they are looked for, and how many bytes of a file are kept: presencectl
# reads no report that is longer than 32 MiB.
readonly read_max=15 runs_max=100 bytes_max=33554433
readonly folder=$1 workflow=${APPLY_WORKFLOW:-apply.yml} undo_workflow=${UNDO_WORKFLOW:-undo.yml}

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

# Is the commit known that was applied last to this org?
is_known() {
    (alone "$PRESENCECTL" orgs "$PATH_OF_CONFIG" --org "$ORG" --behind --report-dir "$folder" --output json) 2>/dev/null |
        jq --slurp --exit-status '.[0].orgs[0].behind.commit' >/dev/null 2>&1
}

# runs_of WORKFLOW EVENTS: the newest runs, as `TIME NUMBER`. A run counts as it does everywhere: the name of an artifact proves
# nothing, because any workflow of any branch may use it.
runs_of() {
    local answer
    answer=$(page "actions/workflows/$(encoded "$1")/runs?branch=$(encoded "$default_branch")" .workflow_runs \
        "select(counts($(quoted "$1"); $2)) | \"\(.created_at | moment) \(.id | number)\"" 1) || return $?
    sed 1d <<<"$answer"
}

mkdir -p "$folder"
find_default_branch || fail "GitHub does not say which the default branch is: nothing is done"
runs=$(runs_of "$workflow" '["push", "workflow_dispatch", "schedule"]') ||
    fail "GitHub does not say which runs of $workflow there were: nothing is done"
status=0
undone=$(runs_of "$undo_workflow" '["workflow_dispatch"]') || status=$?
# A repository without that workflow has no runs of it.
((status == 0 || status == not_found)) || fail "GitHub does not say which runs of $undo_workflow there were: nothing is done"
unreadable=0 number=0 known=false
while read -r _ run; do
    [[ -n $run && $known == false && $number -lt $read_max ]] || continue
    artifacts=$(reports_of "$run") || fail "GitHub does not say what the run $run has kept: nothing is done"
    while read -r _ artifact; do
        [[ -n $artifact && $number -lt $read_max ]] || continue
        number=$((number + 1)) status=0
        api GET "actions/artifacts/$artifact/zip" >"$folder/reports.zip" || status=$?
        # One that was deleted since is none.
        ((status == 0 || status == not_found)) || fail "the report $artifact of an earlier run cannot be fetched: nothing is done"
        ((status != 0)) || unpack "$folder/reports.zip" || unreadable=$((unreadable + 1))
        rm -f "$folder/reports.zip"
    done <<<"$artifacts"
    [[ -z $artifacts ]] || ! is_known || known=true
done <<<"$(sort -k 1,1r -k 2,2nr <<<"$runs"$'\n'"$undone" | sed -n "1,${runs_max}p")"
((unreadable == 0)) ||
    warn "$unreadable of the newest reports of earlier runs cannot be read: what those runs have sent is not known"
note "$number artifact(s) with reports of earlier runs for $ORG"
