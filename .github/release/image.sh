#!/usr/bin/env bash
# image.sh FOLDER: builds the image for both architectures from the archives, and pushes it. It only copies, so that one
# machine can do it for both.
set -euo pipefail
folder=$1
name=${IMAGE,,}

for pair in amd64:x86_64 arm64:aarch64; do
    mkdir -p "dist/${pair%:*}"
    tar -xzf "$folder/presencectl-${pair#*:}-unknown-linux-musl.tar.gz" -C "dist/${pair%:*}" ./presencectl
done
cp /etc/ssl/certs/ca-certificates.crt dist/
docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<<"$GITHUB_TOKEN"
docker buildx create --use
docker buildx build --platform linux/amd64,linux/arm64 --file Containerfile --tag "$name:${GITHUB_REF_NAME#v}" \
    --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" --metadata-file metadata.json --push .
{
    printf 'name=%s\n' "$name"
    printf 'digest=%s\n' "$(jq --raw-output '."containerimage.digest"' metadata.json)"
} >>"$GITHUB_OUTPUT"
