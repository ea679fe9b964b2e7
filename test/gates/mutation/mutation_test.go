package mutation

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/all"
	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/gatetest"
	"gitops-eks/test/gates/suppress"
)

// classes of faults; every one is seeded into the default platform, or
// the variant that it names.
var classes = map[string][]fault{
	"schema":     slices.Concat(schemaFaults, moreSchemaFaults),
	"references": slices.Concat(referenceFaults, moreReferenceFaults),
	"networking": slices.Concat(networkFaults, moreNetworkFaults),
	"nodes":      nodeFaults,
	"versions":   versionFaults,
	"IAM":        slices.Concat(iamFaults, moreIAMFaults),
	"accounts":   accountFaults,
	"posture":    slices.Concat(postureFaults, morePostureFaults),
	"delivery":   slices.Concat(deliveryFaults, moreDeliveryFaults),
	"ordering":   slices.Concat(orderFaults, moreOrderFaults),
	"Flux":       slices.Concat(fluxFaults, moreFluxFaults),
	"seed":       slices.Concat(seedFaults, moreSeedFaults),
	"buildspec":  slices.Concat(buildspecFaults, moreBuildspecFaults),
}

// TestScore fails when a gate no longer finds what it did: the score can only
// rise. It prints the score of each class, and who survives and why.
func TestScore(t *testing.T) {
	bases := map[string]*assembly.Assembly{} // a synthesis is looked up once
	gates := map[string]gate.Gate{}
	for _, g := range all.Gates() {
		gates[g.Name] = g
	}
	accepted, err := suppress.Read(filepath.Join(gatetest.Root(), "test", "gates", "suppressions.yaml"), "suppressions.yaml", slices.Collect(maps.Keys(gates)))
	require.NoError(t, err)
	var killed, total int
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		faults := classes[class]
		var dead int
		for _, f := range faults {
			t.Run(class+"/"+f.name, func(t *testing.T) {
				require.Contains(t, gates, f.gate)
				variant := cmp.Or(f.variant, "default")
				if bases[variant] == nil {
					bases[variant] = gatetest.Synth(t, variant)
				}
				base := bases[variant]
				broken := f.apply(t, base)
				results, _ := accepted.Apply(broken, gate.Run(t.Context(), gate.Input{Assembly: broken, Root: gatetest.Root()}, []gate.Gate{gates[f.gate]}))
				result := results[0]
				if result.Err != nil {
					require.ErrorAs(t, result.Err, new(gate.Absent))
				}
				places := f.says
				if len(places) == 0 {
					places = []place{f.at}
				}
				found := slices.ContainsFunc(places, func(p place) bool { return p.found(t, base, result.Findings) })
				if found {
					dead++
				}
				if f.survives != "" {
					require.False(t, found, "it is found now: remove the reason why not, %q", f.survives)
					return
				}
				require.True(t, found, "%s does not find it at %v; it says:\n%s", f.gate, places, list(result.Findings))
			})
			if f.survives != "" {
				t.Logf("survives: %s: %s", f.name, f.survives)
			}
		}
		t.Logf("%-12s %3d of %3d", class, dead, len(faults))
		killed, total = killed+dead, total+len(faults)
	}
	t.Logf("score: %d of %d, %.0f %%", killed, total, 100*float64(killed)/float64(total))
}

func list(findings []finding.Finding) string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Rule, f.Where(), f.Problem))
	}
	return strings.Join(lines, "\n")
}
