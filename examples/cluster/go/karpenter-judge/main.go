// Karpenter's own code as the judge of what this repository asks of it: its schema and validation of a NodeClaim, its list
// of labels, and the filter by which its providers choose the instance types that they may launch for one. Reads one
// question as JSON from stdin and prints the answer.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/karpenter/pkg/apis"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/yaml"
)

// version is set by the linker: the release of Karpenter that judges.
var version = "unknown"

type question struct {
	Cloud string `json:"cloud"`
	// The types that the cloud's provider knows.
	Types  []machine     `json:"types"`
	Claims []claimAndPod `json:"claims"`
	// Label keys to be told about.
	Labels []string `json:"labels"`
}

type answer struct {
	Verdicts []verdict `json:"verdicts"`
	// Why Karpenter does not let anybody use a label; empty where it does. Of the keys asked for.
	Labels map[string]string `json:"labels"`
	// Labels that steer which node is launched, without those of the cloud's provider.
	WellKnown []string `json:"wellKnown"`
	// What such a label is called today, by its old name.
	Normalized map[string]string `json:"normalized"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	command := "judge"
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "version":
		fmt.Println(version)
		return nil
	case "crd":
		return printCRD()
	case "judge":
		return judgeAll(os.Stdin, os.Stdout)
	default:
		return fmt.Errorf("no such command: %s; known are version, crd and judge", command)
	}
}

// printCRD prints the definition of NodeClaims, with the rules that an apiserver enforces by itself.
func printCRD() error {
	text, err := yaml.YAMLToJSON(apis.NodeClaimCRD)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

func judgeAll(in io.Reader, out io.Writer) error {
	var asked question
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return fmt.Errorf("reading the question: %w", err)
	}
	wellKnown := sets.List(karpv1.WellKnownLabels)
	cloud, err := register(asked.Cloud)
	if err != nil {
		return err
	}
	types := make([]*offered, 0, len(asked.Types))
	for _, m := range asked.Types {
		types = append(types, cloud.offer(m))
	}
	said := answer{
		Verdicts:   make([]verdict, 0, len(asked.Claims)),
		Labels:     map[string]string{},
		WellKnown:  wellKnown,
		Normalized: karpv1.NormalizedLabels,
	}
	slices.Sort(said.WellKnown)
	for _, key := range asked.Labels {
		said.Labels[key] = words(karpv1.IsRestrictedLabel(key))
	}
	for _, claim := range asked.Claims {
		said.Verdicts = append(said.Verdicts, judge(claim, types, cloud))
	}
	return json.NewEncoder(out).Encode(said)
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
