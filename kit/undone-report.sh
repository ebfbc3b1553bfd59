#!/usr/bin/env bash
# undone-report.sh FOLDER: fetches the report of ORG that the run UNDO_RUN has kept, in FOLDER/undo. Only a run of the apply
# workflow that counts has one, no matter what an artifact is called.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

readonly folder=$1 bytes_max=33554433
mkdir -p "$folder"
# The address of a run is taken as well, since that is what people see.
run=${UNDO_RUN##*/actions/runs/}
run=${run%%/*}
[[ $run =~ ^[0-9]{1,20}$ ]] || fail "the input run is no number of a run: nothing is done"
counts=$(ask "actions/runs/$run" "wanted(\"run\"; (.repository.id | type) == \"number\") | counts($(quoted "${APPLY_WORKFLOW:-apply.yml}"); [\"push\", \"workflow_dispatch\"])") ||
    fail "GitHub does not say what the run $run was: nothing is done"
[[ $counts == true ]] || fail "the run $run is none of ${APPLY_WORKFLOW:-apply.yml} on $default_branch: nothing is done"
found=$(reports_of "$run") || fail "GitHub does not say what the run $run has kept: nothing is done"
artifact=$(sed -n '1s/.* //p' <<<"$found")
[[ -n $artifact ]] || fail "the run $run has no report of $ORG, or not any more: nothing is done"
api GET "actions/artifacts/$artifact/zip" >"$folder/undo.zip" || fail "the report of the run $run cannot be fetched: nothing is done"
name=$(unzip -Z1 "$folder/undo.zip" 2>/dev/null | grep -E '^[a-z0-9-]+/[0-9]{8}T[0-9]{6}Z-[a-z0-9-]+\.json$' | sort | tail -n 1) ||
    fail "the report of the run $run cannot be read: nothing is done"
# By its own name, by which it is known later on that it was undone.
file="$folder/undo/$name"
mkdir -p "${file%/*}"
unzip -p "$folder/undo.zip" "$name" | head -c "$bytes_max" >"$file"
rm "$folder/undo.zip"
[[ $(jq --raw-output .kind "$file" 2>/dev/null) == report ]] || fail "what the run $run has kept is no report: nothing is done"
