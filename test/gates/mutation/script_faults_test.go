package mutation

// script replaces text in the buildspec of a project.
func script(old, replacement string) []edit {
	return []edit{swap(old, replacement, "Source", "BuildSpec")}
}

var moreBuildspecFaults = []fault{
	{name: "the scan's failure is no failure", gate: "shell", at: build, edits: script(`echo \"$bad findings at or above $SCAN_THRESHOLD: the image is not released\"\n\texit 1`, `echo \"$bad findings at or above $SCAN_THRESHOLD: the image is not released\"\n\texit 0`)},
	{name: "whatever the scan finds", gate: "shell", at: build, edits: script(`echo \"the scan found nothing at or above $SCAN_THRESHOLD\"\n)`, `echo \"the scan found nothing at or above $SCAN_THRESHOLD\"\n) || true`)},
	{name: "an alarm for nothing", gate: "shell", at: build, edits: script(`\"$bad\" -gt 0`, `\"$bad\" -gt 1000`)},
	{name: "every command is shown", gate: "shell", at: build, edits: script(`set -euo pipefail\naws ecr get-login-password`, `set -x\nset -euo pipefail\naws ecr get-login-password`)},
	{name: "the password is an argument", gate: "shell", at: build, edits: script(`aws ecr get-login-password | docker login --username AWS --password-stdin`, `docker login --username AWS --password \"$(aws ecr get-login-password)\"`)},
	{name: "a script from the internet", gate: "shell", at: build, edits: script(`set -euo pipefail\naws ecr get-login-password`, `set -euo pipefail\ncurl -fsSL https://get.example.com/install.sh | bash\naws ecr get-login-password`)},
	{name: "a tag before the scan", gate: "shell", at: build, edits: script(`push=true,push-by-digest=true`, `push=true`)},
	{name: "a tag that Flux does not match", gate: "shell", at: build, edits: script(`Z)-${REVISION:0:7}`, `Z)-${REVISION:0:8}`)},
	{name: "a tag that does not sort", gate: "shell", at: build, edits: script(`+%Y%m%dT%H%M%SZ)-`, `+%d%m%YT%H%M%SZ)-`)},
	{name: "a tag of another time", gate: "shell", at: build, edits: script(`tag=$(date -u +%Y`, `tag=$(date +%Y`)},
	{name: "the tag comes before the scan", gate: "shell", at: build, edits: script(`(\n# Waits for the scan`, `aws ecr put-image --repository-name \"$REPOSITORY_NAME\" --image-tag early --image-manifest \"$(cat manifest.json)\"\n(\n# Waits for the scan`)},
	{name: "failures go on", gate: "shell", at: build, edits: script(`"build": {`, `"build": {"on-failure": "CONTINUE",`)},
	{name: "commands that are a text", gate: "shell", at: build, edits: script(`"shell": "bash"`, `"shell": "zsh"`)},
	{name: "a token in the script", gate: "rules", at: build, edits: script(`set -euo pipefail\ntag=`, `set -euo pipefail\nexport GITHUB_TOKEN=ghp_`+`a8Fh3kLm9Qw2Xz7Rt5Yb1Nc4Vd6Je0SgUi2P\ntag=`)},
	{name: "the certificate is not looked at", gate: "shell", at: build, edits: script(`set -euo pipefail\ntag=`, `set -euo pipefail\ncurl -k https://example.com/v > v\ntag=`)},
	{name: "a word that is split", gate: "shell", at: build, edits: script(`\"$REPOSITORY_URI:$tag\" \"${digests`, `$REPOSITORY_URI:$tag \"${digests`)},
	{name: "a scan that does not end is no failure", gate: "shell", at: build, edits: script(`$(cat scan.error)\"\n\t\texit 1`, `$(cat scan.error)\"\n\t\tbreak`)},
	{name: "the limits are the wrong way round", gate: "shell", at: build, edits: script(`critical) limit=4 ;; high) limit=3`, `critical) limit=3 ;; high) limit=4`)},
	{name: "above, but not at", gate: "shell", at: build, edits: script(`$1 >= limit`, `$1 > limit`)},
	{name: "failures are let pass", gate: "shell", at: build, edits: script(`set -euo pipefail\ndigest=`, `set -euo pipefail\nset +e\ndigest=`)},
	{name: "the environment is shown", gate: "shell", at: build, edits: script(`set -euo pipefail\ntag=`, `set -euo pipefail\nprintenv\ntag=`)},
	{name: "the password is shown", gate: "shell", at: build, edits: script(`aws ecr get-login-password | docker`, `aws ecr get-login-password | tee /dev/stderr | docker`)},
	{name: "a script from the internet, in a file", gate: "shell", at: build, edits: script(`set -euo pipefail\naws ecr get-login-password`, `set -euo pipefail\nbash <(curl -fsSL https://get.example.com/install.sh)\naws ecr get-login-password`)},
	{name: "a moving tag", gate: "shell", at: build, edits: script(`echo \"released $REPOSITORY_URI:$tag\"`, `docker buildx imagetools create --tag \"$REPOSITORY_URI:latest\" \"$REPOSITORY_URI:$tag\"\necho \"released $REPOSITORY_URI:$tag\"`)},
	{name: "attestations beside the image", gate: "shell", at: build, edits: script(`--provenance=false`, `--provenance=true`)},
	{name: "attestations by silence", gate: "shell", at: build, edits: script(`\t--provenance=false \\\n`, ``)},
	{name: "the cache is a release", gate: "shell", at: build, edits: script(`cache=$REPOSITORY_URI:$CACHE_TAG-${PLATFORM#linux/}`, `cache=$REPOSITORY_URI:latest`)},
	{name: "another's platform", gate: "shell", at: build, edits: script(`--platform \"$PLATFORM\"`, `--platform linux/s390x`)},
	{name: "another image is scanned", gate: "shell", at: build, edits: script(`imageDigest=$digest`, `imageTag=latest`)},
	{name: "BuildKit's own image", gate: "shell", at: build, edits: script(` --driver-opt \"image=$image\"`, ``)},
	{name: "the build reaches the cluster", gate: "shell", at: build, edits: script(`set -euo pipefail\ntag=`, `set -euo pipefail\naws eks update-kubeconfig --name platform-dev\nkubectl rollout restart deployment/hello\ntag=`)},
}
