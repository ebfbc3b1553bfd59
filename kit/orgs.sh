#!/usr/bin/env bash
# Which orgs get a leg, and what the legs need. This job has no org's credentials. Orgs come from the config of the default
# branch, and never from a list in a workflow or from a proposal.
#
# FOR is proposal (those that a pull request affects, by files alone), merge (those that are due), hand (those that a person
# names), drift (all) or undo (one, and the report that is taken back). The folder NEEDS is handed on as an artifact.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

folder="$RUNNER_TEMP/presencectl-needs"
rm -rf "$folder"
mkdir -p "$folder"
output folder "$folder"
API_CACHE=$(mktemp -d "$RUNNER_TEMP/presencectl-cache.XXXXXX")
export API_CACHE

find_default_branch || fail "GitHub does not say which the default branch is: nothing is done"
ORG=''

# listed COMMIT ARGUMENT…: runs `presencectl orgs` at a commit, or in the checkout; its text for people goes into the log, where no
# label is a command.
listed() {
    local stop status=0
    AT=$1 give orgs
    shift
    stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n' "$stop"
    (alone "$PRESENCECTL" orgs "${given[@]}" --output human "$@") || status=$?
    printf '::%s::\n' "$stop"
    return "$status"
}

# The orgs of the checkout, which is the default branch; none where it has no config yet.
all="$folder/default-branch.json"
if [[ -e $PATH_OF_CONFIG ]]; then
    listed '' --output "json=$all" || fail "the config of $default_branch cannot be read: nothing is done"
else
    printf '{"orgs": []}' >"$all"
fi
[[ $(jq '[.orgs[] | select(.name == "")] | length' "$all") == 0 ]] ||
    fail "an org of the config has no name, and environments are named by it: add \`org: { name: … }\`"

# take FILTER: sets `chosen` to the orgs, as JSON, that a jq filter takes of those of the default branch.
take() {
    chosen=$(jq --compact-output "[.orgs[] | select($1) | {org: .name, stage: (.stage // \"\")}]" "$all")
}

# names: those that were chosen, one a line.
names() {
    jq --raw-output '.[].org' <<<"$chosen"
}

# GitHub makes an environment that a job names and that is not there, without any rule: a job of any branch could name it, too.
# So each one is looked at before a job names it.
check_environments() {
    local known name kind policies missing=''
    ((${#chosen} > 2)) || return 0
    known=$(pages environments .environments '"\(if .deployment_branch_policy == null then "open"
        elif .deployment_branch_policy.protected_branches then "protected" else "custom" end) \(.name | name | @json)"') ||
        fail "GitHub does not say which environments there are: nothing is done"
    while IFS= read -r name; do
        [[ -n $name ]] || continue
        # GitHub ignores case in their names.
        kind=$(jq --null-input --raw-output --rawfile known <(printf '%s' "$known") --arg name "$1$name" \
            '$known | split("\n") | map(select(. != "") | capture("^(?<kind>[a-z]+) (?<name>.*)$") | .name |= fromjson)
            | map(select((.name | ascii_downcase) == ($name | ascii_downcase)))[0].kind // "none"')
        if [[ $kind == custom ]]; then
            policies=$(pages "environments/$(encoded "$1$name")/deployment-branch-policies" .branch_policies '.name | name | @json') ||
                fail "GitHub does not say which branches the environment $1$name is for: nothing is done"
            # `*` is no rule.
            [[ -n $policies && $policies != *'"*"'* && $policies != *'"**"'* && $policies != *'"**/*"'* ]] || kind=open
        fi
        case $kind in
            none) missing="$missing; $1$name does not exist" ;;
            open) missing="$missing; $1$name is open to every branch" ;;
        esac
    done < <(names)
    [[ -z $missing ]] || fail "environments are not set up: ${missing#; }. Make each, and limit it to the branch $default_branch (docs/github.md of presencectl has the commands)"
}

# find_applied [CHOICE…]: by the reports that earlier runs have kept, what was applied last to each chosen org, and so which are
# due. presencectl decides that; a commit that is on no branch any more, after a force push, is none.
find_applied() {
    local name commit known="$folder/behind.json"
    mkdir -p "$folder/reports"
    while IFS= read -r name; do
        [[ -z $name ]] || ORG=$name "$here/earlier-reports.sh" "$folder/reports"
    done < <(names)
    listed '' "$@" --behind --report-dir "$folder/reports" --output "json=$known" --output "github-matrix=$folder/due.json" ||
        fail "which orgs are due cannot be told: nothing is done"
    while IFS= read -r name; do
        [[ -n $name ]] || continue
        commit=$(jq --raw-output --arg org "$name" '.orgs[] | select(.name == $org) | .behind.commit // ""' "$known")
        mkdir -p "$folder/org-$(encoded "$name")"
        ! is_on_branch "$commit" || printf '%s\n' "$commit" >"$folder/org-$(encoded "$name")/applied"
    done < <(names)
}

# is_on_branch COMMIT: by the clone, which has all of the history.
is_on_branch() {
    [[ $1 =~ ^[0-9a-f]{40}$ ]] && has_commit "$1" &&
        git -c "safe.directory=$(pwd)" merge-base --is-ancestor "$1" "refs/remotes/origin/$default_branch"
}

# find_plans: what was reviewed for each chosen org.
find_plans() {
    local name into
    while IFS= read -r name; do
        [[ -n $name ]] || continue
        into="$folder/org-$(encoded "$name")"
        ORG=$name APPLIED=$(cat "$into/applied" 2>/dev/null || :) "$here/reviewed-plans.sh" "$into/plans"
    done < <(names)
}

proposal() {
    local since=${BASE:-}
    if [[ -z $since ]]; then
        # It is merged already, or it is a group of the merge queue.
        since=$GITHUB_SHA
        [[ $(on_default_branch "$AT") != true ]] || since=$(git -c "safe.directory=$(pwd)" rev-parse --verify "$AT^1")
    fi
    listed "$AT" --changed-since "$since" --output "json=$folder/orgs.json" --output "markdown=$folder/orgs.md" ||
        fail "it is not known which orgs the proposal affects: nothing is planned"
    # A new one is shown by the files: it has no environment that the default branch speaks of.
    take "IN(.name; $(jq --compact-output '[.orgs[] | select(.standing == "affected") | .name]' "$folder/orgs.json")[])"
}

case $FOR in
    proposal)
        proposal
        check_environments presence-plan-
        ;;
    merge)
        check_stages "$all"
        take true
        find_applied
        # A frozen org gets no job.
        chosen=$(jq --compact-output .include "$folder/due.json")
        jq '[.orgs[] | select(.behind.due and .frozenUntil) | .name]' "$folder/behind.json" >"$folder/frozen.json"
        find_plans
        check_environments presence-apply-
        ;;
    hand | undo)
        check_stages "$all"
        [[ $GITHUB_REF == "refs/heads/$default_branch" ]] || fail "this is the ref $GITHUB_REF: start the workflow on $default_branch"
        asked=${ORGS_ASKED:-}
        [[ -n $asked ]] || fail "the input org is empty: give a name, a pattern or stage:NAME"
        choice=(--org "$asked")
        [[ $asked != stage:* ]] || choice=(--stage "${asked#stage:}")
        [[ $asked != -* ]] || fail "the input org begins with a hyphen: give a name, a pattern or stage:NAME"
        listed '' "${choice[@]}" --output "json=$folder/asked.json" || fail "the config has no such org: nothing is done"
        all="$folder/asked.json"
        take true
        if [[ $FOR == undo ]]; then
            [[ $(names) == "$asked" ]] || fail "an undo is of one org, by its whole name: nothing is done"
            ORG=$asked "$here/undone-report.sh" "$folder/org-$(encoded "$asked")"
        fi
        find_applied "${choice[@]}"
        check_environments presence-plan-
        check_environments presence-apply-
        ;;
    drift)
        take true
        find_applied
        check_environments presence-plan-
        ;;
    *) fail "the input for is $FOR: write proposal, merge, hand, drift or undo" ;;
esac

rm -rf "$API_CACHE"
count=$(jq length <<<"$chosen")
printf '%s' "$chosen" >"$folder/chosen.json"
output matrix "$(jq --compact-output '{include: .}' <<<"$chosen")"
output by-stage "$(jq --compact-output 'group_by(.stage) | map({key: .[0].stage, value: {include: .}}) | from_entries' <<<"$chosen")"
output any "$([[ $count != 0 ]] && echo true || echo false)"
{
    case $FOR in
        merge) printf '**%s to apply** after the merge of %s.\n\n' "$count org(s)" "${GITHUB_SHA:0:7}" ;;
        hand) printf '**%s by hand**, at %s.\n\n' "$count org(s)" "${GITHUB_SHA:0:7}" ;;
        undo) printf '**Undo** of run %s.\n\n' "$UNDO_RUN" ;;
    esac
    [[ ! -s $folder/orgs.md ]] || cat "$folder/orgs.md"
    jq --raw-output '.[] | "- `\(.org | gsub("[`\n]"; " "))`"' <<<"$chosen"
    [[ ! -s $folder/frozen.json ]] || jq --raw-output '.[] | "- `\(gsub("[`\n]"; " "))` is frozen, and gets no job"' "$folder/frozen.json"
} >>"$GITHUB_STEP_SUMMARY"
note "$count org(s) get a job"
