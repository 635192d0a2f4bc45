// Renders a Helm chart where there is no helm: with the template engine and the functions that helm
// has, in the packages of Debian. Of the charts in charts/ it knows libraries alone; hooks and look-ups
// are beyond it; values are not checked against the schema.
//
//	template CHART RELEASE NAMESPACE VALUES    prints the manifest; VALUES is a file over the defaults
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type values = map[string]interface{}

// files is the folder of a chart, as its templates read it.
type files string

// Get returns the text of a file; empty where there is none, as helm has it.
func (folder files) Get(name string) string {
	text, _ := os.ReadFile(filepath.Join(string(folder), name))
	return string(text)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("template: ")
	if len(os.Args) != 5 {
		log.Fatal("expected CHART RELEASE NAMESPACE VALUES")
	}
	chart, release, namespace := os.Args[1], os.Args[2], os.Args[3]
	about := read(filepath.Join(chart, "Chart.yaml"))
	scope := values{
		"Values":  merged(defaultsOf(chart), read(os.Args[4])),
		"Release": values{"Name": release, "Namespace": namespace, "Service": "Helm"},
		"Chart": values{"Name": about["name"], "Version": about["version"],
			"AppVersion": about["appVersion"]},
		"Files": files(chart),
	}
	for _, text := range render(chart, scope) {
		if strings.TrimSpace(text) != "" {
			fmt.Printf("---\n%s\n", text)
		}
	}
}

// defaultsOf returns the values of a chart, with those of its libraries below their names.
func defaultsOf(chart string) values {
	own := read(filepath.Join(chart, "values.yaml"))
	for _, library := range globbed(chart, "charts", "*") {
		below := values{filepath.Base(library): read(filepath.Join(library, "values.yaml"))}
		own = merged(below, own)
	}
	return own
}

func globbed(parts ...string) []string {
	files, err := filepath.Glob(filepath.Join(parts...))
	if err != nil {
		log.Fatal(err)
	}
	return files
}

func read(path string) values {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	found := values{}
	if err := yaml.Unmarshal(text, &found); err != nil {
		log.Fatalf("%s: %v", path, err)
	}
	return found
}

// merged returns defaults with what was given in their place; null takes a default away.
func merged(defaults, given values) values {
	for key, value := range given {
		below, isMap := value.(values)
		if under, both := defaults[key].(values); isMap && both {
			defaults[key] = merged(under, below)
		} else if value == nil {
			delete(defaults, key)
		} else {
			defaults[key] = value
		}
	}
	return defaults
}

// render returns the text of each file in templates/ that is a manifest.
func render(chart string, scope values) []string {
	all := template.New("").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	functions["include"] = func(name string, of interface{}) (string, error) {
		var out strings.Builder
		err := all.ExecuteTemplate(&out, name, of)
		return out.String(), err
	}
	all.Funcs(functions)
	own := globbed(chart, "templates", "*")
	for _, file := range append(globbed(chart, "charts", "*", "templates", "*"), own...) {
		text, err := os.ReadFile(file)
		if err == nil {
			_, err = all.New(filepath.Base(file)).Parse(string(text))
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	var texts []string
	for _, file := range own {
		var out strings.Builder
		if err := all.ExecuteTemplate(&out, filepath.Base(file), scope); err != nil {
			log.Fatal(err)
		}
		if strings.HasSuffix(file, ".yaml") {
			texts = append(texts, out.String())
		}
	}
	return texts
}
