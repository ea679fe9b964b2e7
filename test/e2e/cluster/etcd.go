package cluster

import "gitops-eks/test/e2e/proc"

// EtcdData is etcd's data directory.
func (c *Cluster) EtcdData() string { return c.path("etcd") }

func (c *Cluster) etcd() (proc.Spec, error) {
	pair, err := c.authority.Server("etcd")
	if err != nil {
		return proc.Spec{}, err
	}
	if err := c.writePair("etcd", pair); err != nil {
		return proc.Spec{}, err
	}
	client, err := c.httpClient()
	if err != nil {
		return proc.Spec{}, err
	}
	url, peer := "https://"+c.endpoints.etcd, "https://"+c.endpoints.etcdPeer
	return proc.Spec{
		Name: Etcd,
		Path: c.binaries.Path("etcd"),
		Args: []string{
			"--name=bench",
			"--data-dir=" + c.EtcdData(),
			"--listen-client-urls=" + url,
			"--advertise-client-urls=" + url,
			"--client-cert-auth",
			"--trusted-ca-file=" + c.path("pki/ca.crt"),
			"--cert-file=" + c.path("pki/etcd.crt"),
			"--key-file=" + c.path("pki/etcd.key"),
			// There are no peers, but the port is there.
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=bench=" + peer,
			"--peer-client-cert-auth",
			"--peer-trusted-ca-file=" + c.path("pki/ca.crt"),
			"--peer-cert-file=" + c.path("pki/etcd.crt"),
			"--peer-key-file=" + c.path("pki/etcd.key"),
			// The data has to survive a kill of etcd, not a power cut.
			"--unsafe-no-fsync",
			"--log-level=warn",
		},
		Ready: healthy(client, url+"/health"),
	}, nil
}
