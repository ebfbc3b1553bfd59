#!/usr/bin/env bash
# sums.sh FOLDER: what the release's archives are made of, and their sums.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1

cargo metadata --locked --format-version 1 | jq --from-file "$here/sbom.jq" >"$folder/presencectl.cdx.json"
cd "$folder"
sha256sum presencectl-*.tar.gz >SHA256SUMS
