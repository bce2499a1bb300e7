package main

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"
)

const (
	azureDomain = "karpenter.azure.com"
	aksDomain   = "kubernetes.azure.com"
)

// azure is karpenter-provider-azure 1.14 with an AKSNodeClass that says nothing: a disk of 128 GB, 250 pods.
var azure = &provider{
	region: "eastus2",
	zones:  []string{"eastus2-1", "eastus2-2", "eastus2-3"},
	domain: azureDomain,
	labels: append(
		prefixed(azureDomain, "sku-name", "sku-family", "sku-series", "sku-version", "sku-cpu", "sku-memory",
			"sku-networking-accelerated", "sku-storage-premium-capable", "sku-storage-ephemeralos-maxsize",
			"sku-storage-ultra-ssd", "sku-gpu-name", "sku-gpu-manufacturer", "sku-gpu-count", "placement-scope"),
		prefixed(aksDomain, "sku-cpu", "sku-memory", "cluster", "mode", "scalesetpriority", "priority", "os-sku",
			"fips_enabled")...,
	),
	describe: describeAzure,
	capacity: func(m machine) corev1.ResourceList {
		// The provider takes 7.5 % off for the hypervisor.
		list := corev1.ResourceList{
			corev1.ResourceCPU:              count(m.VCPUs),
			corev1.ResourceMemory:           bytesOf(m.MemoryGiB * (1 - 0.075)),
			corev1.ResourceEphemeralStorage: *resource.NewScaledQuantity(128, resource.Giga),
			corev1.ResourcePods:             count(250),
			"nvidia.com/gpu":                count(0),
			"amd.com/gpu":                   count(0),
		}
		if _, known := list[corev1.ResourceName(m.GPUResource)]; known {
			list[corev1.ResourceName(m.GPUResource)] = count(m.GPUs)
		}
		return list
	},
	overhead: func(m machine) *cloudprovider.InstanceTypeOverhead {
		return &cloudprovider.InstanceTypeOverhead{
			KubeReserved: corev1.ResourceList{
				corev1.ResourceCPU:    *resource.NewMilliQuantity(int64(1000*stepped(float64(m.VCPUs), cpuSteps)), resource.DecimalSI),
				corev1.ResourceMemory: bytesOf(stepped(m.MemoryGiB, memorySteps)),
			},
			EvictionThreshold: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("750Mi")},
		}
	},
}

// Shares that AKS keeps for the kubelet, by how much there is.
type step struct{ upTo, share float64 }

var (
	cpuSteps    = []step{{1, 0.06}, {2, 0.04}, {4, 0.02}, {math.MaxFloat64, 0.01}}
	memorySteps = []step{{4, 0.25}, {8, 0.20}, {16, 0.10}, {128, 0.06}, {math.MaxFloat64, 0.02}}
)

func stepped(amount float64, steps []step) float64 {
	kept, below := 0.0, 0.0
	for _, s := range steps {
		if amount <= below {
			break
		}
		kept += (math.Min(amount, s.upTo) - below) * s.share
		below = s.upTo
	}
	return kept
}

// Standard_NC24ads_A100_v4: family, vCPUs, features, accelerator, version.
var azureName = regexp.MustCompile(`^Standard_([A-Z]+)(\d+)([a-z]*)(?:_(.+?))?(?:_v(\d+))?$`)

func describeAzure(m machine) scheduling.Requirements {
	vcpus, memory := fmt.Sprint(m.VCPUs), fmt.Sprint(int64(m.MemoryGiB*1024))
	found := scheduling.NewRequirements(
		in(azureDomain+"/sku-name", m.Name),
		in(azureDomain+"/sku-cpu", vcpus),
		in(azureDomain+"/sku-memory", memory),
		in(azureDomain+"/sku-gpu-count", fmt.Sprint(m.GPUs)),
		in(azureDomain+"/sku-networking-accelerated", "true"),
		in(azureDomain+"/sku-storage-premium-capable", "true"),
		in(azureDomain+"/sku-storage-ultra-ssd", "false"),
		in(azureDomain+"/placement-scope", "zonal"),
		in(aksDomain+"/sku-cpu", vcpus),
		in(aksDomain+"/sku-memory", memory),
		in(aksDomain+"/cluster", "MC_test"),
		in(aksDomain+"/mode", "system", "user"),
		in(aksDomain+"/scalesetpriority", "regular", "spot"),
		in(aksDomain+"/priority", "regular", "spot"),
		in(aksDomain+"/os-sku", "Ubuntu"),
	)
	if vendor, _, ok := strings.Cut(m.GPUResource, ".com/"); ok && m.GPUs > 0 {
		found.Add(in(azureDomain+"/sku-gpu-manufacturer", vendor))
	}
	parts := azureName.FindStringSubmatch(m.Name)
	if parts == nil {
		return found
	}
	version := parts[5]
	if version == "" {
		version = "1"
	}
	found.Add(in(azureDomain+"/sku-family", parts[1][:1]), in(azureDomain+"/sku-version", version))
	if parts[4] != "" {
		found.Add(in(azureDomain+"/sku-gpu-name", parts[4]))
	}
	return found
}

func prefixed(domain string, names ...string) []string {
	keys := make([]string, 0, len(names))
	for _, name := range names {
		keys = append(keys, domain+"/"+name)
	}
	return keys
}
