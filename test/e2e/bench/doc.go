// Package bench puts the parts together: a control plane, Git, a registry and
// an alert sink on this machine, and the synthesized assembly deployed to them
// by AWS's own handler.
package bench
