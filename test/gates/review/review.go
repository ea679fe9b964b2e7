// Package review compares the platform at a base commit with the working tree,
// offline, and says what a deployment and a sync of the difference would lose
// and open.
package review

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/node"
	"gitops-eks/test/gates/review/allow"
	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/flux"
	"gitops-eks/test/gates/review/sides"
	"gitops-eks/test/gates/review/stacks"
	"gitops-eks/test/manifests"
)

// Options of a review.
type Options struct {
	// Root is the folder of cdk.json, absolute: the head. Required.
	Root string
	// Assembly is the head's, synthesized already. Empty synthesizes Root, which runs its code.
	Assembly string
	// Base is the git reference to compare with. Required.
	Base string
	// Project is the folder of the reviewer's own cdk.json, with its packages and those of
	// test/gates installed. Required.
	Project string
	// Allow is a text with overrides, such as a pull request's description.
	Allow string
}

// Run reviews. An error means that it could not.
func Run(ctx context.Context, o Options) (result change.Result, err error) {
	base, err := sides.Checkout(ctx, o.Root, o.Base)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, base.Remove()) }()
	overrides, err := overridesOf(ctx, base, o.Allow)
	if err != nil {
		return result, err
	}
	out, err := os.MkdirTemp("", "gitops-eks-review-")
	if err != nil {
		return result, err
	}
	defer os.RemoveAll(out)
	old, head, err := synthesize(ctx, base, o, out)
	if err != nil {
		return result, err
	}
	if result, err = Compare(ctx, Side{old, base.Dir}, Side{head, o.Root}, filepath.Join(o.Project, "test", "gates")); err != nil {
		return result, err
	}
	result.Notes = append(result.Notes, allow.Apply(result.Risks, overrides)...)
	result.Sort()
	return result, nil
}

func overridesOf(ctx context.Context, base *sides.Base, text string) ([]allow.Override, error) {
	trailers, err := base.Trailers(ctx)
	if err != nil {
		return nil, err
	}
	of, err := allow.Parse(text, "the description")
	if err != nil {
		return nil, err
	}
	more, err := allow.Parse(trailers, "a commit")
	return append(of, more...), err
}

// synthesize synthesizes both sides at once: most of the time is Node.js's and
// Go's start.
func synthesize(ctx context.Context, base *sides.Base, o Options, out string) (old, head *assembly.Assembly, err error) {
	var atBase, atHead error
	var both sync.WaitGroup
	both.Go(func() {
		if atBase = base.Packages(ctx, o.Project); atBase == nil {
			old, atBase = sides.Synth(ctx, base.Dir, filepath.Join(out, "base"))
		}
	})
	both.Go(func() {
		if o.Assembly != "" {
			head, atHead = assembly.Read(o.Assembly)
			return
		}
		head, atHead = sides.Synth(ctx, o.Root, filepath.Join(out, "head"))
	})
	both.Wait()
	if atBase != nil {
		atBase = fmt.Errorf("the base cannot be synthesized, so that there is nothing to compare with: %w", atBase)
	}
	if atHead != nil {
		atHead = fmt.Errorf("the change has no assembly: %w", atHead)
	}
	return old, head, errors.Join(atBase, atHead)
}

// Side is one of the two sides: an assembly, and the folder of its manifests/.
type Side struct {
	Assembly *assembly.Assembly
	Root     string
}

// Compare compares two sides. Tools is the folder test/gates with its packages installed.
func Compare(ctx context.Context, base, head Side, tools string) (change.Result, error) {
	worker := &node.Worker{Script: filepath.Join(tools, "node", "diff.mjs")}
	var result, inCluster change.Result
	var atStacks, atFlux error
	var both sync.WaitGroup
	both.Go(func() {
		result, atStacks = stacks.Compare(ctx, worker, base.Assembly, head.Assembly)
		atStacks = errors.Join(atStacks, worker.Close())
	})
	both.Go(func() { inCluster, atFlux = compareFlux(base, head) })
	both.Wait()
	result.Add(inCluster)
	result.Sort()
	return result, errors.Join(atStacks, atFlux)
}

// compareFlux compares the manifests of every environment that one side has.
func compareFlux(base, head Side) (result change.Result, err error) {
	old, err := manifests.NewTree(filepath.Join(base.Root, "manifests"))
	if err != nil {
		return result, fmt.Errorf("the base's manifests: %w", err)
	}
	next, err := manifests.NewTree(filepath.Join(head.Root, "manifests"))
	if err != nil {
		return result, err
	}
	names := append(old.Environments(), next.Environments()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !slices.Contains(next.Environments(), name) {
			result.Risks = append(result.Risks, change.Risk{
				Environment: name, Class: change.Prune, Name: name + "/clusters/" + name, Accept: change.AllowDeletion,
				What: "clusters/" + name + " is gone: Flux in that environment fails at it and stops following; nothing is deleted",
			})
			continue
		}
		wasFacts, facts, err := factsOf(base.Assembly, head.Assembly, name)
		if err != nil {
			return result, err
		}
		var before []manifests.Rendered
		if slices.Contains(old.Environments(), name) {
			if before, err = old.Rendered(name, wasFacts); err != nil {
				return result, fmt.Errorf("the base's %s: %w", name, err)
			}
		}
		after, err := next.Rendered(name, facts)
		if err != nil {
			return result, fmt.Errorf("%s: %w", name, err)
		}
		one, err := flux.Compare(name, before, after)
		if err != nil {
			return result, err
		}
		result.Add(one)
	}
	return result, nil
}

// factsOf are an environment's facts at base and at head. Where only one side
// has a cluster for the environment, its facts stand for both: nobody sees
// another value change.
func factsOf(base, head *assembly.Assembly, name string) (old, next map[string]string, err error) {
	if old, err = flux.Facts(base, name); err != nil {
		return nil, nil, err
	}
	if next, err = flux.Facts(head, name); err != nil {
		return nil, nil, err
	}
	if old == nil {
		old = next
	}
	if next == nil {
		next = old
	}
	return old, next, nil
}
