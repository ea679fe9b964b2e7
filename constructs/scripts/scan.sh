# Waits for the scan of the image that was pushed, prints what it found and
# fails at or above the threshold. Works with ECR's basic scanning and with
# Amazon Inspector's, which never says COMPLETE but ACTIVE.
set -euo pipefail
digest=$(cat image.digest)
if ! [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]]; then
	echo "the build left the digest \"$digest\", want sha256: and 64 hexadecimal digits: see what docker buildx build printed"
	exit 1
fi
cd "$(mktemp -d)" # the checkout is the app's: a file or link of it must not take the place of one below
case $SCAN_THRESHOLD in
critical) limit=4 ;; high) limit=3 ;; medium) limit=2 ;; low) limit=1 ;; none) limit=9 ;;
*)
	echo "SCAN_THRESHOLD is $SCAN_THRESHOLD; it must be low, medium, high, critical or none"
	exit 1
	;;
esac
deadline=$((SECONDS + 600))
patience=$((SECONDS + 60))

while :; do
	# The scan is not there at once: an error is asked again, and shown if it lasts.
	# The AWS command line reads all pages of the findings.
	if ! aws ecr describe-image-scan-findings --repository-name "$REPOSITORY_NAME" \
		--image-id "imageDigest=$digest" --output json >scan.json 2>scan.error; then
		status="no answer"
		# Where the registry's filters do not match, nothing scans by itself. Basic scanning can be asked for.
		if [ "$SECONDS" -ge "$patience" ]; then
			patience=$((deadline + 1))
			echo "nothing has scanned $digest for a minute: asking for a scan"
			if ! aws ecr start-image-scan --repository-name "$REPOSITORY_NAME" --image-id "imageDigest=$digest" --output json; then
				echo "it cannot be asked for: another look at what scans by itself"
			fi
		fi
	else
		status=$(jq --raw-output '.imageScanStatus.status // "no status"' scan.json)
	fi
	case $status in
	COMPLETE | ACTIVE)
		# Both come before the findings do, so no findings alone do not mean clean.
		# https://github.com/aws/aws-sdk/issues/289 https://github.com/aws/aws-cli/issues/6759
		finished=$(jq --raw-output '.imageScanFindings // {} |
			.imageScanCompletedAt != null or (((.findings // []) + (.enhancedFindings // [])) | length > 0)' scan.json)
		if [ "$finished" = true ]; then break; fi
		status="$status without an end or findings"
		;;
	FAILED | UNSUPPORTED_IMAGE | SCAN_ELIGIBILITY_EXPIRED | FINDINGS_UNAVAILABLE | LIMIT_EXCEEDED | IMAGE_ARCHIVED)
		# These never become another. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html
		echo "the scan of $digest ended with $status: $(jq --raw-output '.imageScanStatus.description // "Amazon ECR gives no reason"' scan.json)"
		if [ "$SCAN_THRESHOLD" = none ]; then exit 0; fi
		if [ "$status" = UNSUPPORTED_IMAGE ]; then
			echo "This is no finding: the scanner does not know the base image. Use one that it knows, or set the app's scanThreshold to \"none\"."
		else
			echo "Run the pipeline again, or set the app's scanThreshold to \"none\"."
		fi
		exit 1
		;;
	esac
	if [ "$SECONDS" -ge "$deadline" ]; then
		if [ "$SCAN_THRESHOLD" = none ]; then
			echo "no end of the scan of $digest within 10 minutes (last: $status); scanThreshold is none, so the image is released"
			exit 0
		fi
		echo "Nothing scans this repository where the registry's scanning filters do not match its name: see the registry's scanning configuration in Amazon ECR."
		echo "no scan of $digest within 10 minutes (last: $status) $(cat scan.error)"
		exit 1
	fi
	sleep 5
done

# One line a finding, the worst first, whichever scanner found it. A severity
# that nobody has rated is printed and does not count.
jq --raw-output '
	def rank: {CRITICAL: 4, HIGH: 3, MEDIUM: 2, LOW: 1}[.] // 0;
	[ (.imageScanFindings.findings // [])[] | {severity, name, package: ([.attributes[]? | select(.key == "package_name") | .value][0] // ""), uri: (.uri // "")} ]
	+ [ (.imageScanFindings.enhancedFindings // [])[] | {severity, name: .title, package: ([.packageVulnerabilityDetails.vulnerablePackages[]?.name][0] // ""), uri: (.packageVulnerabilityDetails.sourceUrl // "")} ]
	| map(.severity //= "UNRATED" | .name //= "no name") | map(. + {rank: (.severity | rank)})
	| sort_by(-.rank)[] | [.rank, .severity, .name, .package, .uri] | @tsv' scan.json >findings.tsv
cut -f 2- findings.tsv
bad=$(awk -F '\t' -v limit="$limit" '$1 >= limit' findings.tsv | wc -l)
if [ "$bad" -gt 0 ]; then
	echo "$bad findings at or above $SCAN_THRESHOLD: the image is not released"
	exit 1
fi
echo "the scan found nothing at or above $SCAN_THRESHOLD"
