package manifests

import "errors"

// Check returns what is wrong with what a cluster follows.
func (t *Tree) Check(cluster Cluster) []Problem {
	r := &report{}
	t.lint(r)
	e, err := t.Load(cluster)
	r.builds(err)
	for _, check := range []func(*Environment, *report){
		checkSyncs, checkDependencies, checkOwners, checkAccounts, checkRights, checkTenants, checkGrants,
		checkNamespaces, checkPods, checkPorts, checkScaling, checkBudgets, checkServices, checkNetwork,
		checkReferences, checkSecrets, checkPolicies,
		checkAlerts, checkImages, checkImagePolicies, checkSources,
	} {
		check(e, r)
	}
	t.checkSetters(e, r)
	return r.problems
}

// Review returns what is wrong with what the clusters follow, and the files
// that none of them reads. Each problem is there once.
func (t *Tree) Review(clusters []Cluster) []Problem {
	r := &report{}
	for _, cluster := range clusters {
		for _, p := range t.Check(cluster) {
			r.add(p.Rule, subject{p.Object, p.Files}, p.Fix, "%s", p.What)
		}
	}
	t.checkForgotten(r)
	return r.problems
}

// builds reports what could not be built.
func (r *report) builds(err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, err := range joined.Unwrap() {
		var of *syncError
		if !errors.As(err, &of) {
			continue
		}
		of.each(r)
	}
}

// each reports the objects one by one, or else the whole build.
func (s *syncError) each(r *report) {
	const fix = "mend what the message names; kustomize build shows it, too"
	objects, ok := s.error.(interface{ Unwrap() []error })
	failures := []error{s.error}
	if ok {
		failures = objects.Unwrap()
	}
	for _, err := range failures {
		about := s.sync.subject()
		var located *buildError
		if errors.As(err, &located) {
			about.files = located.files
		}
		r.add("build", about, fix, "%v", err)
	}
}
