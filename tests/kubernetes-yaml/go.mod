// YAML as Kubernetes reads it: the tests hold our reader against it. The versions are those of the control plane.
module clearance/kubernetes-yaml

go 1.26.0

require (
	go.yaml.in/yaml/v2 v2.4.4
	sigs.k8s.io/yaml v1.6.0
)
