# Waits for the scan of the image that was pushed, prints what it found and
# fails at or above the threshold. Works with ECR's basic scanning and with
# Amazon Inspector's, which never says COMPLETE but ACTIVE.
set -euo pipefail
digest=$(cat image.digest)
deadline=$((SECONDS + 600))

while :; do
	# The scan is not there at once: an error is asked again, and shown if it lasts.
	if ! aws ecr describe-image-scan-findings --repository-name "$REPOSITORY_NAME" \
		--image-id "imageDigest=$digest" --output json >scan.json 2>scan.error; then
		status=PENDING
	else
		status=$(jq --raw-output '.imageScanStatus.status' scan.json)
	fi
	case $status in
	COMPLETE | ACTIVE) break ;;
	FAILED | UNSUPPORTED_IMAGE | SCAN_ELIGIBILITY_EXPIRED)
		echo "the scan of $digest ended with $status: $(jq --raw-output '.imageScanStatus.description' scan.json)"
		if [ "$SCAN_THRESHOLD" = none ]; then exit 0; fi
		echo "Use a base image that Amazon ECR can scan, or set the app's scanThreshold to \"none\"."
		exit 1
		;;
	esac
	if [ "$SECONDS" -ge "$deadline" ]; then
		echo "no scan of $digest within 10 minutes (last: $status) $(cat scan.error)"
		exit 1
	fi
	sleep 5
done

# One line a finding, the worst first, whichever scanner found it.
jq --raw-output '
	def rank: {CRITICAL: 4, HIGH: 3, MEDIUM: 2, LOW: 1}[.] // 0;
	[ (.imageScanFindings.findings // [])[] | {severity, name, package: ([.attributes[]? | select(.key == "package_name") | .value][0] // ""), uri: (.uri // "")} ]
	+ [ (.imageScanFindings.enhancedFindings // [])[] | {severity, name: .title, package: ([.packageVulnerabilityDetails.vulnerablePackages[]?.name][0] // ""), uri: (.packageVulnerabilityDetails.sourceUrl // "")} ]
	| map(. + {rank: (.severity | rank)}) | sort_by(-.rank)[] | [.rank, .severity, .name, .package, .uri] | @tsv' scan.json >findings.tsv
cut -f 2- findings.tsv
case $SCAN_THRESHOLD in
critical) limit=4 ;; high) limit=3 ;; medium) limit=2 ;; low) limit=1 ;; none) limit=9 ;;
*)
	echo "SCAN_THRESHOLD is $SCAN_THRESHOLD; it must be low, medium, high, critical or none"
	exit 1
	;;
esac
bad=$(awk -F '\t' -v limit="$limit" '$1 >= limit' findings.tsv | wc -l)
if [ "$bad" -gt 0 ]; then
	echo "$bad findings at or above $SCAN_THRESHOLD: the image is not released"
	exit 1
fi
echo "the scan found nothing at or above $SCAN_THRESHOLD"
