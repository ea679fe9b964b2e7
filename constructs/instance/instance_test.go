package instance

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTypesAreRead(t *testing.T) {
	for want, names := range map[Type][]string{
		{ARM64: true}: {
			"m7g.large", "c8gn.xlarge", "t4g.medium", "r8gd.metal-24xl", "im4gn.large", "is4gen.large", "x2gd.large",
			"hpc7g.4xlarge", "i8ge.large",
		},
		{}: {
			"m7i.large", "m7i-flex.large", "c7a.large", "x2iedn.xlarge", "u7i-12tb.224xlarge", "u-6tb1.56xlarge", "t3a.medium",
			"hpc8a.96xlarge", "f2.6xlarge", "m5.metal",
		},
		{Accelerator: NVIDIA}:              {"g5.xlarge", "g6e.xlarge", "gr6.4xlarge", "g4dn.xlarge", "g6f.large", "p3.2xlarge", "p5en.48xlarge", "p6-b200.48xlarge"},
		{Accelerator: NVIDIA, ARM64: true}: {"g5g.xlarge", "p6e-gb200.36xlarge"},
		{Accelerator: Neuron}:              {"inf2.xlarge", "trn1.32xlarge", "trn1n.32xlarge", "trn2.48xlarge"},
	} {
		for _, name := range names {
			got, err := Parse(name)
			require.NoError(t, err, name)
			require.Equal(t, want, got, name)
		}
	}
}

func TestTypesWithoutAnImageAreRefused(t *testing.T) {
	for name, want := range map[string]string{
		"foo.bar": "is not a class, a generation and a size", "m7i": "is not", "large": "is not", "m7i.huge": "is not", "M7i.large": "is not", "m7i.0xlarge": "is not",
		"mac2.metal": "macOS", "a1.large": "Graviton2", "g4ad.xlarge": "AMD", "dl1.24xlarge": "Gaudi", "p2.xlarge": "too old",
		"t3.micro": "too few pods", "t4g.small": "too few pods", "c6g.medium": "too few pods",
	} {
		_, err := Parse(name)
		require.ErrorContains(t, err, want, name)
	}
}
