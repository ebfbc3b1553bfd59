#!/usr/bin/env bash
# image.sh FOLDER: builds the image for both architectures from the archives, and pushes it. It only copies, so that one
# machine can do it for both. A builder of its own (`docker buildx create`) would be an image that no one has pinned, in a
# job that may write releases: the one that is in Docker makes an image for each architecture, and a list names both.
set -euo pipefail
folder=$1
name=${IMAGE,,}
version=${GITHUB_REF_NAME#v}

docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<<"$GITHUB_TOKEN"
mkdir dist
cp /etc/ssl/certs/ca-certificates.crt dist/
images=()
for pair in amd64:x86_64 arm64:aarch64; do
    architecture=${pair%:*}
    mkdir "dist/$architecture"
    tar -xzf "$folder/presencectl-${pair#*:}-unknown-linux-musl.tar.gz" -C "dist/$architecture" ./presencectl
    docker build --platform "linux/$architecture" --provenance=false --file Containerfile --tag "$name:$version-$architecture" \
        --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" .
    docker push "$name:$version-$architecture"
    images+=("$name:$version-$architecture")
done
docker buildx imagetools create --tag "$name:$version" "${images[@]}"
digest=$(docker buildx imagetools inspect "$name:$version" --format '{{json .Manifest}}' | jq --raw-output .digest)
if [[ ! $digest =~ ^sha256:[0-9a-f]{64}$ ]]; then
    printf 'the registry names no digest of %s:%s\n' "$name" "$version" >&2
    exit 1
fi
{
    printf 'name=%s\n' "$name"
    printf 'digest=%s\n' "$digest"
} >>"$GITHUB_OUTPUT"
