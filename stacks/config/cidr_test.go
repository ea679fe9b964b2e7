package config

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// For each size of VPC and number of zones that is allowed, all subnets fit, in
// whichever order they are laid out one behind the other, each at a multiple of
// its size, as the CDK does.
func TestSubnetsFitEveryVPC(t *testing.T) {
	for bits := largestVPC; bits <= smallestVPC; bits++ {
		n := Network{CIDR: fmt.Sprintf("10.0.0.0/%d", bits)}
		_, refused := checkVPCCIDR(n.CIDR)
		require.Empty(t, refused)
		for zones := minZones; zones <= maxZones; zones++ {
			for _, order := range [][]int{
				{n.PublicSubnetMask(), n.PrivateSubnetMask()},
				{n.PrivateSubnetMask(), n.PublicSubnetMask()},
			} {
				next := 0
				for _, mask := range order {
					size := 1 << (32 - mask)
					for range zones {
						next = (next+size-1)/size*size + size
					}
				}
				require.LessOrEqual(t, next, 1<<(32-bits), "/%d with %d zones, masks %v", bits, zones, order)
			}
		}
	}
	require.Equal(t, 19, Network{CIDR: "10.0.0.0/16"}.PrivateSubnetMask())
	require.Equal(t, 21, Network{CIDR: "10.0.0.0/18"}.PrivateSubnetMask())
	require.Zero(t, Network{VPCID: "vpc-12345678"}.PrivateSubnetMask())
}

// The default CIDRs are valid, differ, and stay clear of EKS' service range.
func TestDefaultCIDRs(t *testing.T) {
	p := Default()
	for i := range maxEnvironments - 1 {
		p.Environments = append(p.Environments, Environment{Name: fmt.Sprint("env-", i)})
	}
	p.SetDefaults()
	require.NoError(t, p.Validate())
	services := netip.MustParsePrefix("10.100.0.0/16")
	for _, e := range p.Environments {
		require.False(t, netip.MustParsePrefix(e.Network.CIDR).Overlaps(services))
	}
}

func TestPrivateRangesThatAreAllowed(t *testing.T) {
	for _, cidr := range []string{"10.255.0.0/16", "172.16.0.0/16", "172.31.192.0/18", "192.168.0.0/17", "100.127.0.0/16"} {
		want, _ := checkVPCCIDR(cidr)
		require.Empty(t, want, cidr)
	}
	for _, cidr := range []string{"172.32.0.0/16", "100.128.0.0/16", "192.169.0.0/16"} {
		want, _ := checkVPCCIDR(cidr)
		require.NotEmpty(t, want, cidr)
	}
}
