import { stringify } from 'yaml'
import { mutatingConfiguration, validatingConfiguration } from '#webhooks/registration.ts'

/** What only Helm knows when the chart is rendered: a word that stands for it, and the template's expression. */
const HELM: readonly (readonly [word: string | RegExp, expression: string])[] = [
  [/\n +labels:\n +METADATA: here/, '\n  {{- include "kaito-ts.webhookMetadata" . | nindent 2 }}'],
  // One of the two where the release is in kube-system itself.
  [/\n +- kube-system\n +- NAMESPACE/, ' {{ list "kube-system" .Release.Namespace | uniq | toJson }}'],
  ['NAMESPACE', '{{ .Release.Namespace }}'],
  ['NAME', '{{ include "kaito-ts.fullname" . }}'],
]

const HEAD = `{{- /*
Generated from webhooks/registration.ts by \`npm run generate\`. Do not edit. There is no caBundle on purpose: the operator (or
cert-manager) writes it, and what Helm does not mention it does not take away.
*/}}
{{- if .Values.webhook.enabled }}
`

const TAIL = `{{- end }}

{{- define "kaito-ts.webhookMetadata" -}}
labels:
  {{- include "kaito-ts.labels" . | nindent 2 }}
{{- if .Values.certManager.enabled }}
annotations:
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "kaito-ts.fullname" . }}-webhook
{{- end }}
{{- end }}
`

/** The chart's webhook configurations: those of the code, with Helm's expressions in them. */
export function webhooksTemplate(): { readonly path: string; readonly content: string } {
  const service = { namespace: 'NAMESPACE', name: 'NAME', port: 443 }
  const options = { target: { service }, operatorNamespace: service.namespace }
  const documents = [validatingConfiguration(options), mutatingConfiguration(options)].map((configuration) => {
    // Labels are Helm's to say: it knows its objects by managed-by.
    const metadata = { ...configuration.metadata, labels: { METADATA: 'here' } }
    const text = stringify({ ...configuration, metadata }, { lineWidth: 130 })
    return HELM.reduce((all, [word, expression]) => all.replace(word, expression), text)
  })
  return { path: 'charts/kaito-ts/templates/webhooks.yaml', content: `${HEAD}${documents.join('---\n')}${TAIL}` }
}
