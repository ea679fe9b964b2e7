#!/usr/bin/env bash
# comment.sh: put the review of the workflow run RUN_ID (at RUN_URL) into the
# pull request whose head is HEAD (owner:branch) at HEAD_SHA, in place of the
# review before. Needs gh, GH_TOKEN and GITHUB_REPOSITORY.
#
# The review comes from code that nobody has looked at. So the pull request is
# not taken from it but found by what GitHub says of the run, and its text can
# name nobody and says where it comes from.
set -euo pipefail
export LC_ALL=C.UTF-8 # what is cut is characters
: "${GITHUB_REPOSITORY:?}" "${RUN_ID:?}" "${RUN_URL:?}" "${HEAD:?}" "${HEAD_SHA:?}"
repository=repos/$GITHUB_REPOSITORY
marker='<!-- offline review -->'
longest=60000 # GitHub takes 65536 characters

number=$(gh api --method GET "$repository/pulls" -f state=open -f "head=$HEAD" --jq '.[] | select(.head.sha == env.HEAD_SHA) | .number')
if [ -z "$number" ]; then
	echo "::notice::no open pull request is at $HEAD_SHA: it has moved on, or is closed"
	exit 0
fi
if ! [[ $number =~ ^[0-9]+$ ]]; then
	echo "got the pull requests ${number//$'\n'/, } at $HEAD_SHA, want one" >&2
	exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
artifacts=$(gh api "$repository/actions/runs/$RUN_ID/artifacts" --jq '[.artifacts[] | select(.name == "review")] | length')
if [ "$artifacts" = 0 ]; then
	echo "::notice::the run made no review: $RUN_URL says why"
	exit 0
fi
gh run download "$RUN_ID" --repo "$GITHUB_REPOSITORY" --name review --dir "$folder/in"
review=$folder/in/review.md
if [ ! -f "$review" ] || [ -L "$review" ]; then
	echo "the artifact review has no file review.md" >&2
	exit 1
fi

# neutral prints the text so that it can call nobody, load no image, lead
# nowhere and hide nothing: a space of no width breaks what would, also where
# the text is shown as it is. What the review folds stays folded.
neutral() {
	local space=$'\u200b' text=$1 tag
	text=${text//@/@$space}
	text=${text//![/!${space}[}
	text=${text//](/]${space}(}
	text=${text//</<$space}
	for tag in details /details summary /summary; do
		text=${text//<$space$tag>/<$tag>}
	done
	printf '%s\n' "$text"
}

{
	echo "$marker"
	echo "Written by the code of this pull request, at ${HEAD_SHA:0:12}: [the run]($RUN_URL)"
	echo
	text=$(<"$review")
	cut=${text:0:longest}
	neutral "$cut"
	if [ "${#text}" -gt "$longest" ]; then
		printf '\nToo long for a comment: the whole review is in [the run](%s).\n' "$RUN_URL"
	fi
} >"$folder/body.md"

mine=$(gh api --paginate "$repository/issues/$number/comments" \
	--jq ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\"))) | .id" | sed -n 1p)
if [ -n "$mine" ]; then
	gh api --silent --method PATCH "$repository/issues/comments/$mine" -F "body=@$folder/body.md"
else
	gh api --silent --method POST "$repository/issues/$number/comments" -F "body=@$folder/body.md"
fi
