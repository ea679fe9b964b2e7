package cluster

import (
	"gitops-eks/test/e2e/loopback"
	"gitops-eks/test/e2e/pki"
	"gitops-eks/test/e2e/proc"
)

// ServiceAccountIssuer is the issuer of service-account tokens.
const ServiceAccountIssuer = "https://kubernetes.default.svc.cluster.local"

func (c *Cluster) apiserver() (proc.Spec, error) {
	serving, err := c.authority.Server("kube-apiserver", "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
	if err != nil {
		return proc.Spec{}, err
	}
	toEtcd, err := c.authority.Client("kube-apiserver-etcd")
	if err != nil {
		return proc.Spec{}, err
	}
	for name, pair := range map[string]pki.Pair{"apiserver": serving, "apiserver-etcd": toEtcd} {
		if err := c.writePair(name, pair); err != nil {
			return proc.Spec{}, err
		}
	}
	private, public, err := pki.SigningKey()
	if err != nil {
		return proc.Spec{}, err
	}
	if err := c.write("pki/sa.key", private); err != nil {
		return proc.Spec{}, err
	}
	if err := c.write("pki/sa.pub", public); err != nil {
		return proc.Spec{}, err
	}
	client, err := c.httpClient()
	if err != nil {
		return proc.Spec{}, err
	}
	return proc.Spec{
		Name: APIServer,
		Path: c.binaries.Path("kube-apiserver"),
		Args: []string{
			"--etcd-servers=https://" + c.endpoints.etcd,
			"--etcd-cafile=" + c.path("pki/ca.crt"),
			"--etcd-certfile=" + c.path("pki/apiserver-etcd.crt"),
			"--etcd-keyfile=" + c.path("pki/apiserver-etcd.key"),
			"--bind-address=127.0.0.1",
			"--advertise-address=127.0.0.1",
			"--secure-port=" + loopback.Port(c.endpoints.apiserver),
			// An Endpoints object may not point to a loopback address.
			"--endpoint-reconciler-type=none",
			"--cert-dir=" + c.path("pki"),
			"--tls-cert-file=" + c.path("pki/apiserver.crt"),
			"--tls-private-key-file=" + c.path("pki/apiserver.key"),
			"--client-ca-file=" + c.path("pki/ca.crt"),
			"--anonymous-auth=false",
			"--authorization-mode=Node,RBAC",
			"--allow-privileged=true",
			"--profiling=false",
			"--service-cluster-ip-range=10.96.0.0/16",
			"--service-account-issuer=" + ServiceAccountIssuer,
			"--service-account-key-file=" + c.path("pki/sa.pub"),
			"--service-account-signing-key-file=" + c.path("pki/sa.key"),
			// It waits that long for its clients' watches before it ends.
			"--shutdown-delay-duration=0s",
			"--shutdown-watch-termination-grace-period=0s",
		},
		Env:   c.env,
		Ready: healthy(client, c.Server()+"/readyz"),
	}, nil
}
