# Builds the image for one platform and pushes it by digest, without a tag:
# until the scan has passed, nothing that looks for tags can see it.
set -euo pipefail
cache=$REPOSITORY_URI:$CACHE_TAG-${PLATFORM#linux/}

# Only BuildKit in a container can export a cache of all stages to a registry. Docker Hub limits who pulls without an
# account, by address: an image of Docker Hub is then taken from Google's cache of it. The digest says that it is the same.
# https://docs.docker.com/docker-hub/usage/ https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images
images=("$BUILDKIT_IMAGE")
if ! [[ ${BUILDKIT_IMAGE%%/*} =~ [.:] ]]; then images+=("mirror.gcr.io/$BUILDKIT_IMAGE"); fi
for image in "${images[@]}"; do
	if docker buildx create --use --bootstrap --driver docker-container --driver-opt "image=$image" >/dev/null; then break; fi
	echo "BuildKit does not start from $image"
	image=
done
if [ -z "$image" ]; then
	echo "Copy $BUILDKIT_IMAGE to a registry of yours, and name it in delivery.buildKitImage."
	exit 1
fi
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
