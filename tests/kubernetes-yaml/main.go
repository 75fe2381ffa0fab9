// Reads YAML as Kubernetes does. Each line of standard input is a text, as a JSON string; for each a line of JSON says why it
// is refused, or how many documents it has and, of a single one, what it means.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

type answer struct {
	Error     string          `json:"error,omitempty"`
	Documents int             `json:"documents"`
	Value     json.RawMessage `json:"value,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			fail(err)
		}
		if err := answers.Encode(read(text)); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func read(text string) answer {
	decoder := goyaml.NewDecoder(strings.NewReader(text))
	documents := 0
	for {
		var document any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return answer{Error: err.Error(), Documents: documents}
		}
		documents++
	}
	if documents != 1 {
		return answer{Documents: documents}
	}
	// Of several documents it would read the first alone.
	value, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return answer{Error: err.Error(), Documents: documents}
	}
	return answer{Documents: documents, Value: value}
}
