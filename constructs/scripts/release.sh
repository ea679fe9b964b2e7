# Gives the scanned images their tag: one image as it is, two as a manifest
# list. Tags sort by time, which is how Flux finds the newest.
set -euo pipefail
tag=$(date -u +%Y%m%dT%H%M%SZ)-${REVISION:0:7}
if [ -z "${IMAGE_DIGESTS:-}" ]; then IMAGE_DIGESTS=$(cat image.digest); fi

cd "$(mktemp -d)" # the checkout is the app's: a file or link of it must not take the place of one below

read -r -a digests <<<"$IMAGE_DIGESTS"
if [ "${#digests[@]}" -eq 1 ]; then
	# The same manifest under a further name; no layer moves.
	aws ecr batch-get-image --repository-name "$REPOSITORY_NAME" --image-ids "imageDigest=${digests[0]}" --output json >image.json
	if [ "$(jq '.images | length' image.json)" != 1 ]; then
		echo "the image ${digests[0]} is gone: $(jq --raw-output '.failures[0].failureReason // "Amazon ECR gives no reason"' image.json). Run the pipeline again"
		exit 1
	fi
	jq --join-output '.images[0].imageManifest' image.json >manifest.json
	aws ecr put-image --repository-name "$REPOSITORY_NAME" --image-tag "$tag" \
		--image-manifest-media-type "$(jq --raw-output '.images[0].imageManifestMediaType' image.json)" \
		--image-manifest file://manifest.json --image-digest "${digests[0]}" >/dev/null
else
	docker buildx imagetools create --tag "$REPOSITORY_URI:$tag" "${digests[@]/#/$REPOSITORY_URI@}"
fi
echo "released $REPOSITORY_URI:$tag"
