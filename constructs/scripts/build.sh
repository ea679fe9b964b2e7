# Builds the image for one platform and pushes it by digest, without a tag:
# until the scan has passed, nothing that looks for tags can see it.
set -euo pipefail
cache=$REPOSITORY_URI:$CACHE_TAG-${PLATFORM#linux/}

# Only BuildKit in a container can export a cache of all stages to a registry.
docker buildx create --use --driver docker-container --driver-opt "image=$BUILDKIT_IMAGE" >/dev/null
docker buildx build . \
	--platform "$PLATFORM" \
	--provenance=false \
	--build-arg "VERSION=${REVISION:0:7}" \
	--build-arg "REVISION=$REVISION" \
	--label "org.opencontainers.image.source=$SOURCE_URL" \
	--label "org.opencontainers.image.revision=$REVISION" \
	--label "org.opencontainers.image.created=$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
	--cache-from "type=registry,ref=$cache" \
	--cache-to "type=registry,ref=$cache,mode=max,image-manifest=true,oci-mediatypes=true" \
	--output "type=image,name=$REPOSITORY_URI,push=true,push-by-digest=true,name-canonical=true" \
	--metadata-file build.json
jq --raw-output '."containerimage.digest"' build.json >image.digest
echo "pushed $REPOSITORY_URI@$(cat image.digest)"
