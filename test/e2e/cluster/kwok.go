package cluster

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"gitops-eks/test/e2e/proc"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// kwokAnnotation marks the nodes that kwok plays.
const kwokAnnotation = "kwok.x-k8s.io/node"

// stages of the life of nodes and pods, as kwok ships them: both become ready
// at once, no image is pulled, and a deleted pod is gone.
var stages = []string{
	"node/fast/node-initialize.yaml",
	"node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-ready.yaml",
	"pod/fast/pod-complete.yaml",
	"pod/fast/pod-delete.yaml",
}

func (c *Cluster) kwok() (proc.Spec, error) {
	var config [][]byte
	for _, stage := range stages {
		text, err := os.ReadFile(filepath.Join(c.binaries.KwokStages(), filepath.FromSlash(stage)))
		if err != nil {
			return proc.Spec{}, err
		}
		config = append(config, text)
	}
	if err := c.write("kwok.yaml", bytes.Join(config, []byte("\n---\n"))); err != nil {
		return proc.Spec{}, err
	}
	// It acts as every node and for any pod.
	_, kubeconfig, err := c.clientAccess("kwok", "kwok", "system:masters")
	if err != nil {
		return proc.Spec{}, err
	}
	return proc.Spec{
		Name: Kwok,
		Path: c.binaries.Path("kwok"),
		Args: []string{
			"--kubeconfig=" + kubeconfig,
			"--config=" + c.path("kwok.yaml"),
			"--manage-all-nodes=false",
			"--manage-nodes-with-annotation-selector=" + kwokAnnotation + "=fake",
			"--node-lease-duration-seconds=40",
			"--node-ip=127.0.0.1",
			"--server-address=" + c.endpoints.kwok,
		},
		Env:   append([]string{"HOME=" + c.Dir}, c.env...),
		Ready: healthy(http.DefaultClient, "http://"+c.endpoints.kwok+"/healthz"),
	}, nil
}

// addNodes makes a node in each zone and waits until it can take pods.
func (c *Cluster) addNodes(ctx context.Context, zones []string) error {
	for i, zone := range zones {
		if err := c.Client.Create(ctx, node(fmt.Sprintf("node-%d", i), zone)); err != nil {
			return fmt.Errorf("create node: %w", err)
		}
	}
	return wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		var nodes corev1.NodeList
		if err := c.Client.List(ctx, &nodes); err != nil {
			return false, nil
		}
		ready := 0
		for _, n := range nodes.Items {
			for _, condition := range n.Status.Conditions {
				if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue && len(n.Spec.Taints) == 0 {
					ready++
				}
			}
		}
		return ready == len(zones), nil
	})
}

func node(name, zone string) client.Object {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("16"),
		corev1.ResourceMemory:           resource.MustParse("64Gi"),
		corev1.ResourcePods:             resource.MustParse("110"),
		corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Annotations: map[string]string{kwokAnnotation: "fake"},
			Labels: map[string]string{
				corev1.LabelHostname:           name,
				corev1.LabelOSStable:           "linux",
				corev1.LabelArchStable:         "amd64",
				corev1.LabelTopologyZone:       zone,
				corev1.LabelTopologyRegion:     strings.TrimRight(zone, "abcdef"),
				corev1.LabelInstanceTypeStable: "m7i.4xlarge",
			},
		},
		Spec:   corev1.NodeSpec{ProviderID: "kwok:///" + zone + "/" + name},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}
}
