{{/* All objects bear this name; those of the whole cluster too, so there is one release of a name. */}}
{{- define "clearance.name" -}}
{{- $name := default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "a Service cannot be called %q: set nameOverride to a name of small letters, digits and `-` that begins with a letter" $name) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "clearance.selector" -}}
app.kubernetes.io/name: clearance
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "clearance.labels" -}}
{{ include "clearance.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{/* A digest counts before a tag. */}}
{{- define "clearance.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end }}

{{/* The Secret that holds the certificate. */}}
{{- define "clearance.certificate" -}}
{{- if eq .Values.certificates.from "secret" -}}
{{ .Values.certificates.secretName }}
{{- else -}}
{{ include "clearance.name" . }}-certificate
{{- end -}}
{{- end }}

{{/* What a webhook of either configuration says of where it is and what it is asked. */}}
{{- define "clearance.webhook" -}}
admissionReviewVersions: [v1]
sideEffects: None
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
matchPolicy: Equivalent
{{- with .Values.webhook.namespaceSelector }}
namespaceSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
matchConditions:
  # What is going must be able to lose its finalizers, whatever is wrong with it, and without us.
  - name: not-being-deleted
    expression: >-
      request.operation != 'UPDATE' || !has(object.metadata.deletionTimestamp)
  # What changes nothing but what the API server keeps needs no verdict.
  - name: something-changes
    expression: >-
      request.operation != 'UPDATE' || object.spec != oldObject.spec ||
      object.metadata.?labels.orValue({}) != oldObject.metadata.?labels.orValue({}) ||
      object.metadata.?annotations.orValue({}) != oldObject.metadata.?annotations.orValue({})
  {{- with .Values.webhook.matchConditions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
clientConfig:
  service:
    namespace: {{ .Release.Namespace }}
    name: {{ include "clearance.name" . }}
    path: {{ .path }}
    port: 443
  {{- if eq .Values.certificates.from "secret" }}
  caBundle: {{ .Values.certificates.caBundle | b64enc }}
  {{- end }}
{{- end }}

{{/* cert-manager writes the `caBundle` where it finds this. */}}
{{- define "clearance.caAnnotation" -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "clearance.name" . }}
{{- end }}

{{/* What either configuration is asked about: Clusters, and nothing else. */}}
{{- define "clearance.rule" -}}
apiGroups: [nautes.resource.nautes.io]
apiVersions: ["*"]
resources: [clusters]
scope: Namespaced
{{- end }}

{{/* The settings of `clearance serve`, which it reads at start. */}}
{{- define "clearance.config" -}}
listen: "[::]:8443"
listen-metrics: "[::]:{{ .Values.metrics.port }}"
doors: webhook
# The fleet is what the cluster holds, followed by watches.
kube: "true"
state: /state
# Below the API server's own time-out, so that an answer arrives.
deadline: {{ sub .Values.webhook.timeoutSeconds 1 }}s
{{- if eq .Values.certificates.from "self" }}
tls-secret: {{ .Release.Namespace }}/{{ include "clearance.certificate" . }}
webhook-configuration: {{ include "clearance.name" . }}
tls-name: {{ include "clearance.name" . }}.{{ .Release.Namespace }}.svc
{{- else }}
tls-cert: /certificate/tls.crt
tls-key: /certificate/tls.key
{{- end }}
{{- if .Values.catalog }}
catalog: /config/catalog.yaml
{{- end }}
{{- if .Values.policies }}
policies: /policies/policies.yaml
{{- end }}
{{- with .Values.config }}
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
