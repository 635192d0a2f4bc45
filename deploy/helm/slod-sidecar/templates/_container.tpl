{{/* The container, an element of `containers` of the application's pod. */}}
{{- define "slod-sidecar.container" -}}
{{- $slod := index .Values "slod-sidecar" -}}
- name: slod
  {{- if $slod.image.digest }}
  image: {{ printf "%s@%s" $slod.image.repository $slod.image.digest | quote }}
  {{- else }}
  image: {{ printf "%s:%s" $slod.image.repository $slod.image.tag | quote }}
  {{- end }}
  imagePullPolicy: {{ $slod.image.pullPolicy }}
  args:
    - run
    - --config
    - /etc/slod
    - --listen
    - "{{ $slod.listenAddress }}:9750"
    - --state
    - /var/lib/slod
    - --log-format
    - json
  ports:
    - {name: slod, containerPort: 9750, protocol: TCP}
  # No readinessProbe: the pod is ready when the application is. A slod that does not start at all
  # keeps a new pod from being ready, and so stops the rollout before any old pod goes.
  startupProbe:
    httpGet: {path: /healthz, port: slod}
    periodSeconds: 2
    failureThreshold: 60
  livenessProbe:
    httpGet: {path: /healthz, port: slod}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  resources: {{- toYaml $slod.resources | nindent 4 }}
  securityContext:
    runAsUser: 9750
    runAsGroup: 9750
    runAsNonRoot: true
    readOnlyRootFilesystem: true
    allowPrivilegeEscalation: false
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  volumeMounts:
    - {name: slod-config, mountPath: /etc/slod, readOnly: true}
    - {name: slod-state, mountPath: /var/lib/slod}
    {{- if $slod.secretName }}
    - {name: slod-secrets, mountPath: /run/secrets/slod, readOnly: true}
    {{- end }}
{{- end }}

{{/* What it mounts, elements of `volumes` of the pod. */}}
{{- define "slod-sidecar.volumes" -}}
{{- $slod := index .Values "slod-sidecar" -}}
- name: slod-config
  configMap: {name: {{ include "slod-sidecar.name" . }}}
- name: slod-state
  emptyDir: {sizeLimit: {{ $slod.stateSize }}}
{{- with $slod.secretName }}
- name: slod-secrets
  secret: {secretName: {{ . }}, defaultMode: 0444}     # only slod mounts it
{{- end }}
{{- end }}

{{/* Labels of the pod: what the Service and the NetworkPolicy select it by. */}}
{{- define "slod-sidecar.podLabels" -}}
runs-slod: {{ .Release.Name }}
{{- end }}

{{/* Annotations of the pod: a change of the configuration starts new pods. */}}
{{- define "slod-sidecar.podAnnotations" -}}
checksum/slod: {{ toYaml (index .Values "slod-sidecar" "config") | sha256sum }}
{{- end }}
