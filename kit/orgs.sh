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

# without ORG: takes that one away.
without() {
    chosen=$(jq --compact-output --arg org "$1" 'map(select(.org != $org))' <<<"$chosen")
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

# look_up FIND_PLANS: what the leg of each chosen org needs.
look_up() {
    local name
    while IFS= read -r name; do
        [[ -z $name ]] || ORG=$name FIND_PLANS=$1 "$here/reviewed-plans.sh" "$folder/org-$(encoded "$name")"
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

# due: the chosen orgs whose config is not the one that was applied last, or for which no report says which that is.
due() {
    local name applied found
    while IFS= read -r name; do
        [[ -n $name ]] || continue
        applied=$(cat "$folder/org-$(encoded "$name")/applied" 2>/dev/null || :)
        if [[ -n $applied ]] && has_commit "$applied"; then
            found=$(alone "$PRESENCECTL" orgs "$PATH_OF_CONFIG" --org "$name" --changed-since "$applied" --exact --output lines) ||
                fail "the config of $name cannot be compared with that of ${applied:0:7}, which was applied last: nothing is done"
            [[ -n $found ]] || without "$name"
        fi
    done < <(names)
}

case $FOR in
    proposal)
        proposal
        check_environments presence-plan-
        ;;
    merge)
        take true
        look_up true
        due
        frozen=$(jq --compact-output --argjson due "$chosen" \
            '[.orgs[] | select(.frozenUntil and IN(.name; $due[].org)) | {org: .name, until: .frozenUntil}]' "$all")
        printf '%s' "$frozen" >"$folder/frozen.json"
        while IFS= read -r name; do [[ -z $name ]] || without "$name"; done < <(jq --raw-output '.[].org' <<<"$frozen")
        jq --raw-output '.[] | "frozen until \(.until), and so not applied now: \(.org)"' <<<"$frozen" |
            while IFS= read -r line; do note "$line"; done
        check_environments presence-apply-
        ;;
    hand | undo)
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
        look_up false
        check_environments presence-plan-
        check_environments presence-apply-
        ;;
    drift)
        take true
        look_up false
        check_environments presence-plan-
        ;;
    *) fail "the input for is $FOR: write proposal, merge, hand, drift or undo" ;;
esac

rm -rf "$API_CACHE"
count=$(jq length <<<"$chosen")
printf '%s' "$chosen" >"$folder/chosen.json"
output matrix "$(jq --compact-output '{include: .}' <<<"$chosen")"
output any "$([[ $count != 0 ]] && echo true || echo false)"
{
    case $FOR in
        merge) printf '**%s to apply** after the merge of %s.\n\n' "$count org(s)" "${GITHUB_SHA:0:7}" ;;
        hand) printf '**%s by hand**, at %s.\n\n' "$count org(s)" "${GITHUB_SHA:0:7}" ;;
        undo) printf '**Undo** of run %s.\n\n' "$UNDO_RUN" ;;
    esac
    [[ ! -s $folder/orgs.md ]] || cat "$folder/orgs.md"
    jq --raw-output '.[] | "- `\(.org | gsub("[`\n]"; " "))`"' <<<"$chosen"
    [[ ! -s $folder/frozen.json ]] || jq --raw-output '.[] | "- `\(.org | gsub("[`\n]"; " "))` is frozen until \(.until)"' "$folder/frozen.json"
} >>"$GITHUB_STEP_SUMMARY"
note "$count org(s) get a job"
