// Package constructs holds the building blocks of the platform, one construct
// a file: a network and a cluster for EKS, Flux on it, and the delivery of
// images. They know nothing of the program's settings and can be used by
// another CDK program.
//
// A constructor takes (scope, id, props) and panics, as the CDK does, with the
// construct's path in front when the props do not make sense.
package constructs
