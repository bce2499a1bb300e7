package main

import (
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"
)

const awsDomain = "karpenter.k8s.aws"

// aws is karpenter-provider-aws 1.14 with an EC2NodeClass of Amazon Linux 2023 that says no more: a disk of 20 GiB, and
// 110 pods, since how many the network interfaces would carry is not known here.
var aws = &provider{
	region: "us-east-1",
	zones:  []string{"us-east-1a", "us-east-1b", "us-east-1c"},
	domain: awsDomain,
	labels: append(
		prefixed(awsDomain, "instance-hypervisor", "instance-encryption-in-transit-supported", "instance-category",
			"instance-capability-flex", "instance-family", "instance-generation", "instance-size", "instance-local-nvme",
			"instance-cpu", "instance-cpu-manufacturer", "instance-cpu-sustained-clock-speed-mhz", "instance-memory",
			"instance-ebs-bandwidth", "instance-network-bandwidth", "instance-gpu-name", "instance-gpu-manufacturer",
			"instance-gpu-count", "instance-gpu-memory", "instance-accelerator-name", "instance-accelerator-manufacturer",
			"instance-accelerator-count", "instance-tenancy", "capacity-reservation-id", "capacity-reservation-type"),
		"topology.k8s.aws/zone-id",
	),
	describe: describeAWS,
	capacity: func(m machine) corev1.ResourceList {
		list := corev1.ResourceList{
			corev1.ResourceCPU:              count(m.VCPUs),
			corev1.ResourceMemory:           bytesOf(m.MemoryGiB * (1 - 0.075)),
			corev1.ResourceEphemeralStorage: resource.MustParse("20Gi"),
			corev1.ResourcePods:             count(110),
			"nvidia.com/gpu":                count(0),
			"amd.com/gpu":                   count(0),
			"aws.amazon.com/neuron":         count(0),
			"aws.amazon.com/neuroncore":     count(0),
			"habana.ai/gaudi":               count(0),
			"vpc.amazonaws.com/pod-eni":     count(0),
			"vpc.amazonaws.com/efa":         count(0),
		}
		if _, known := list[corev1.ResourceName(m.GPUResource)]; known {
			list[corev1.ResourceName(m.GPUResource)] = count(m.GPUs)
		}
		return list
	},
	overhead: func(m machine) *cloudprovider.InstanceTypeOverhead {
		return &cloudprovider.InstanceTypeOverhead{
			KubeReserved: corev1.ResourceList{
				corev1.ResourceCPU:              *resource.NewMilliQuantity(awsReservedMilliCPU(m.VCPUs*1000), resource.DecimalSI),
				corev1.ResourceMemory:           resource.MustParse(fmt.Sprintf("%dMi", 11*110+255)),
				corev1.ResourceEphemeralStorage: resource.MustParse("1Gi"),
			},
			EvictionThreshold: corev1.ResourceList{
				corev1.ResourceMemory:           resource.MustParse("100Mi"),
				corev1.ResourceEphemeralStorage: resource.MustParse("2Gi"),
			},
		}
	},
}

// awsReservedMilliCPU: 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of all others.
func awsReservedMilliCPU(milli int64) int64 {
	kept, below := 0.0, int64(0)
	for _, s := range []struct {
		upTo  int64
		share float64
	}{{1000, 0.06}, {2000, 0.01}, {4000, 0.005}, {1 << 31, 0.0025}} {
		if milli <= below {
			break
		}
		kept += float64(min(milli, s.upTo)-below) * s.share
		below = s.upTo
	}
	return int64(kept)
}

// g5.12xlarge: category, generation, then the size.
var awsName = regexp.MustCompile(`^([a-z]+)(\d+)[a-z0-9-]*\.`)

func describeAWS(m machine) scheduling.Requirements {
	found := scheduling.NewRequirements(
		in(awsDomain+"/instance-cpu", fmt.Sprint(m.VCPUs)),
		in(awsDomain+"/instance-memory", fmt.Sprint(int64(m.MemoryGiB*1024))),
		in(awsDomain+"/instance-hypervisor", "nitro"),
		in(awsDomain+"/instance-encryption-in-transit-supported", "true"),
		in(awsDomain+"/instance-capability-flex", "false"),
		in(awsDomain+"/instance-tenancy", "default", "dedicated"),
		in("topology.k8s.aws/zone-id", "use1-az1", "use1-az2", "use1-az3"),
	)
	if family, size, ok := strings.Cut(m.Name, "."); ok {
		found.Add(in(awsDomain+"/instance-family", family), in(awsDomain+"/instance-size", size))
	}
	if parts := awsName.FindStringSubmatch(m.Name); parts != nil {
		found.Add(in(awsDomain+"/instance-category", parts[1]), in(awsDomain+"/instance-generation", parts[2]))
	}
	switch {
	case m.GPUResource == "aws.amazon.com/neuron":
		found.Add(in(awsDomain+"/instance-accelerator-manufacturer", "aws"), in(awsDomain+"/instance-accelerator-count", fmt.Sprint(m.GPUs)))
	case m.GPUs > 0:
		vendor, _, _ := strings.Cut(m.GPUResource, ".com/")
		found.Add(in(awsDomain+"/instance-gpu-manufacturer", vendor), in(awsDomain+"/instance-gpu-count", fmt.Sprint(m.GPUs)))
	}
	return found
}
