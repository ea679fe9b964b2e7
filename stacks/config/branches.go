package config

import "slices"

// writers are the environments whose Flux commits new image tags to the branch
// of the config repository, by name.
func (p *Platform) writers(branch string) (names []string) {
	for _, e := range p.Environments {
		if e.Flux.ImageUpdates == ImageUpdatesAutomatic && e.Flux.Branch == branch {
			names = append(names, e.Name)
		}
	}
	return names
}

// Branches are those of the config repository that environments follow, the
// first environment's first.
func (p *Platform) Branches() (branches []string) {
	for _, e := range p.Environments {
		if !slices.Contains(branches, e.Flux.Branch) {
			branches = append(branches, e.Flux.Branch)
		}
	}
	return branches
}

// Protected tells whether the branch takes changes by pull request only.
func (p *Platform) Protected(branch string) bool { return len(p.writers(branch)) == 0 }

// branches checks that no environment's Flux can write what another one
// follows that takes changes by pull request only: who has the first cluster
// would have the second, too. Nor can it sign what it writes.
func (v *validator) branches() {
	for i, e := range v.platform.Environments {
		at := item(root+".environments", i) + ".flux"
		writers := v.platform.writers(e.Flux.Branch)
		if len(writers) == 0 || !v.ok(at+".branch", at+".imageUpdates") {
			continue
		}
		if e.Flux.ImageUpdates == ImageUpdatesPullRequest {
			v.add(at+".branch", e.Flux.Branch,
				"beside imageUpdates "+show(ImageUpdatesPullRequest)+" a branch that Flux of no environment commits to; that of "+
					all(writers)+" commits to this one",
				"use "+show(DefaultReleaseBranch)+", and promote by pull request")
		}
		if e.Flux.VerifySecretName != "" {
			v.add(at+".verifySecretName", e.Flux.VerifySecretName,
				"no signatures on a branch that Flux commits to: it signs nothing, so that its first commit would stop "+e.Name+"; Flux of "+
					all(writers)+" does",
				"remove it, or set imageUpdates "+show(ImageUpdatesPullRequest)+" there")
		}
	}
}
