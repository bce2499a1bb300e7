import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { templateSet } from '#src/desired/template-set.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { podFaults } from '#src/reading/pod-security.ts'
import { ApiClient } from '#test/integration/certs/api-client.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { podSecurityRows } from '#test/unit/rules/rows/templates.ts'

const LEVELS = ['restricted', 'baseline'] as const

/** Kubernetes' own judge of pods, in namespaces that enforce a level. */
describe("the API server's own Pod Security", () => {
  let plane: ControlPlane
  let api: ApiClient

  beforeAll(async () => {
    plane = await startControlPlane()
    api = new ApiClient(plane)
    for (const name of LEVELS) {
      const labels = { 'pod-security.kubernetes.io/enforce': name }
      const metadata = { name, labels }
      await api.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata })
    }
  }, 600_000)
  afterAll(async () => {
    await api?.close()
    await plane?.stop()
  })

  for (const level of LEVELS) {
    for (const { workspace, when } of podSecurityRows) {
      const isOurs = podFaults(workspace.inference?.template ?? {}, { templates: level, volumeKinds: [] }).length === 0
      it(`${isOurs ? 'takes' : 'refuses'} the pod of a Workspace ${when}, for ${level}, as its rule does`, async () => {
        const path = `/api/v1/namespaces/${level}/pods?dryRun=All`
        const { code, text } = await api.call('POST', path, podOf(workspace, level))
        if (isOurs) expect(code, text).toBe(201)
        // Some pods contradict themselves once the rest is filled in; of those Pod Security is not asked any more.
        else expect(text).toMatch(code === 422 ? CONTRADICTION : `violates PodSecurity \\"${level}:latest\\"`)
      })
    }
  }
})

const CONTRADICTION = /allowPrivilegeEscalation.*privileged|procMount.*hostUsers/

function podOf(workspace: Workspace, templates: (typeof LEVELS)[number]) {
  const template = workspace.inference?.template ?? {}
  const { spec } = templateSet(workspace, template, { ...DEFAULT_SETTINGS, templates }).spec.template
  if (!isJsonObject(spec)) throw new Error('the template became no pod')
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'own' }, spec }
}
