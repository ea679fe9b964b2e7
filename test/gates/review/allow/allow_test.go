package allow

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/review/change"
)

func risk(keyword change.Keyword, name string) change.Risk {
	return change.Risk{Name: name, Accept: keyword}
}

func TestParseReadsLinesAmongOthers(t *testing.T) {
	found, err := Parse("We move to 10.9.\n\n- `Allow-Replacement: dev-network/Network/Vpc`\nallow-deletion: dev/Kustomization flux-system/hello\r\nAllow me: no", "the description")
	require.NoError(t, err)
	require.Equal(t, []Override{
		{change.AllowReplacement, "dev-network/Network/Vpc", "the description"},
		{change.AllowDeletion, "dev/Kustomization flux-system/hello", "the description"},
	}, found)
}

// What nobody sees on the page cannot have been reviewed.
func TestParseSkipsComments(t *testing.T) {
	for _, text := range []string{
		"<!--\nAllow-Deletion: dev/Kustomization flux-system/hello\n-->\nMore apps.",
		"<!-- Allow-Access: delivery/Key\nAllow-Deletion: dev/Kustomization flux-system/hello",
	} {
		found, err := Parse(text, "the description")
		require.NoError(t, err)
		require.Empty(t, found, text)
	}
	found, err := Parse("<!-- Say why. -->\nAllow-Access: delivery/Key <!-- once -->", "the description")
	require.NoError(t, err)
	require.Equal(t, []Override{{change.AllowAccess, "delivery/Key", "the description"}}, found)
}

func TestParseRefusesWhatAcceptsNothing(t *testing.T) {
	for text, want := range map[string]string{
		"Allow-Replace: dev-network/Network/Vpc": `"Allow-Replace" is no override, want Allow-Access, Allow-Replacement or Allow-Deletion`,
		"Allow-Replacement:":                     "names nothing",
		"Allow-Deletion: *":                      "names nothing",
	} {
		_, err := Parse(text, "a commit")
		require.ErrorContains(t, err, want)
	}
}

func TestApplyAcceptsByNameAndKeyword(t *testing.T) {
	risks := []change.Risk{
		risk(change.AllowReplacement, "dev-network/Network/Vpc"),
		risk(change.AllowReplacement, "dev-network/Network/Vpc/PrivateSubnet1/Subnet"),
		risk(change.AllowReplacement, "dev-network/Network/Vpc2"),
		risk(change.AllowDeletion, "dev-network/Network/Vpc"),
	}
	stale := Apply(risks, []Override{{change.AllowReplacement, "dev-network/Network/Vpc", "a commit"}})
	require.Empty(t, stale)
	require.Equal(t, []bool{true, true, false, false}, []bool{risks[0].Accepted, risks[1].Accepted, risks[2].Accepted, risks[3].Accepted})
}

func TestApplySaysWhatIsStale(t *testing.T) {
	risks := []change.Risk{risk(change.AllowReplacement, "dev-network/Network/Vpc")}
	stale := Apply(risks, []Override{{change.AllowReplacement, "dev-network", "a commit"}, {change.AllowDeletion, "dev-network/Network/Vpc", "a commit"}})
	require.False(t, risks[0].Accepted, "a stack's id does not accept what is in it")
	require.Len(t, stale, 2)
	require.Contains(t, stale[0], "stale override in a commit, it accepts nothing of this change: Allow-Deletion: dev-network/Network/Vpc")
}
