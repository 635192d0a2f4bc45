{{- define "slod.name" -}}
{{- $name := ternary .Release.Name (printf "%s-slod" .Release.Name) (contains "slod" .Release.Name) -}}
{{- $name | replace "." "-" | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "slod.selector" -}}
app.kubernetes.io/name: slod
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "slod.labels" -}}
{{ include "slod.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "slod.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}
