package rules

import (
	"regexp"
	"slices"
	"strings"
)

// architecture of a machine, as Kubernetes calls it.
const (
	amd64 = "amd64"
	arm64 = "arm64"
)

// families are the current EC2 instance families, by architecture.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html
var families = map[string][]string{
	amd64: strings.Fields(`
		m4 m5 m5a m5ad m5d m5dn m5n m5zn m6a m6i m6id m6idn m6in m7a m7i m7i-flex m8a m8azn m8i m8i-flex m8id
		c4 c5 c5a c5ad c5d c5n c6a c6i c6id c6in c7a c7i c7i-flex c8a c8i c8i-flex c8id
		r4 r5 r5a r5ad r5b r5d r5dn r5n r6a r6i r6id r6idn r6in r7a r7i r7iz r8a r8i r8i-flex r8id
		t2 t3 t3a d2 d3 d3en h1 i2 i3 i3en i4i i7i i7ie x1 x1e x2idn x2iedn x2iezn x8i z1d
		g4ad g4dn g5 g6 g6e g6f gr6 gr6f g7e p3 p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300
		inf1 inf2 trn1 trn1n trn2 dl1 dl2q f1 f2 vt1 hpc6a hpc6id hpc7a hpc8a u-3tb1 u-6tb1 u7i-6tb u7i-8tb u7i-12tb u7in-16tb u7in-24tb u7in-32tb`),
	arm64: strings.Fields(`
		a1 m6g m6gd m7g m7gd m8g m8gd m8gb m8gn c6g c6gd c6gn c7g c7gd c7gn c8g c8gb c8gd c8gn
		r6g r6gd r7g r7gd r8g r8gb r8gd r8gn t4g g5g i4g im4gn is4gen i8g i8ge x2gd x8g hpc7g p6e-gb200`),
}

var sizeName = regexp.MustCompile(`^(nano|micro|small|medium|large|([1-9][0-9]*)?xlarge|metal(-[0-9]+xl)?)$`)

// architectureOf is that of an instance type; ok is false for a type that EC2 does not have.
func architectureOf(instanceType string) (architecture string, ok bool) {
	family, size, _ := strings.Cut(instanceType, ".")
	if !sizeName.MatchString(size) {
		return "", false
	}
	for architecture, names := range families {
		if slices.Contains(names, family) {
			return architecture, true
		}
	}
	return "", false
}

// tooSmall are sizes on which a node has no room for pods beside its own agents.
var tooSmall = []string{"nano", "micro", "small"}
