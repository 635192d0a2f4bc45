{{- define "slod-sidecar.name" -}}
{{- printf "%s-slod" (.Release.Name | replace "." "-" | trunc 48 | trimSuffix "-") }}
{{- end }}

{{- define "slod-sidecar.labels" -}}
app.kubernetes.io/name: slod
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* What belongs to it beside the pods: its configuration, a Service, who may reach the pods. */}}
{{- define "slod-sidecar.objects" -}}
{{- $slod := index .Values "slod-sidecar" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "slod-sidecar.name" . }}
  labels: {{- include "slod-sidecar.labels" . | nindent 4 }}
data:
  slod.yaml: |
    {{- toYaml $slod.config | nindent 4 }}
---
# Each pod's slod knows its own pod: the name gives the addresses of all of them, and no one address
# behind which any of them may answer.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "slod-sidecar.name" . }}
  labels: {{- include "slod-sidecar.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "slod-sidecar.podLabels" . | nindent 4 }}
  publishNotReadyAddresses: true
  ports:
    - {name: slod, port: 9750, targetPort: slod, protocol: TCP}
{{- if $slod.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "slod-sidecar.name" . }}
  labels: {{- include "slod-sidecar.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "slod-sidecar.podLabels" . | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: {{ $slod.networkPolicy.monitoringNamespace | quote }}}
        - namespaceSelector:
            matchLabels: {asks-slod: "true"}
          podSelector:
            matchLabels: {asks-slod: "true"}
      ports:
        - {port: slod, protocol: TCP}
    {{- with $slod.networkPolicy.applicationPorts }}
    - ports:
        {{- range . }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- end }}
{{- end }}
{{- if $slod.serviceMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "slod-sidecar.name" . }}
  labels:
    {{- include "slod-sidecar.labels" . | nindent 4 }}
    {{- with $slod.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: slod
      app.kubernetes.io/instance: {{ .Release.Name }}
  endpoints:
    - port: slod
      path: /metrics
      interval: {{ $slod.serviceMonitor.interval }}
      honorLabels: true
{{- end }}
{{- end }}
