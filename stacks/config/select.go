package config

import "slices"

// Select narrows parsed settings to one environment; an empty name keeps all.
// The original stays as it is: what the environments share is defined from it.
func (p *Platform) Select(env string) (*Platform, error) {
	if env == "" {
		return p, nil
	}
	names := make([]string, len(p.Environments))
	for i, e := range p.Environments {
		names[i] = e.Name
	}
	i := slices.Index(names, env)
	if i < 0 {
		return nil, Problem{Path: "env", Value: show(env), Want: list(names), Fix: choose(env, names)}
	}
	selected := *p
	selected.Environments = p.Environments[i : i+1 : i+1]
	return &selected, nil
}

// Accounts are the AWS accounts of the environments, sorted, each once.
// Environments without an account are not in it.
func (p *Platform) Accounts() []string {
	accounts := []string{}
	for _, e := range p.Environments {
		if e.Account != "" {
			accounts = append(accounts, e.Account)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}
