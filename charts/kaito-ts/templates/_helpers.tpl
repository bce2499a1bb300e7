{{/* One installation per cluster: the webhook configurations have fixed names. So the name does not depend on the release. */}}
{{- define "kaito-ts.fullname" -}}
{{- default .Chart.Name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "kaito-ts.serviceAccountName" -}}
{{- default (include "kaito-ts.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "kaito-ts.webhookAccountName" -}}
{{- default (printf "%s-webhook" (include "kaito-ts.fullname" .)) .Values.webhook.serviceAccount.name -}}
{{- end -}}

{{- define "kaito-ts.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kaito-ts.commonLabels" -}}
{{ include "kaito-ts.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "kaito-ts.labels" -}}
{{ include "kaito-ts.commonLabels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "kaito-ts.reconcilerLabels" -}}
{{ include "kaito-ts.commonLabels" . }}
app.kubernetes.io/component: reconciler
{{- end -}}

{{- define "kaito-ts.webhookReplicas" -}}
{{- kindIs "invalid" .Values.webhook.replicas | ternary .Values.replicas .Values.webhook.replicas -}}
{{- end -}}

{{- define "kaito-ts.redisLabels" -}}
{{ include "kaito-ts.commonLabels" . }}
app.kubernetes.io/component: redis
{{- end -}}

{{/* A reference with its registry replaced: list REFERENCE REGISTRY. The first part is a registry if it has a dot or a port. */}}
{{- define "kaito-ts.mirrored" -}}
{{- $reference := index . 0 -}}
{{- $registry := index . 1 | trimSuffix "/" -}}
{{- $first := splitList "/" $reference | first -}}
{{- $hasRegistry := and (contains "/" $reference) (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) -}}
{{- if not $registry -}}
{{- $reference -}}
{{- else if $hasRegistry -}}
{{- printf "%s/%s" $registry (trimPrefix (printf "%s/" $first) $reference) -}}
{{- else -}}
{{- printf "%s/%s" $registry $reference -}}
{{- end -}}
{{- end -}}

{{/* The reference that an image block means: list IMAGE DEFAULT_TAG REGISTRY. */}}
{{- define "kaito-ts.reference" -}}
{{- $image := index . 0 -}}
{{- if $image.reference -}}
{{- $image.reference -}}
{{- else -}}
{{- $repository := include "kaito-ts.mirrored" (list $image.repository (index . 2)) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default (index . 1) $image.tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "kaito-ts.operatorImage" -}}
{{- include "kaito-ts.reference" (list .Values.image .Chart.AppVersion .Values.imageRegistry) -}}
{{- end -}}

{{/* The operator's settings file: the values as they are, with what only the chart knows. */}}
{{- define "kaito-ts.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- $images := $settings.images -}}
{{- $_ := set $images "operator" (default (include "kaito-ts.operatorImage" .) $images.operator) -}}
{{- range $name := list "trainer" "server" -}}
{{- $_ := set $images $name (include "kaito-ts.mirrored" (list (get $images $name) $.Values.imageRegistry)) -}}
{{- end -}}
{{- $_ := set $settings "webhook" (dict "enabled" .Values.webhook.enabled "port" .Values.webhook.port "serviceName" (include "kaito-ts.fullname" .) "allowedNames" (include "kaito-ts.allowedNames" . | fromJsonArray)) -}}
{{- if not $settings.catalog -}}
{{- $_ := unset $settings "catalog" -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* Whose client certificates the webhooks answer, as JSON; fails where it is not said which authority signs them. */}}
{{- define "kaito-ts.allowedNames" -}}
{{- with .Values.webhook.clientAuth -}}
{{- if and .enabled (eq (empty .secretName) (empty .configMapName)) -}}
{{- fail "webhook.clientAuth: set either secretName or configMapName, to where the authority of the client certificates is" -}}
{{- end -}}
{{- .enabled | ternary .allowedNames list | toJson -}}
{{- end -}}
{{- end -}}

{{/* The Secret and key with the address of Redis, as JSON. */}}
{{- define "kaito-ts.redisSecret" -}}
{{- $own := dict "name" (printf "%s-redis" (include "kaito-ts.fullname" .)) "key" "url" -}}
{{- if .Values.redis.existingSecret.name -}}
{{- pick .Values.redis.existingSecret "name" "key" | toJson -}}
{{- else if or .Values.redis.enabled .Values.redis.url -}}
{{- toJson $own -}}
{{- else -}}
{{- fail "redis.enabled is false: set redis.url or redis.existingSecret.name to the Redis that is to be used" -}}
{{- end -}}
{{- end -}}
