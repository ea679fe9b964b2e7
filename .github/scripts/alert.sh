#!/usr/bin/env bash
# alert.sh REPORT: tell the SNS topic TOPIC that the nightly look for drift found
# something or failed, with the report as far as there is one. RUN_URL leads to
# the whole. Needs the AWS command line.
set -euo pipefail
export LC_ALL=C.UTF-8
: "${TOPIC:?the repository variable AWS_ALERT_TOPIC is missing}" "${RUN_URL:?}"
longest=60000 # SNS takes 262144 bytes, and a character has up to 4
message=$(mktemp)
trap 'rm -f "$message"' EXIT
{
	printf 'Something was changed by hand, or could not be looked at: %s\n\n' "$RUN_URL"
	if [ -f "$1" ]; then
		text=$(<"$1")
		printf '%s\n' "${text:0:longest}"
	fi
} >"$message"
aws sns publish --topic-arn "$TOPIC" --subject "Drift: ${GITHUB_REPOSITORY:0:80}" --message "file://$message"
