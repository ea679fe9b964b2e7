package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// launchTemplateRules are about the disks of nodes.
var launchTemplateRules = []rule{
	{"disk-encrypted", each(disks, "AWS::EC2::LaunchTemplate")},
	{"disk-device", each(diskDevice, "AWS::EKS::Nodegroup")},
	{"node-public-address", each(publicAddress, "AWS::EC2::LaunchTemplate")},
	{"launch-template-access", each(ways, "AWS::EC2::LaunchTemplate")},
}

// smallestDisk holds the system and the images of a few pods, in GiB.
const smallestDisk = 20

func disks(v *review, r *assembly.Resource) {
	disks := assembly.List(r.Get("LaunchTemplateData", "BlockDeviceMappings"))
	if len(disks) == 0 {
		v.wrong(r, "add BlockDeviceMappings with Ebs.Encrypted true", "it names no disk: encryption depends on the account's default")
	}
	for _, disk := range disks {
		ebs := at(disk, "Ebs")
		if !isTrue(at(ebs, "Encrypted")) {
			v.wrong(r, "set Ebs.Encrypted to true", "the disk %s is not encrypted [EC2.3]", v.text(r.Stack, at(disk, "DeviceName")))
		}
		if size, ok := number(at(ebs, "VolumeSize")); !ok || size < smallestDisk || size > 16384 {
			v.wrong(r, "set VolumeSize to 20 to 16384 GiB", "the disk %s has %s GiB, want %d to 16384", v.text(r.Stack, at(disk, "DeviceName")), shown(v.text(r.Stack, at(ebs, "VolumeSize"))), smallestDisk)
		}
		if kind := v.text(r.Stack, at(ebs, "VolumeType")); !slices.Contains([]string{"gp3", "io1", "io2"}, kind) {
			v.wrong(r, "use gp3", "the disk %s is of the type %s, want \"gp3\": others are slower, or EC2 cannot start from them", v.text(r.Stack, at(disk, "DeviceName")), shown(kind))
		}
	}
}

// diskDevice wants the disk that the operating system keeps images and pods on:
// another name adds a disk that nothing uses.
// https://bottlerocket.dev/en/os/latest/concepts/components/#storage
func diskDevice(v *review, r *assembly.Resource) {
	want := "/dev/xvda"
	if strings.HasPrefix(v.text(r.Stack, r.Get("AmiType")), "BOTTLEROCKET") {
		want = "/dev/xvdb"
	}
	template := v.template(r)
	disks := assembly.List(v.templateData(r)["BlockDeviceMappings"])
	if template == nil || len(disks) == 0 {
		return
	}
	if !slices.ContainsFunc(disks, func(disk any) bool { return at(disk, "DeviceName") == want }) {
		v.wrong(template, "set DeviceName to "+want, "it sets up no disk %s, which is where %s keeps images and pods", want, v.text(r.Stack, r.Get("AmiType")))
	}
}

// ways wants no way to log in to nodes, and no second role for them.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
func ways(v *review, r *assembly.Resource) {
	if r.Get("LaunchTemplateData", "KeyName") != nil {
		v.wrong(r, "remove KeyName; use kubectl debug, or Session Manager", "KeyName is set: whoever has the key can log in to the nodes by SSH")
	}
	if r.Get("LaunchTemplateData", "IamInstanceProfile") != nil {
		v.wrong(r, "remove IamInstanceProfile; set NodeRole of the node group", "IamInstanceProfile is set: EKS refuses it in the template of a node group")
	}
}

func publicAddress(v *review, r *assembly.Resource) {
	for _, card := range assembly.List(r.Get("LaunchTemplateData", "NetworkInterfaces")) {
		if isTrue(at(card, "AssociatePublicIpAddress")) {
			v.wrong(r, "set AssociatePublicIpAddress to false", "its instances get public addresses [EC2.25]")
		}
	}
}
