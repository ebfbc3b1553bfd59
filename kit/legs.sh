# shellcheck shell=bash
# What the last jobs know of the legs: each has left a folder with leg.json, and with its document. A leg without one was not
# even started, or has failed before presencectl was.

# find_legs PREFIX DOCUMENT: sets `orgs`, and for each of them `folders` and `states`: none, changes, applied, refused, superseded,
# failed or missing.
find_legs() {
    local name folder document code outcome
    orgs=() folders=() states=()
    while IFS= read -r name; do
        [[ -n $name ]] || continue
        orgs+=("$name")
        folder="$DOCUMENTS/$1$name"
        # A single artifact may be unpacked without a folder of its own.
        [[ -d $folder || $(jq --raw-output .org "$DOCUMENTS/leg.json" 2>/dev/null) != "$name" ]] || folder=$DOCUMENTS
        folders+=("$folder")
        document="$folder/$2"
        code=$(jq --raw-output '.code | numbers' "$folder/leg.json" 2>/dev/null) || code=''
        outcome=$(jq --raw-output '.outcome | strings' "$folder/leg.json" 2>/dev/null) || outcome=''
        if [[ -z $code ]]; then
            states+=(missing)
        elif [[ $outcome == superseded || $outcome == refused ]]; then
            states+=("$outcome")
        else
            states+=("$(state_of "$document" "$code")")
        fi
    done < <(jq --raw-output '.[].org' "$NEEDS/chosen.json" 2>/dev/null)
}

# state_of DOCUMENT CODE
state_of() {
    jq --raw-output --argjson code "$2" '
        if .kind == "plan" then (if .applicable | not then "refused" elif $code == 2 then "changes" elif $code == 0 then "none" else "failed" end)
        elif .kind == "drift" then (if $code == 2 then "changes" elif $code == 0 then "none" else "failed" end)
        elif .kind == "report" then
            (if .refusals != [] or any(.objects[]; .outcome == "refused" or .skipReason == "beyond-saved-plan") then "refused"
            elif .success and $code == 0 then (if .objects == [] then "none" else "applied" end)
            else "failed" end)
        else "failed" end' "$1" 2>/dev/null || echo failed
}

# What people read for a state.
said() {
    case $1 in
        none) echo 'no change' ;;
        changes) echo 'changes' ;;
        applied) echo 'applied' ;;
        refused) echo '**refused**' ;;
        superseded) echo 'left to the run of a newer commit' ;;
        missing) echo '**did not run**: its job failed, was cancelled, or was not approved' ;;
        *) echo '**failed**' ;;
    esac
}

# code TEXT: in Markdown, as code, in which nothing of it acts.
code() {
    jq --null-input --raw-output --arg it "$1" '"`\($it | gsub("[`|<>[:cntrl:]]"; " "))`"'
}

# show_legs FILE: a line an org, those first that a person has to look at, then what each leg has to say. Details come last, so
# that those are cut first.
show_legs() {
    local i state word count
    printf '| Org | Result |\n| --- | --- |\n'
    for word in missing failed refused changes applied superseded none; do
        for ((i = 0; i < ${#orgs[@]}; i++)); do
            [[ ${states[i]} == "$word" ]] || continue
            state=$(said "$word")
            [[ $word != changes || ! -s ${folders[i]}/plan.json ]] || state=$(plan_title "${folders[i]}/plan.json")
            printf '| %s | %s |\n' "$(code "${orgs[i]}")" "$state"
        done
    done
    for word in failed refused changes applied; do
        for ((i = 0; i < ${#orgs[@]}; i++)); do
            [[ ${states[i]} == "$word" && -s ${folders[i]}/$1 ]] || continue
            count=$(wc -m <"${folders[i]}/$1")
            printf '\n<details><summary>%s: %s</summary>\n\n' "$(code "${orgs[i]}" | tr -d '`')" "$(said "$word" | tr -d '*')"
            # An org's share: one with a long plan leaves room for the others.
            if ((count * ${#orgs[@]} > 60000)); then
                jq --raw-input --slurp --raw-output --argjson most "$((60000 / ${#orgs[@]}))" \
                    'rtrimstr("\n") | split("\n") | [foreach .[] as $line ($most; . - ($line | length) - 1; select(. > 0) | $line)] | join("\n")' "${folders[i]}/$1"
                printf '\n**The rest is in the log of the job of this org.**\n'
            else
                cat "${folders[i]}/$1"
            fi
            printf '\n</details>\n'
        done
    done
}
