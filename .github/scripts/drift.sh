#!/usr/bin/env bash
# drift.sh [ASSEMBLY]: look in every account and Region of the synthesized stacks
# (default: cdk.out) for what was changed by hand. Exits with 1 when something
# was, or could not be looked at. Needs Node.js, the AWS command line and
# AWS_REGION.
#
# `cdk drift` takes no role by itself, unlike diff and deploy; so the role for
# looking things up, which stands in the assembly, becomes a profile here.
# https://github.com/aws/aws-cdk-cli/issues/734
set -euo pipefail
assembly=${1:-cdk.out}
if [ ! -f "$assembly/manifest.json" ]; then
	echo "$assembly has no manifest.json: run make synth" >&2
	exit 1
fi

list='for (const [id, a] of Object.entries(require(process.argv[1]).artifacts))
	if (a.type === "aws:cloudformation:stack") console.log([a.environment, a.properties.lookupRole.arn, id].join("\t"))'
stacks=$(node -e "$list" "$(realpath "$assembly/manifest.json")")
# The partition, and what settings leave open, is that of the credentials.
read -r account arn < <(aws sts get-caller-identity --query '[Account,Arn]' --output text)
region=${AWS_REGION:?is needed where settings leave the Region open}
stacks=$(sed -e "s|[$]{AWS::Partition}|$(cut -d : -f 2 <<<"$arn")|g" -e "s|[$]{AWS::AccountId}|$account|g" -e "s|[$]{AWS::Region}|$region|g" \
	-e "s|aws://unknown-account/unknown-region|aws://$account/$region|" <<<"$stacks")

AWS_CONFIG_FILE=$(mktemp)
export AWS_CONFIG_FILE
trap 'rm -f "$AWS_CONFIG_FILE"' EXIT
status=0
while IFS=$'\t' read -r environment role; do
	mapfile -t names < <(awk -F '\t' -v at="$environment" '$1 == at {print $3}' <<<"$stacks")
	printf '[profile drift]\nrole_arn = %s\ncredential_source = Environment\nregion = %s\n' "$role" "${environment##*/}" >"$AWS_CONFIG_FILE"
	echo "== $environment: ${names[*]}"
	# All accounts are looked at, whatever the first ones show.
	npx --no-install cdk drift --app "$assembly" --profile drift --fail "${names[@]}" || status=1
done < <(cut -f 1,2 <<<"$stacks" | sort -u)
exit "$status"
