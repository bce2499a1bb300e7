package main

import (
	"fmt"

	"github.com/awslabs/operatorpkg/option"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"
)

// machine is an instance type as its cloud sells it.
type machine struct {
	Name      string  `json:"name"`
	VCPUs     int64   `json:"vcpus"`
	MemoryGiB float64 `json:"memoryGiB"`
	// The resource under which its accelerators are counted, such as nvidia.com/gpu, and how many there are.
	GPUResource string `json:"gpuResource"`
	GPUs        int64  `json:"gpus"`
}

// provider turns machines into what Karpenter schedules with, as the cloud's provider does.
type provider struct {
	region string
	zones  []string
	// Domain of its own labels, which nobody else may use, and those labels that steer what is launched.
	domain string
	labels []string
	// Labels of a machine, beside those that every cloud has.
	describe func(m machine) scheduling.Requirements
	capacity func(m machine) corev1.ResourceList
	overhead func(m machine) *cloudprovider.InstanceTypeOverhead

	allowUndefined option.Function[scheduling.CompatibilityOptions]
}

var providers = map[string]*provider{"azure": azure, "aws": aws}

// register makes a provider's labels known to Karpenter, as each does when it starts.
func register(cloud string) (*provider, error) {
	chosen, ok := providers[cloud]
	if !ok {
		return nil, fmt.Errorf("no provider for cloud %q is modelled here", cloud)
	}
	karpv1.RestrictedLabelDomains = karpv1.RestrictedLabelDomains.Insert(chosen.domain)
	karpv1.WellKnownLabels = karpv1.WellKnownLabels.Union(sets.New(chosen.labels...))
	chosen.allowUndefined = scheduling.AllowUndefinedWellKnownLabels
	return chosen, nil
}

func (p *provider) offer(m machine) *offered {
	requirements := scheduling.NewRequirements(
		in(corev1.LabelInstanceTypeStable, m.Name),
		in(corev1.LabelArchStable, karpv1.ArchitectureAmd64),
		in(corev1.LabelOSStable, string(corev1.Linux)),
		in(corev1.LabelTopologyZone, p.zones...),
		in(corev1.LabelTopologyRegion, p.region),
		in(karpv1.CapacityTypeLabelKey, karpv1.CapacityTypeOnDemand, karpv1.CapacityTypeSpot),
	)
	// Each of the provider's labels is there, if only to say that this type has none.
	for _, key := range p.labels {
		requirements.Add(scheduling.NewRequirement(key, corev1.NodeSelectorOpExists))
	}
	requirements.Add(p.describe(m).Values()...)
	for _, key := range p.labels {
		if requirements.Get(key).Operator() == corev1.NodeSelectorOpExists {
			requirements[key] = scheduling.NewRequirement(key, corev1.NodeSelectorOpDoesNotExist)
		}
	}
	return &offered{
		Name:         m.Name,
		Requirements: requirements,
		Offerings:    p.offerings(),
		Capacity:     p.capacity(m),
		Overhead:     p.overhead(m),
	}
}

func (p *provider) offerings() cloudprovider.Offerings {
	offerings := cloudprovider.Offerings{}
	for _, zone := range p.zones {
		for _, capacityType := range []string{karpv1.CapacityTypeOnDemand, karpv1.CapacityTypeSpot} {
			offerings = append(offerings, &cloudprovider.Offering{
				Available:    true,
				Price:        1,
				Requirements: scheduling.NewRequirements(in(corev1.LabelTopologyZone, zone), in(karpv1.CapacityTypeLabelKey, capacityType)),
			})
		}
	}
	return offerings
}

func in(key string, values ...string) *scheduling.Requirement {
	return scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, values...)
}

func count(amount int64) resource.Quantity {
	return *resource.NewQuantity(amount, resource.DecimalSI)
}

func bytesOf(gib float64) resource.Quantity {
	return *resource.NewQuantity(int64(gib*(1<<30)), resource.BinarySI)
}
