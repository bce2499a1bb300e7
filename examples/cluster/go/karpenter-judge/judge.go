package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"
	"sigs.k8s.io/karpenter/pkg/utils/resources"
)

type claimAndPod struct {
	// What it is called in the answer.
	Name  string          `json:"name"`
	Claim json.RawMessage `json:"claim"`
	// A pod that is to run on the node; absent where only the claim is asked about.
	Pod *corev1.PodTemplateSpec `json:"pod"`
}

type verdict struct {
	Name string `json:"name"`
	// What is wrong with the claim itself.
	Problems []string `json:"problems"`
	// The types that may be launched for it.
	Fits []string `json:"fits"`
	// Why the others may not, by type.
	Misfits map[string]string `json:"misfits"`
	// Why the pod cannot run on a node of one of these types, by type.
	PodMisfits map[string]string `json:"podMisfits"`
}

func judge(asked claimAndPod, types []*offered, cloud *provider) verdict {
	said := verdict{
		Name: asked.Name, Problems: []string{}, Fits: []string{},
		Misfits: map[string]string{}, PodMisfits: map[string]string{},
	}
	claim, err := strictly(asked.Claim)
	if err != nil {
		said.Problems = append(said.Problems, err.Error())
		return said
	}
	if err := validate(claim); err != nil {
		said.Problems = append(said.Problems, err.Error())
	}
	wanted := scheduling.NewNodeSelectorRequirementsWithMinValues(claim.Spec.Requirements...)
	for _, candidate := range types {
		if why := misfit(claim, wanted, candidate, cloud); why != "" {
			said.Misfits[candidate.Name] = why
			continue
		}
		said.Fits = append(said.Fits, candidate.Name)
		if asked.Pod == nil {
			continue
		}
		if why := podMisfit(claim, wanted, candidate, asked.Pod); why != "" {
			said.PodMisfits[candidate.Name] = why
		}
	}
	return said
}

// strictly reads a claim as Karpenter's type; a field that it does not have would be dropped without a word.
func strictly(text json.RawMessage) (*karpv1.NodeClaim, error) {
	claim := &karpv1.NodeClaim{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(claim); err != nil {
		return nil, fmt.Errorf("not a NodeClaim: %w", err)
	}
	return claim, nil
}

// validate has Karpenter say what it says of a NodePool whose nodes would be these. It has no such words for a claim that
// was made by another; only the name of the pool itself may stand there and not here.
func validate(claim *karpv1.NodeClaim) error {
	labels := maps.Clone(claim.Labels)
	delete(labels, karpv1.NodePoolLabelKey)
	pool := &karpv1.NodePool{}
	pool.Spec.Template.Labels = labels
	pool.Spec.Template.Spec.Taints = claim.Spec.Taints
	pool.Spec.Template.Spec.StartupTaints = claim.Spec.StartupTaints
	for _, requirement := range claim.Spec.Requirements {
		if requirement.Key != karpv1.NodePoolLabelKey {
			pool.Spec.Template.Spec.Requirements = append(pool.Spec.Template.Spec.Requirements, requirement)
		}
	}
	return pool.RuntimeValidate(context.Background())
}

// misfit asks the three questions by which the providers of Azure and AWS filter the types for a claim.
func misfit(claim *karpv1.NodeClaim, wanted scheduling.Requirements, candidate *offered, cloud *provider) string {
	if err := wanted.Compatible(candidate.Requirements, cloud.allowUndefined); err != nil {
		return err.Error()
	}
	if len(candidate.Offerings.Compatible(wanted).Available()) == 0 {
		return "no offering of this zone and capacity type"
	}
	if allocatable := candidate.Allocatable(); !resources.Fits(claim.Spec.Resources.Requests, allocatable) {
		return fmt.Sprintf("it asks for %s of %s", resources.String(claim.Spec.Resources.Requests), resources.String(allocatable))
	}
	return ""
}

// podMisfit asks what Karpenter's scheduler asks before it puts a pod onto a node that is still to come.
func podMisfit(claim *karpv1.NodeClaim, wanted scheduling.Requirements, candidate *offered, template *corev1.PodTemplateSpec) string {
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	if err := scheduling.Taints(claim.Spec.Taints).ToleratesPod(pod); err != nil {
		return err.Error()
	}
	node := scheduling.NewLabelRequirements(claim.Labels)
	node.Add(wanted.Values()...)
	node.Add(candidate.Requirements.Values()...)
	if err := node.Compatible(scheduling.NewStrictPodRequirements(pod), scheduling.AllowUndefinedWellKnownLabels); err != nil {
		return err.Error()
	}
	requests := resources.RequestsForPods(pod)
	if !resources.Fits(requests, candidate.Allocatable()) {
		return fmt.Sprintf("the pod asks for %s of %s", resources.String(requests), resources.String(candidate.Allocatable()))
	}
	return ""
}

type offered = cloudprovider.InstanceType
