#!/usr/bin/env bash
# One run of presencectl: validate, plan, apply or drift, with everything that people and later steps see of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

results="$RUNNER_TEMP/presencectl-results/$MODE-$(encoded "${ORG:-}")"
rm -rf "$results"
mkdir -p "$results"

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
    give "$command"
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
earlier=()
hand_reports() {
    local file to
    [[ -n ${REPORT_DIR:-} ]] || return 0
    mkdir -p "$REPORT_DIR"
    [[ -d ${EARLIER_REPORTS:-} ]] || return 0
    trap 'rm -f ${earlier[@]+"${earlier[@]}"}' EXIT
    while IFS= read -r file; do
        to="$REPORT_DIR/${file#"$EARLIER_REPORTS"/}"
        [[ ! -e $to ]] || continue
        [[ ! -L ${to%/*} ]] || fail "$to would lead through a link: nothing is done"
        mkdir -p "${to%/*}"
        earlier+=("$to")
        cp "$file" "$to"
    done < <(find "$EARLIER_REPORTS" -type f)
}

plan() {
    local -a base=()
    [[ -z ${BASE:-} ]] || base=(--base "$BASE")
    [[ -z ${REPORT_DIR:-} ]] || base+=(--report-dir "$REPORT_DIR")
    run plan --detailed-exitcode ${base[@]+"${base[@]}"}
    show_summary plan
    [[ ! -s $results/plan.json ]] || output plan "$results/plan.json"
}

case $MODE in
    validate)
        run validate
        exit "$status"
        ;;
    plan)
        plan
        output changes "$(changes)"
        # Of a run that was cancelled nothing is shown elsewhere: it says nothing of the config.
        ((signals == 0)) || exit "$status"
        if [[ ${ANNOTATIONS:-true} == check-run && -n ${PULL_REQUEST:-} ]]; then
            "$here/check-run.sh" "$results/annotations" "$(changes)"
        fi
        if [[ ${COMMENT:-true} == true && -n ${PULL_REQUEST:-} ]]; then
            ensure plan comment.md
            "$here/comment.sh" "$results/comment.md" "$(changes)"
        fi
        ((status == 0 || status == 2)) || exit "$status"
        ;;
    drift)
        past=()
        if [[ -n ${APPLY_WORKFLOW:-} ]]; then
            # What is otherwise in the org is told all the same where GitHub does not answer, or knows no such workflow.
            applied=$(find_default_branch && last_applied "$APPLY_WORKFLOW") ||
                note "which commit was applied last is not known: what was edited by hand is not told from what was merged"
            [[ -z $applied ]] || past+=(--applied "$applied")
        fi
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
        hand_reports
        reviewed=()
        while IFS= read -r given; do
            if [[ -d $given ]]; then
                while IFS= read -r file; do reviewed+=(--plan "$file"); done < <(find "$given" -name '*.json' | sort)
            elif [[ -n $given ]]; then
                reviewed+=(--plan "$given")
            fi
        done <<<"${PLANS:-}"
        if [[ ${REVIEWED:-true} == true && ${#reviewed[@]} == 0 ]]; then
            # No plan was reviewed, and so nothing may be done. Where nothing is to be done, that is no fault.
            plan
            [[ -z $(changes) ]] || output changes false
            ((status != 2)) || fail "no reviewed plan was found, and there are changes: nothing was applied. Start the apply workflow by hand, have its plan approved, and it is applied"
            exit "$status"
        fi
        reports=()
        [[ -z ${REPORT_DIR:-} ]] || reports=(--report-dir "$REPORT_DIR")
        run apply --auto-approve ${reviewed[@]+"${reviewed[@]}"} ${reports[@]+"${reports[@]}"}
        show_summary apply
        if [[ -s $results/report.json ]]; then
            [[ $(jq --raw-output .kind "$results/report.json") != report ]] || output report "$results/report.json"
            output changes "$(changed)"
        fi
        exit "$status"
        ;;
    *) fail "the input mode is $MODE: write validate, plan, apply or drift" ;;
esac
