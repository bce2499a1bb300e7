import { describe, expect, it } from 'vitest'
import type { Facts } from '#src/reading/facts.ts'
import { needs } from '#src/rules/needs.ts'
import { facts, serving, servingWith, tuningWith } from './sample.ts'

describe('needs', () => {
  it('names every ConfigMap and Secret once', () => {
    const workspace = servingWith({
      preset: {
        name: 'phi-4',
        presetOptions: { modelAccessSecret: 'hf', image: 'a.io/b:1', imagePullSecrets: ['pull'] },
      },
      config: 'server',
      adapters: [
        { source: { name: 'a', image: 'a.io/a:1', imagePullSecrets: ['pull', 'other'] } },
        { source: { name: 'b', image: 'a.io/b:1' } },
      ],
    })
    expect(needs(workspace)).toEqual({
      configMaps: ['server'],
      secrets: ['pull', 'other'],
      tokens: ['hf'],
      namespaces: [],
    })
  })

  it('names what tuning uses', () => {
    const workspace = tuningWith({
      config: 'training',
      input: { image: 'a.io/data:1', imagePullSecrets: ['read'] },
      output: { image: 'a.io/out:1', imagePushSecret: 'write' },
    })
    expect(needs(workspace)).toEqual({
      configMaps: ['training'],
      secrets: ['read', 'write'],
      tokens: [],
      namespaces: [],
    })
  })

  it('names the namespace where its nodes are limited, and more of them are asked for', () => {
    const limited = { ...facts, policy: { ...facts.policy, maxNodesPerNamespace: 4 } }
    const inNamespace = (more: Partial<Facts>) => needs(serving, { ...limited, ...more }).namespaces
    expect(inNamespace({})).toEqual(['team'])
    expect(inNamespace({ old: serving })).toEqual([])
    expect(inNamespace({ policy: { ...limited.policy, namespaceNodes: { team: 0 } } })).toEqual([])
    expect(needs(serving, facts).namespaces).toEqual([])
  })

  it('asks for 30 Secrets at most, however many are named', () => {
    const adapters = Array.from({ length: 10 }, (_, n) => ({
      source: { image: 'a.io/b:1', imagePullSecrets: Array.from({ length: 16 }, (__, m) => `secret-${n}-${m}`) },
    }))
    expect(needs(servingWith({ adapters })).secrets).toHaveLength(30)
  })

  it('asks for nothing of what is too large for any rule to read it', () => {
    const imagePullSecrets = Array.from({ length: 5000 }, (_, index) => `secret-${index}`)
    const workspace = tuningWith({ config: 'training', input: { image: 'a.io/data:1', imagePullSecrets } })
    expect(needs(workspace)).toEqual({ configMaps: [], secrets: [], tokens: [], namespaces: [] })
  })

  it('leaves out names that no object can have, so that they reach no request', () => {
    const workspace = tuningWith({
      config: '../x',
      output: { image: 'a.io/b:1', imagePushSecret: 'ACR_REGISTRY_SECRET_HERE' },
    })
    expect(needs(workspace)).toEqual({ configMaps: [], secrets: [], tokens: [], namespaces: [] })
  })
})
