package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/review/change"
)

func replicas() change.Result {
	return change.Result{Changes: []change.Change{
		{Environment: "delivery", Part: "delivery", Action: change.Code, Name: "delivery/Config/Repository"},
		{Environment: "prod", Part: "Flux", Action: change.Changed, Name: "HorizontalPodAutoscaler hello/hello", Short: "spec.minReplicas: 3 → 4",
			Lines: []string{"- spec.minReplicas: 3", "+ spec.minReplicas: 4"}},
	}}
}

func text(r change.Result) string {
	var out strings.Builder
	Text(&out, r)
	return out.String()
}

func TestASmallChangeIsThreeLines(t *testing.T) {
	require.Equal(t, `No risk found in 2 changes.
delivery: code changed: delivery/Config/Repository
prod Flux: HorizontalPodAutoscaler hello/hello: spec.minReplicas: 3 → 4
`, text(replicas()))
	comment, whole := Markdown(replicas(), Limit, "review-full.md")
	require.True(t, whole)
	require.Equal(t, Marker+`
**No risk found in 2 changes.**

- **delivery** code changed: delivery/Config/Repository
- **prod Flux** HorizontalPodAutoscaler hello/hello: spec.minReplicas: 3 → 4
`, comment)
}

func TestNoChangeIsOneLine(t *testing.T) {
	require.Equal(t, 1, strings.Count(text(change.Result{}), "\n"))
	comment, _ := Markdown(change.Result{}, Limit, "review-full.md")
	require.Equal(t, Marker+"\n**No change: what is deployed and what Flux applies stay the same.**\n", strings.TrimRight(comment, "\n")+"\n")
}

func TestRisksComeFirstAndSayHowToAcceptThem(t *testing.T) {
	r := replicas()
	r.Risks = []change.Risk{
		{Environment: "prod", Class: change.Loss, Name: "prod-network/Network/Vpc", What: "the VPC is replaced", Accept: change.AllowReplacement, Accepted: true},
		{Environment: "prod", Class: change.Prune, Name: "prod/ConfigMap hello/x", What: "prune will delete it"},
		{Environment: "prod", Class: change.Loss, Name: "prod-cluster/Key", What: "the key is deleted", Accept: change.AllowDeletion},
		{Environment: "prod", Class: change.Access, Name: "prod-gitops/Role", What: "may more", Accept: change.AllowAccess},
	}
	r.Sort()
	comment, _ := Markdown(r, Limit, "review-full.md")
	at := -1
	for _, part := range []string{
		Marker, "**Risks: 2 to accept or to mend, 1 accepted, 1 to know of.**", "- **prod**: 2 risks",
		"### Wider access", "`Allow-Access: prod-gitops/Role`", "### Replaced or deleted", "`Allow-Deletion: prod-cluster/Key`",
		"### Deleted by Flux", "### Accepted", "accepted by `Allow-Replacement: prod-network/Network/Vpc`", "<details>",
	} {
		next := strings.Index(comment, part)
		require.Greater(t, next, at, "%q comes too early or not at all in\n%s", part, comment)
		at = next
	}
	require.True(t, r.Failed())
}

// huge is a change of which no comment can hold all.
func huge(sections int) change.Result {
	var r change.Result
	for i := range sections {
		name := fmt.Sprintf("env%03d", i)
		r.Risks = append(r.Risks, change.Risk{Environment: name, Class: change.Loss, Name: name + "-network/Vpc", What: "the VPC is replaced", Accept: change.AllowReplacement})
		r.Changes = append(r.Changes, change.Change{Environment: name, Part: name + "-network", Action: change.Added, Name: "a", Lines: strings.Split(strings.Repeat("+ line with ünicode\n", 100), "\n")})
	}
	r.Sort()
	return r
}

func TestTooMuchIsLeftOutBySections(t *testing.T) {
	for _, sections := range []int{40, 500} {
		comment, whole := Markdown(huge(sections), Limit, "review-full.md")
		require.False(t, whole)
		require.LessOrEqual(t, len(comment), Limit)
		require.Equal(t, strings.Count(comment, "<details>"), strings.Count(comment, "</details>"))
		require.Zero(t, strings.Count(comment, "\n```")%2, "an open fence")
		require.Contains(t, comment, "All of it is in the artifact `review-full.md`")
		require.Contains(t, comment, "`Allow-Replacement: env000-network/Vpc`")
		all, whole := Markdown(huge(sections), 1<<30, "review-full.md")
		require.True(t, whole)
		require.Equal(t, sections, strings.Count(all, "<details>"))
	}
}

func TestNothingInAManifestBreaksOut(t *testing.T) {
	evil := "+ ````\n</details> @everyone\n+ ```"
	r := change.Result{Changes: []change.Change{{Environment: "dev", Part: "Flux", Action: change.Added, Name: "ConfigMap <img src=x> `x` @everyone", Lines: strings.Split(evil, "\n")}}}
	comment, _ := Markdown(r, Limit, "review-full.md")
	require.Equal(t, 2, strings.Count(comment, "`````"), "a fence longer than the one in the content")
	before, _, _ := strings.Cut(comment, "`````")
	require.NotContains(t, before, "<img")
	require.NotContains(t, before, "@everyone")
	require.Equal(t, "`` a `b ``", code("a `b"))
}
