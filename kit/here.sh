#!/usr/bin/env bash
# Is this the project that the workflows were written for? In a fork, or after a rename, nothing is done, and that is no failure.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

# GitHub ignores case in names.
name=$(printf '%s' "$GITHUB_REPOSITORY" | tr '[:upper:]' '[:lower:]')
wanted=$(printf '%s' "$PROJECT" | tr '[:upper:]' '[:lower:]')
if [[ $name == "$wanted" ]]; then
    output here true
else
    note "these workflows are for $PROJECT, and this is $GITHUB_REPOSITORY: nothing is done. To use them here, run \`presencectl init . --start none --ci github --project $GITHUB_REPOSITORY\`"
    output here false
    output any false
fi
