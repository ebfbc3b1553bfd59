#!/usr/bin/env bash
# Builds the executable for TARGET and packs it with its licences.
set -euo pipefail

version=$(cargo metadata --locked --no-deps --format-version 1 | jq --raw-output '.packages[0].version')
if [[ $GITHUB_REF_NAME != "v$version" ]]; then
    printf 'the tag is %s, and Cargo.toml says %s\n' "$GITHUB_REF_NAME" "$version" >&2
    exit 1
fi
if [[ $TARGET == *-musl ]]; then
    # The C compiler of the cryptography's sources.
    sudo apt-get update -q
    sudo apt-get install -qy musl-tools
fi
if [[ $TARGET == *-windows-msvc ]]; then
    # With the C library of Windows in it, as musl is in those for Linux: there is nothing to install beside it. The
    # cryptography's C sources are compiled by what cargo says of this.
    export RUSTFLAGS='-C target-feature=+crt-static'
fi
rustup target add "$TARGET"
cargo build --profile dist --locked --target "$TARGET"

binary="target/$TARGET/dist/presencectl"
[[ $TARGET != *-windows-* ]] || binary="$binary.exe"
mkdir pack
cp "$binary" LICENSE-APACHE LICENSE-MIT README.md pack/
# The same bytes for the same sources, as far as the tools allow.
if tar --version | grep -q GNU; then
    tar --sort=name --mtime='2026-01-01 00:00Z' --owner=0 --group=0 --numeric-owner -czf "presencectl-$TARGET.tar.gz" -C pack .
else
    tar -czf "presencectl-$TARGET.tar.gz" -C pack .
fi
