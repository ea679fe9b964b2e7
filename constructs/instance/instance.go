// Package instance reads the names of EC2 instance types: which processor, which
// accelerator, and so which of EKS's images their nodes boot. It imports nothing
// of the CDK, whose own reading of the names ends in an exception for
// u7i-12tb.224xlarge, p6-b200.48xlarge and all accelerators of Amazon Linux 2023.
package instance

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Accelerator is what an instance type has beside its processors.
type Accelerator string

// The accelerators that EKS has images with drivers for; none is "".
const (
	NVIDIA Accelerator = "nvidia"
	Neuron Accelerator = "neuron"
)

// Type is what a name says.
type Type struct {
	ARM64       bool
	Accelerator Accelerator
}

// Wanted is what [Parse] takes.
const Wanted = "an EC2 instance type that EKS has an image for, such as m7i.large"

var (
	// shape is class, generation and options, and the size.
	// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
	shape = regexp.MustCompile(`^(([a-z]+)-?[0-9]+[a-z0-9]*(?:-[a-z0-9]+)*)\.(nano|micro|small|medium|large|(?:[1-9][0-9]*)?xlarge|metal(?:-[0-9]+xl)?)$`)
	// arm is the letter g behind the generation (m7g, c8gn, im4gn), or NVIDIA's
	// Grace, whose processors are Arm's as well.
	arm = regexp.MustCompile(`^([a-z]+[0-9]+g[a-z]*(-[a-z0-9]+)*|p[0-9]+e-gb[0-9]+)$`)
)

// without are families that EKS or its images leave out, and why.
// https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html
// https://docs.aws.amazon.com/linux/al2023/ug/system-requirements.html
var without = map[string]string{
	"a1": "Amazon Linux 2023 needs Graviton2 or newer", "g2": oldDriver, "g3": oldDriver, "g3s": oldDriver, "p2": oldDriver,
	"g4ad": "no image has a driver for AMD's GPUs", "vt1": "no image has a driver for its video cards",
	"dl1": "no image has a driver for Gaudi", "dl2q": "no image has a driver for its accelerators",
}

const oldDriver = "its GPUs are too old for the driver of the images"

// Parse reads a name. The error says why EKS cannot run it.
func Parse(name string) (Type, error) {
	m := shape.FindStringSubmatch(name)
	if m == nil {
		return Type{}, fmt.Errorf("%q is not a class, a generation and a size", name)
	}
	family, class, size := m[1], m[2], m[3]
	if reason := without[family]; reason != "" {
		return Type{}, errors.New(reason)
	}
	if class == "mac" {
		return Type{}, errors.New("EKS has no nodes with macOS")
	}
	// A node takes as many pods as its network interfaces have addresses: 4 to 11
	// on the small sizes and 8 on a medium, and six of them are the node's own
	// and the add-ons'. Only the medium of the class t takes 17.
	// https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eni-max-pods.txt
	if slices.Contains([]string{"nano", "micro", "small"}, size) || size == "medium" && class != "t" {
		return Type{}, errors.New("a node of this size takes too few pods for those of the system; use large")
	}
	t := Type{ARM64: arm.MatchString(family)}
	switch class {
	case "g", "gr", "p":
		t.Accelerator = NVIDIA
	case "inf", "trn":
		t.Accelerator = Neuron
	}
	return t, nil
}
