import { workspacesIn } from '#test/integration/admission/rig.ts'
import type { ApiClient } from '#test/integration/certs/api-client.ts'
import { GPU_TYPE, inferenceSpec } from '#test/support/workspaces.ts'
import { parallel } from '../scale/population.ts'

/** Something that is attacked, within the memory that it was given. */
export interface Attacked {
  readonly limitMiB: number
  /** The most it had so far, resident; undefined where that cannot be seen. */
  peakMiB(): Promise<number | undefined>
  /** Has it ended since the attacks began? */
  hasEnded(): Promise<boolean>
}

/** The webhook, as a stranger sees it, and the API server that asks it. */
export interface WebhookTarget extends Attacked {
  readonly host: string
  readonly port: number
  readonly servername: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  /** Addresses that attackers come from, with whose they are. */
  readonly from: readonly (readonly [address: string, whose: string])[]
  readonly api: ApiClient
}

/** A serving pod's gateway, and what its engine gets to see. */
export interface GatewayTarget extends Attacked {
  readonly host: string
  readonly port: number
  /** What has reached the engine since this was last asked. */
  reached(): Promise<readonly EngineCall[]>
}

export interface EngineCall {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
}

export interface Admissions {
  readonly done: number
  readonly failures: readonly string[]
}

const ADMISSIONS = 100

/** Workspaces that the API server is asked to admit while an attack goes on; each asks both webhooks. Nothing is stored. */
export async function admissions({ api }: Pick<WebhookTarget, 'api'>, count = ADMISSIONS): Promise<Admissions> {
  const failures: string[] = []
  let done = 0
  await parallel(count, 8, async (index) => {
    const { resource, inference } = inferenceSpec()
    const body = {
      apiVersion: 'kaito.sh/v1alpha1',
      kind: 'Workspace',
      metadata: { name: `admitted-${index}` },
      // Only the defaulting webhook writes it as the cloud does; it fails open, which would count as a failure here.
      resource: { ...resource, instanceType: GPU_TYPE.toLowerCase() },
      inference,
    }
    try {
      const { code, text, json } = await api.call('POST', `${workspacesIn('default')}?dryRun=All`, body)
      if (code !== 201) failures.push(`HTTP ${code}: ${text.slice(0, 300)}`)
      else if (json.resource.instanceType !== GPU_TYPE) failures.push('admitted without defaults')
      else done++
    } catch (error) {
      failures.push(String(error))
    }
  })
  return { done, failures }
}

/** What was lost by what is attacked itself: its life, or its limit. */
export async function lostBy(attacked: Attacked): Promise<string[]> {
  const peak = await attacked.peakMiB()
  return [
    ...((await attacked.hasEnded()) ? ['the process ended'] : []),
    ...(peak !== undefined && peak > attacked.limitMiB ? [`${peak.toFixed(0)} MiB`] : []),
  ]
}

export const inWords = async (attacked: Attacked): Promise<string> =>
  `${(await attacked.peakMiB())?.toFixed(0) ?? '?'} of ${attacked.limitMiB} MiB at most so far`
