#!/usr/bin/env bash
# One run of presencectl: validate, plan, apply, drift, undo-plan or undo, with everything that people and later steps see of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

results="$RUNNER_TEMP/presencectl-results/$MODE-$(encoded "${ORG:-}")"
rm -rf "$results"
mkdir -p "$results"
output results "$results"

# What the job that knows has looked up for this org.
needs="${NEEDS:-}" kept="${NEEDS:-}/reports"
[[ -z $needs ]] || needs="$needs/org-$(encoded "${ORG:-}")"
[[ ! -d $needs/undo || -n ${UNDO:-} ]] || UNDO=$(find "$needs/undo" -name '*.json')
outcome=''

# What the last job reads of this one: a leg hands on its result, and writes nothing elsewhere. It is written in the end,
# no matter what the end is: where it is missing, presencectl was not even started.
hand_on_result() {
    local code=$?
    # 2 says that there are changes, and the step succeeds all the same.
    ((code != 0)) || code=${status:-0}
    jq --null-input --arg org "${ORG:-}" --arg mode "$MODE" --arg outcome "$outcome" --argjson code "$code" \
        '{org: $org, mode: $mode, code: $code, outcome: $outcome}' >"$results/leg.json"
    rm -f ${earlier[@]+"${earlier[@]}"}
}
earlier=()
trap hand_on_result EXIT

# Where a run is cancelled, GitHub sends SIGINT to the first process of the step, and to no other: to this one, which
# action.yml starts by `exec`. 7.5 s later it sends SIGTERM, and another 2.5 s later it kills everything. So a signal is
# handed on to presencectl, which lets what is in flight end, for 5 s at most, and reports; this one waits for it, and writes
# what people see. It is handed on as SIGTERM: a shell without a terminal starts what runs beside it with SIGINT ignored.
signals=0
working=''
hand_on() {
    signals=$((signals + 1))
    [[ -z $working ]] || kill -s TERM "$working" 2>/dev/null || :
}
trap hand_on INT TERM

# Every view that is asked for stands here, and nowhere else.
views() {
    case $1 in
        validate) printf '%s\n' human "github=$results/annotations" ;;
        plan)
            printf '%s\n' human "json=$results/plan.json" "markdown=$results/comment.md" "summary=$results/summary.md" \
                "github=$results/annotations"
            ;;
        undo) printf '%s\n' human "json=$results/report.json" "summary=$results/summary.md" ;;
        drift)
            printf '%s\n' human "json=$results/drift.json" "markdown=$results/comment.md" "summary=$results/summary.md" \
                "github=$results/annotations"
            ;;
        apply)
            printf '%s\n' human "json=$results/report.json" "summary=$results/summary.md" "github=$results/annotations"
            ;;
    esac
}

# presencectl COMMAND ARGUMENT…: its output may hold what a label says, and no label shall be a command to GitHub.
# The status is left in `status`.
run() {
    local command=$1 view stop heard ended
    shift
    if [[ $command == undo ]]; then
        given=("$UNDO" --config "$PATH_OF_CONFIG" ${ORG:+--org "$ORG"})
    else
        give "$command"
    fi
    while IFS= read -r view; do
        given+=(--output "$view")
    done < <(views "$command")
    stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n' "$stop"
    status=143
    if ((signals == 0)); then
        # A subshell: it becomes presencectl, without this job's tokens.
        (alone "$PRESENCECTL" "$command" "${given[@]}" "$@") &
        working=$!
        # One that came before it was known whom to hand it on to.
        ((signals == 0)) || kill -s TERM "$working" 2>/dev/null || :
        # A signal ends `wait` early.
        heard=-1
        while ((heard != signals)); do
            heard=$signals ended=0
            wait "$working" || ended=$?
            # 127 of a second time: it had ended already.
            ((heard > 0 && ended == 127)) || status=$ended
        done
        working=''
    fi
    printf '::%s::\n' "$stop"
    # These are commands to GitHub on purpose, and escaped as such.
    [[ ${ANNOTATIONS:-true} != true || ! -s $results/annotations ]] || cat "$results/annotations"
}

# Where a run ended before it had a result, this says so.
ensure() {
    local what=failed
    [[ ! -s $results/$2 ]] || return 0
    ((signals == 0)) || what='was cancelled'
    printf '**presencectl %s %s** before it had a result. The reason is in the log: %s\n' "$1" "$what" "$(run_url)" >"$results/$2"
}

show_summary() {
    ensure "$1" summary.md
    cat "$results/summary.md" >>"$GITHUB_STEP_SUMMARY"
    output summary "$results/summary.md"
}

# Are there changes? true, false, or nothing where that is not known.
changes() {
    case $status in
        0) echo false ;;
        2) echo true ;;
    esac
}

# Was anything changed? true, false, or nothing where that is not known: a run that failed as a whole has no report, and of
# an object that is `unknown` it cannot be told.
changed() {
    jq --raw-output 'if .kind != "report" then ""
        elif any(.objects[]; .outcome | IN("done", "differs", "overwritten", "not-visible-yet")) then true
        elif any(.objects[]; .outcome == "unknown") then ""
        else false end' "$results/report.json"
}

# The reports of earlier runs stand beside this run's own while it runs, and no longer: what is uploaded afterwards is this
# run's own.
hand_reports() {
    local file to
    [[ -n $needs ]] || return 0
    [[ -n ${REPORT_DIR:-} ]] || return 0
    mkdir -p "$REPORT_DIR"
    [[ -d $kept ]] || return 0
    while IFS= read -r file; do
        to="$REPORT_DIR/${file#"$kept"/}"
        [[ ! -e $to ]] || continue
        [[ ! -L ${to%/*} ]] || fail "$to would lead through a link: nothing is done"
        mkdir -p "${to%/*}"
        earlier+=("$to")
        cp "$file" "$to"
    done < <(find "$kept" -type f)
}

# Right before it writes: does the newest commit of the default branch ask the same of this org? Where it asks something else,
# the run of that commit does it, and this one does nothing. So a run of an older commit that is started again, or comes late,
# never brings back what was taken back since.
ask_newest() {
    local newest differing
    find_default_branch || fail "GitHub does not say which the default branch is: nothing is done"
    newest=$(ask "git/ref/heads/$(encoded "$default_branch" | sed 's|%2F|/|g')" '.object.sha | sha') ||
        fail "GitHub does not say which commit of $default_branch is the newest: nothing is done"
    [[ $newest != "$GITHUB_SHA" ]] || return 0
    has_commit "$newest" || fetch_commit "$newest" || fail "${newest:0:7} of $default_branch cannot be fetched: nothing is done"
    differing=$(alone "$PRESENCECTL" orgs "$PATH_OF_CONFIG" --at "$newest" --changed-since "$GITHUB_SHA" --exact \
        ${ORG:+--org "$ORG"} --output lines) || {
        outcome=superseded
        fail "the config of ${newest:0:7}, the newest commit of $default_branch, cannot be compared with that of ${GITHUB_SHA:0:7}: nothing is done"
    }
    [[ -n $differing ]] || return 0
    note "${newest:0:7} of $default_branch asks something else of ${ORG:-the org} than ${GITHUB_SHA:0:7}: nothing is done. The run of that commit does it"
    outcome=superseded
    output superseded true
    printf '%s asks something else by now: nothing was done. The run of that commit does it.\n' "${newest:0:7}" >"$results/summary.md"
    exit 0
}

plan() {
    local -a base=()
    [[ -z ${BASE:-} ]] || base=(--base "$BASE")
    [[ -z ${REPORT_DIR:-} ]] || base+=(--report-dir "$REPORT_DIR")
    run plan --detailed-exitcode ${base[@]+"${base[@]}"}
    show_summary plan
    [[ ! -s $results/plan.json ]] || output plan "$results/plan.json"
}

# What a person does where nothing, or not all, was reviewed.
ways_out='open a pull request that changes it, or start the apply workflow by hand with this org: its plan is shown before it is approved'

# What was asked for and not reviewed, by key. presencectl skips everything then; what was reviewed is not named.
tell_not_reviewed() {
    local keys
    local -a files=()
    for ((i = 1; i < ${#reviewed[@]}; i += 2)); do files+=("${reviewed[i]}"); done
    keys=$(cat /dev/null ${files[@]+"${files[@]}"} | jq --slurp --raw-output --slurpfile report "$results/report.json" '
        def asked: {action, key, id, after};
        [.[].changes[]? | asked] as $reviewed
        | [($report[0].objects // [])[] | select(.skipReason == "beyond-saved-plan")] as $skipped
        | [$skipped[] | select(asked as $it | any($reviewed[]; . == $it) | not)] | (if . == [] then $skipped else . end)
        | map("\(.action) \(.key // .name // .id)")
        | .[:20] + (if length > 20 then ["and \(length - 20) more"] else [] end) | join(", ")' 2>/dev/null) || keys=''
    [[ -n $keys ]] || return 0
    outcome=refused
    printf '\n**Not reviewed, and not done:** %s. To apply it, %s.\n\n' "$(jq --null-input --raw-output --arg it "$keys" '$it | gsub("[`<>*_\\[\\]|]"; " ")')" "$ways_out" |
        tee -a "$GITHUB_STEP_SUMMARY" >>"$results/not-reviewed.md"
    tell_error "not reviewed, and so not done for ${ORG:-the org}: $keys. To apply it, $ways_out"
}

tell_report() {
    [[ -s $results/report.json ]] || return 0
    [[ $(jq --raw-output .kind "$results/report.json") != report ]] || output report "$results/report.json"
    output changes "$(changed)"
}

# The commit that is planned may be none of the clone: it comes as objects.
if [[ ${AT:-} =~ ^[0-9a-f]{40}$ ]] && ! has_commit "$AT"; then
    fetch_commit "$AT" || fail "the commit ${AT:0:7} cannot be fetched: nothing is planned"
fi

case $MODE in
    validate)
        run validate
        ((status == 0)) || exit "$status"
        [[ ${STAGES-*} != '*' ]] || exit 0
        give validate
        (alone "$PRESENCECTL" orgs "${given[@]}" --output "json=$results/orgs.json" >/dev/null) || exit $?
        check_stages "$results/orgs.json"
        ;;
    plan)
        unwritten=0
        plan
        output changes "$(changes)"
        # Of a run that was cancelled nothing is shown elsewhere: it says nothing of the config.
        ((signals == 0)) || exit "$status"
        if [[ ${ANNOTATIONS:-true} == check-run && -n ${PULL_REQUEST:-} ]]; then
            "$here/check-run.sh" "$results/annotations" "$(plan_title "$results/plan.json")" || unwritten=1
        fi
        if [[ ${COMMENT:-true} == true && -n ${PULL_REQUEST:-} ]]; then
            ensure plan comment.md
            "$here/comment.sh" "$results/comment.md" "$(changes)" || unwritten=1
        fi
        # What cannot be shown costs neither the plan nor its artifact.
        ((unwritten == 0)) || tell_error "the plan was made, and could not be shown in the pull request"
        ((status == 0 || status == 2)) || exit "$status"
        exit "$unwritten"
        ;;
    drift)
        past=()
        if [[ -n $needs ]]; then
            # An artifact has no empty folders.
            mkdir -p "$kept"
            REPORT_DIR=$kept
            # It tells what was edited by hand from what was merged.
            [[ ! -s $needs/applied ]] || APPLIED=$(cat "$needs/applied")
        fi
        [[ -z ${APPLIED:-} ]] || past+=(--applied "$APPLIED")
        [[ -z ${REPORT_DIR:-} ]] || past+=(--report-dir "$REPORT_DIR")
        run drift --detailed-exitcode ${past[@]+"${past[@]}"}
        show_summary drift
        output changes "$(changes)"
        ((signals == 0)) || exit "$status"
        if [[ ${ISSUE:-true} == true ]]; then
            # Where it cannot be told whether there is drift, the issue says that.
            ensure drift comment.md
            "$here/drift-issue.sh" "$results" "$(changes)"
        fi
        ((status == 0 || status == 2)) || exit "$status"
        ;;
    apply)
        # At the begin, so that nothing is asked for that is out of date, and again right before it writes.
        ask_newest
        hand_reports
        reviewed=()
        # An artifact has no empty folders.
        [[ ! -d $needs/plans ]] || PLANS="$needs/plans
${PLANS:-}"
        while IFS= read -r given; do
            if [[ -d $given ]]; then
                while IFS= read -r file; do reviewed+=(--plan "$file"); done < <(find "$given" -name '*.json' | sort)
            elif [[ -n $given ]]; then
                reviewed+=(--plan "$given")
            fi
        done <<<"${PLANS:-}"
        if [[ ${REVIEWED:-true} == true && ${#reviewed[@]} == 0 ]]; then
            # Nothing was reviewed, and so nothing may be done: the bound is a plan without changes. Its report says so.
            plan
            ((status == 0 || status == 2)) || exit "$status"
            jq '.changes = []' "$results/plan.json" >"$results/nothing.json"
            reviewed=(--plan "$results/nothing.json")
        fi
        ask_newest
        reports=()
        [[ -z ${REPORT_DIR:-} ]] || reports=(--report-dir "$REPORT_DIR")
        [[ -z ${BREAK_GLASS:-} ]] || reports+=(--break-glass "$BREAK_GLASS")
        run apply --auto-approve ${reviewed[@]+"${reviewed[@]}"} ${reports[@]+"${reports[@]}"}
        tell_not_reviewed
        show_summary apply
        tell_report
        exit "$status"
        ;;
    undo-plan)
        # Nothing can be asked here, so it shows its plan and ends.
        (alone "$PRESENCECTL" undo "$UNDO" --config "$PATH_OF_CONFIG" ${ORG:+--org "$ORG"} --no-report) \
            </dev/null >"$results/undo.txt" 2>&1 || :
        stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        printf '::stop-commands::%s\n' "$stop"
        cat "$results/undo.txt"
        printf '::%s::\n' "$stop"
        grep -q '^Plan: \|^No changes' "$results/undo.txt" || fail "there is no plan of the undo"
        {
            printf 'What the undo would do:\n\n'
            # As code, in which nothing of it acts.
            sed 's/^/    /' "$results/undo.txt"
        } | head -c 500000 >>"$GITHUB_STEP_SUMMARY"
        ;;
    undo)
        ask_newest
        reports=()
        [[ -z ${REPORT_DIR:-} ]] || reports=(--report-dir "$REPORT_DIR")
        run undo --auto-approve ${reports[@]+"${reports[@]}"}
        show_summary undo
        tell_report
        printf '\nThe files still ask for what was undone. Revert the pull request, or the next apply does it again.\n' >>"$GITHUB_STEP_SUMMARY"
        warn "the files still ask for what was undone: revert the pull request, or the next apply does it again"
        exit "$status"
        ;;
    *) fail "the input mode is $MODE: write validate, plan, apply, drift, undo-plan or undo" ;;
esac
