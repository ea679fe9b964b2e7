# Reviews the config repository at the commit of this build, as make check does. What it finds goes into the log, and
# into the pull request, if there is one: its author may not see the log.
set -euo pipefail
export GOTOOLCHAIN=auto # fetches the version of go.mod
export AWS_CLI_FILE_ENCODING=UTF-8

# The program is the platform's, in a folder of its own. Of the repository nothing is run.
(cd "$CODEBUILD_SRC_DIR_PROGRAM/test/gates" && go build -o "$CODEBUILD_SRC_DIR_PROGRAM/check" ./seed/cmd)
cd "$(mktemp -d)" # the checkout is the author's: a file or link of it must not take the place of one below
result=passed
if ! "$CODEBUILD_SRC_DIR_PROGRAM/check" -root "$CODEBUILD_SRC_DIR_PROGRAM" -config "$CODEBUILD_SRC_DIR" >found 2>&1; then result=failed; fi
cat found
if [ "$PULL_REQUEST" = none ]; then
	if [ "$result" = passed ]; then exit 0; fi
	exit 1
fi

# At most 10,240 characters. https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
{
	echo "The check of $CODEBUILD_RESOLVED_SOURCE_VERSION $result."
	echo '```'
	jq --raw-input --slurp --raw-output '.[:9000] | gsub("`"; "\u0027")' found
	echo '```'
} >comment
aws codecommit post-comment-for-pull-request --repository-name "$REPOSITORY_NAME" --pull-request-id "$PULL_REQUEST" \
	--before-commit-id "$DESTINATION_COMMIT" --after-commit-id "$CODEBUILD_RESOLVED_SOURCE_VERSION" \
	--content file://comment --output json >/dev/null
