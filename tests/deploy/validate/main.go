// Validates Kubernetes manifests as the API server does: every document is decoded strictly (an
// unknown or repeated field is an error), defaulted, and given to the validation of Kubernetes
// itself; pods must also satisfy the restricted Pod Security Standard. Of other people's kinds only
// ServiceMonitor and PrometheusRule are known, and decoded strictly into the operator's own type.
//
//	validate FILE...    prints one line a finding; exit 0, 1 on a finding, 2 on wrong usage
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podoptions "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	podsecurityapi "k8s.io/pod-security-admission/api"
	podsecurity "k8s.io/pod-security-admission/policy"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "validate: expected FILE...")
		os.Exit(2)
	}
	if err := monitoring.AddToScheme(legacyscheme.Scheme); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		os.Exit(2)
	}
	documents, findings := 0, 0
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, "validate:", err)
			os.Exit(2)
		}
		split := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
		for _, document := range allOf(split, len(text)) {
			documents++
			for _, finding := range validate(document) {
				findings++
				fmt.Printf("%s: %v\n", path, finding)
			}
		}
	}
	fmt.Printf("%d documents, %d findings\n", documents, findings)
	if findings > 0 || documents == 0 {
		os.Exit(1)
	}
}

// allOf returns the documents that are not empty. sizeMax bounds the length of each.
func allOf(reader io.Reader, sizeMax int) [][]byte {
	var documents [][]byte
	for {
		buffer := make([]byte, sizeMax+1)
		size, err := reader.Read(buffer)
		if errors.Is(err, io.EOF) {
			return documents
		}
		if document := bytes.TrimSpace(buffer[:size]); len(document) > 0 {
			documents = append(documents, document)
		}
	}
}

func validate(document []byte) []error {
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, legacyscheme.Scheme,
		legacyscheme.Scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, kind, err := strict.Decode(document, nil, nil)
	if err != nil {
		return []error{err}
	}
	if kind.Group == monitoring.SchemeGroupVersion.Group {
		return nil
	}
	findings := podSecurity(object)
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		return append(findings, err)
	}
	namespaced(internal)
	for _, problem := range apiFindings(internal) {
		findings = append(findings, fmt.Errorf("%s %s: %w", kind.Kind, nameOf(internal), problem))
	}
	return findings
}

// namespaced gives an object without a namespace the one that kubectl would apply it to.
func namespaced(object runtime.Object) {
	if meta, ok := object.(metav1.Object); ok && meta.GetNamespace() == "" {
		if _, isNamespace := object.(*core.Namespace); !isNamespace {
			meta.SetNamespace("default")
		}
	}
}

func nameOf(object runtime.Object) string {
	if meta, ok := object.(metav1.Object); ok {
		return meta.GetName()
	}
	return "without a name"
}

func apiFindings(object runtime.Object) field.ErrorList {
	switch o := object.(type) {
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(o,
			podoptions.GetValidationOptionsFromPodTemplate(&o.Spec.Template, nil))
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(o,
			podoptions.GetValidationOptionsFromPodTemplate(&o.Spec.Template, nil))
	case *batch.Job:
		// As the server does before it validates: the Job selects its own pods.
		o.Spec.ManualSelector = new(bool)
		*o.Spec.ManualSelector = true
		o.Spec.Selector = &metav1.LabelSelector{MatchLabels: o.Spec.Template.Labels}
		return batchvalidation.ValidateJob(o, batchvalidation.JobValidationOptions{
			PodValidationOptions: podoptions.GetValidationOptionsFromPodTemplate(&o.Spec.Template, nil)})
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o)
	case *core.Secret:
		return corevalidation.ValidateSecret(o)
	case *core.Namespace:
		return corevalidation.ValidateNamespace(o)
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(o)
	case *core.Service:
		if o.Spec.ClusterIP != "" && len(o.Spec.ClusterIPs) == 0 {
			o.Spec.ClusterIPs = []string{o.Spec.ClusterIP} // as the server does before it validates
		}
		return corevalidation.ValidateServiceCreate(o)
	case *core.PersistentVolumeClaim:
		return corevalidation.ValidatePersistentVolumeClaim(o,
			corevalidation.PersistentVolumeClaimSpecValidationOptions{})
	case *core.Pod:
		return corevalidation.ValidatePodCreate(o, podoptions.GetValidationOptionsFromPodSpecAndMeta(
			&o.Spec, nil, &o.ObjectMeta, nil))
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(o,
			networkingvalidation.NetworkPolicyValidationOptions{})
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(o,
			policyvalidation.PodDisruptionBudgetValidationOptions{})
	}
	return field.ErrorList{field.InternalError(nil, fmt.Errorf("expected a kind that is known here, found %T", object))}
}

// podSecurity says what keeps the pods of a workload from a namespace that enforces `restricted`.
func podSecurity(object runtime.Object) []error {
	var meta metav1.ObjectMeta
	var spec corev1.PodSpec
	switch o := object.(type) {
	case *appsv1.Deployment:
		meta, spec = o.Spec.Template.ObjectMeta, o.Spec.Template.Spec
	case *appsv1.StatefulSet:
		meta, spec = o.Spec.Template.ObjectMeta, o.Spec.Template.Spec
	case *batchv1.Job:
		meta, spec = o.Spec.Template.ObjectMeta, o.Spec.Template.Spec
	case *corev1.Pod:
		meta, spec = o.ObjectMeta, o.Spec
	default:
		return nil
	}
	evaluator, err := podsecurity.NewEvaluator(podsecurity.DefaultChecks(), nil)
	if err != nil {
		return []error{err}
	}
	restricted := podsecurityapi.LevelVersion{
		Level: podsecurityapi.LevelRestricted, Version: podsecurityapi.LatestVersion()}
	result := podsecurity.AggregateCheckResults(evaluator.EvaluatePod(restricted, &meta, &spec))
	if result.Allowed {
		return nil
	}
	return []error{fmt.Errorf("restricted Pod Security Standard: %s", result.ForbiddenDetail())}
}
