#!/usr/bin/env bash
# sums.sh FOLDER: what the executables of the release's archives are made of, and the archives' sums.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1

platforms=()
for archive in "$folder"/presencectl-*.tar.gz; do
    [[ -f $archive ]] || {
        printf 'there is no archive in %s\n' "$folder" >&2
        exit 1
    }
    platform=${archive##*/presencectl-}
    platforms+=(--filter-platform "${platform%.tar.gz}")
done
cargo metadata --locked --format-version 1 "${platforms[@]}" | jq --from-file "$here/sbom.jq" >"$folder/presencectl.cdx.json"
cd "$folder"
sha256sum presencectl-*.tar.gz >SHA256SUMS
