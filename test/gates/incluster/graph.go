package incluster

import "gitops-eks/test/gates/assembly"

// graph knows what CloudFormation makes before what: within a stack by
// DependsOn and by references, across stacks by the order of the stacks.
type graph struct {
	needs  map[*assembly.Resource][]*assembly.Resource
	stacks map[*assembly.Stack]map[*assembly.Stack]bool
}

func newGraph(a *assembly.Assembly) *graph {
	g := &graph{needs: map[*assembly.Resource][]*assembly.Resource{}, stacks: map[*assembly.Stack]map[*assembly.Stack]bool{}}
	for _, r := range a.All() {
		for _, id := range append(assembly.References(r.Properties), r.DependsOn...) {
			if other := r.Stack.Resources[id]; other != nil {
				g.needs[r] = append(g.needs[r], other)
			}
		}
	}
	for _, s := range a.Stacks {
		g.stacks[s] = map[*assembly.Stack]bool{}
		g.close(a, s, s)
	}
	return g
}

// close notes every stack that comes before s, by way of at.
func (g *graph) close(a *assembly.Assembly, s, at *assembly.Stack) {
	for _, id := range at.DependsOn {
		if before := a.Stack(id); before != nil && !g.stacks[s][before] {
			g.stacks[s][before] = true
			g.close(a, s, before)
		}
	}
}

// before says whether the first is made before the second, and so deleted after it.
func (g *graph) before(first, second *assembly.Resource) bool {
	if first.Stack != second.Stack {
		return g.stacks[second.Stack][first.Stack]
	}
	return g.reaches(second, first, map[*assembly.Resource]bool{})
}

func (g *graph) reaches(from, to *assembly.Resource, seen map[*assembly.Resource]bool) bool {
	for _, next := range g.needs[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if g.reaches(next, to, seen) {
				return true
			}
		}
	}
	return false
}
