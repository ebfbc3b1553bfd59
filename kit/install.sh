#!/usr/bin/env bash
# Installs one release of presencectl: downloads it, checks its SHA-256 and its attestation. It never compiles. An attestation is
# verified, or refused, or it could not be verified: what was refused is never used, and what could not be verified only if its
# SHA-256 was given.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=kit/common.sh
source "$here/common.sh"

if [[ -n ${BINARY:-} ]]; then
    # For this repository's own tests, and for runners that bring the tool with them.
    [[ -x $BINARY ]] || fail "the input binary names $BINARY, which is no executable file"
    output binary "$(cd "$(dirname "$BINARY")" && pwd)/$(basename "$BINARY")"
    exit 0
fi

[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "the input version is $VERSION: write it as 1.2.3"
# Empty where the action is used by its path in its own repository.
repository=${ACTION_REPOSITORY:-$GITHUB_REPOSITORY}
server=${RELEASE_SERVER:-$GITHUB_SERVER_URL}
server=${server%/}
[[ $server =~ ^https://[A-Za-z0-9.-]+(:[0-9]+)?$ ]] || fail "the input release-server is $server: write it as https://github.com"

case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) fail "there is no release for $RUNNER_OS on $RUNNER_ARCH; give a binary by the input binary" ;;
esac
archive="presencectl-$target.tar.gz"
folder="$RUNNER_TEMP/presencectl-$VERSION"
mkdir -p "$folder"
# Names without a folder from here on: a path of Windows means other things to tar and sha256sum.
cd "$folder"

fetch() {
    local from="$server/$repository/releases/download/v$VERSION/$1" code status=0
    # The code of the answer counts, too: see `api` in common.sh.
    code=$(curl --silent --show-error --fail --location --proto '=https' --retry 3 --max-time 300 --output "$1" \
        --write-out '%{http_code}' "$from") || status=$?
    [[ $status == 0 && ${code:-200} == 2?? ]] ||
        fail "$from could not be downloaded${code:+ ($code)}: nothing is installed. Where the release is on another server, give it by the input release-server; a server that asks for a login takes an executable by the input binary"
}

digest() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

fetch "$archive"
found=$(digest "$archive")
if [[ -n ${SHA256:-} ]]; then
    expected=$(tr 'A-F' 'a-f' <<<"$SHA256")
    [[ $expected =~ ^[0-9a-f]{64}$ ]] || fail "the input sha256 is $SHA256: write the 64 digits of the line of $archive in SHA256SUMS"
else
    fetch SHA256SUMS
    expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
    [[ $expected =~ ^[0-9a-f]{64}$ ]] || fail "SHA256SUMS of $repository v$VERSION has no line for $archive"
fi
[[ $found == "$expected" ]] || fail "the SHA-256 of $archive is $found, and not $expected: it is not used"

# Which workflow built it, on a machine of GitHub's, and from what: from the commit that the action is pinned by, or else from
# the tag of this version. The sums come from the same release, so they prove nothing of that.
if [[ ${ACTION_REF:-} =~ ^[0-9a-f]{40}$ ]]; then
    from=(--source-digest "$ACTION_REF")
    whence="the commit $ACTION_REF, which this action is pinned by and which has to be that of v$VERSION"
else
    from=(--source-ref "refs/tags/v$VERSION")
    whence="the tag v$VERSION"
fi
# host SERVER: tells gh which server it asks, and the token of this one. A token is not sent to another server.
host() {
    local name=${1#https://}
    export GH_HOST="$name"
    unset GH_TOKEN GITHUB_TOKEN GH_ENTERPRISE_TOKEN GITHUB_ENTERPRISE_TOKEN
    [[ $1 == "$GITHUB_SERVER_URL" ]] || return 0
    if [[ $name == github.com ]]; then export GH_TOKEN=$TOKEN; else export GH_ENTERPRISE_TOKEN=$TOKEN; fi
}

# Does gh say that it could not ask? No network, a token of another server, a server that knows no attestations, no root of trust.
# Only known words count, and none if it also says that it refused: what it says besides is a refusal.
is_out_of_reach() {
    local refused ways
    refused='no (matching )?attestations|expected .+ to be |verification failed|verifying with issuer|failed to verify|does not have the'
    ways='error connecting to |check your internet connection|(Get|Head|Post) "?https?://|dial tcp|proxyconnect|i/o timeout'
    ways+='|handshake timeout|deadline exceeded|no such host|connection re(fused|set)|unexpected EOF|x509: |status code:? [0-9]'
    ways+='|HTTP (401|403|404|407|408|429|5[0-9][0-9])|rate limit|gh auth login|authentication token|GH_TOKEN|GHES|trust domain'
    ways+='|TUF (client|refresh)|trusted root|(root|timestamp|snapshot|targets)\.json is expired'
    # A proxy whose certificate gh does not trust is a network, not an attestation.
    sed 's/tls: failed to verify certificate//' said >unrefused
    ! grep -i -E "$refused" unrefused >/dev/null && grep -i -E "$ways" said >/dev/null
}

if ! command -v gh >/dev/null 2>&1; then
    lacking='gh is not installed'
elif host "$server" && gh attestation verify "$archive" --repo "$repository" \
    --signer-workflow "$repository/.github/workflows/release.yml" --deny-self-hosted-runners "${from[@]}" >said 2>&1; then
    lacking=''
elif lacking=$(grep -m 1 -E '^unknown (flag|command)' said); then
    lacking="this gh is too old: it says \`$lacking\`, and 2.68 is the first that can"
elif is_out_of_reach; then
    # Nothing was held against anything.
    lacking="gh says: $(head -c 2000 said)"
else
    # The words are gh's, and the log is read for commands.
    fail "gh refused to confirm that the release workflow of $repository built $archive from $whence: it is not used. gh says: $(head -c 2000 said)"
fi
if [[ -n $lacking ]]; then
    [[ -n ${SHA256:-} ]] ||
        fail "$archive could not be verified: $lacking. It is not used. Mend that (gh 2.68 or newer can, on github.com), or give the SHA-256 of $archive by the input sha256"
    note "$archive could not be verified: $lacking. It has the SHA-256 that the input sha256 gives"
fi

tar -xzf "$archive"
binary="$folder/presencectl"
[[ $RUNNER_OS != Windows ]] || binary="$binary.exe"
[[ -x $binary ]] || fail "$archive holds no presencectl"
output binary "$binary"
