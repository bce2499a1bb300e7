import { Ajv, type ErrorObject } from 'ajv'
import type { TProperties } from 'typebox'
import { isJsonObject, parseJson } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'
import { FOLDER } from './fields.ts'
import { type Body, CONTRACT_VERSION, type Message } from './message.ts'

export type Read<T> = Result<{ readonly value: T }>

/** Reads a message as its container got it. Every fault is told at once; another version is told before any of them. */
export function readMessage<P extends TProperties>(
  message: Message<P>,
  json: string | undefined,
): Read<Body<Message<P>>> {
  const { variable, schema } = message
  const root = parseJson(json ?? '')
  if (!isJsonObject(root)) return { ok: false, reason: `${variable} does not hold a JSON object` }
  const { contract, ...body } = root
  if (contract !== CONTRACT_VERSION) return { ok: false, reason: otherVersion(variable, contract) }
  const isValid = new Ajv({ allErrors: true, strict: false }).compile<Body<Message<P>>>(schema)
  if (isValid(body)) return { ok: true, value: body }
  return { ok: false, reason: `${variable}: ${(isValid.errors ?? []).map(sentence).join('; ')}` }
}

function otherVersion(variable: string, found: unknown): string {
  const theirs = typeof found === 'number' ? `version ${found}` : 'no version'
  return (
    `${variable} has ${theirs} of what operator and pods say to each other, and this image speaks version ` +
    `${CONTRACT_VERSION}: set settings.images to images of the operator's own release`
  )
}

function sentence({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  const path = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  if ('additionalProperty' in params)
    return `${path === '' ? '' : `${path}.`}${String(params['additionalProperty'])} is unknown`
  if ('missingProperty' in params)
    return `${path === '' ? '' : `${path}.`}${String(params['missingProperty'])} is missing`
  if ('pattern' in params && params['pattern'] === FOLDER) return `${path} must be an absolute path without ".."`
  return `${path} ${message}`
}
