// Package all lists the gates.
package all

import (
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/guard"
	"gitops-eks/test/gates/iam"
	"gitops-eks/test/gates/incluster"
	"gitops-eks/test/gates/nag"
	"gitops-eks/test/gates/rules"
	"gitops-eks/test/gates/secrets"
	"gitops-eks/test/gates/seed"
	"gitops-eks/test/gates/shell"
	"gitops-eks/test/gates/validate"
	"gitops-eks/test/gates/workflows"
)

// Gates are all of them, the slowest first: they run side by side.
func Gates() []gate.Gate {
	return []gate.Gate{
		nag.New(),
		guard.New(),
		validate.New(),
		iam.New(),
		rules.New(),
		incluster.New(),
		seed.New(),
		shell.New(),
		secrets.New(),
		workflows.New(),
	}
}
