import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '#src/lib/defined.ts'
import { type Certificate, mintAuthority, mintCertificate, rsaKey } from './certificates.ts'

/** Paths of the files the apiserver reads, and the administrator's credentials in memory. */
export interface ClusterKeys {
  readonly dir: string
  readonly ca: string
  readonly caFile: string
  readonly caKeyFile: string
  readonly serverCertFile: string
  readonly serverKeyFile: string
  readonly serviceAccountKeyFile: string
  readonly serviceAccountPublicFile: string
  readonly tokenFile: string
  readonly token: string
  readonly admin: Certificate
  /** A client certificate for a component, for instance `system:kube-scheduler`. Minted once, then kept. */
  client(name: string, commonName: string, organization?: string): Promise<Certificate>
}

/** Makes the keys of a cluster in dir, or reads the ones an earlier start left there. */
export async function clusterKeys(
  dir: string,
  addresses: readonly string[],
  serviceAddress: string,
): Promise<ClusterKeys> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const authority = await kept(dir, 'ca', () => mintAuthority('kaito-ts cluster'))
  const client = (name: string, commonName: string, organization?: string) =>
    kept(dir, name, () => mintCertificate(authority, { commonName, ...defined({ organization }) }))
  const [admin] = await Promise.all([
    client('admin', 'kubernetes-admin', 'system:masters'),
    kept(dir, 'server', () =>
      mintCertificate(authority, {
        commonName: 'kube-apiserver',
        dnsNames: [
          'localhost',
          'kubernetes',
          'kubernetes.default',
          'kubernetes.default.svc',
          'kubernetes.default.svc.cluster.local',
        ],
        addresses: [...addresses, serviceAddress],
      }),
    ),
    kept(dir, 'service-account', async () => {
      const pair = await rsaKey()
      return { cert: pair.publicKey, key: pair.privateKey }
    }),
  ])
  const file = (name: string) => join(dir, name)
  return {
    dir,
    ca: authority.cert,
    caFile: file('ca.crt'),
    caKeyFile: file('ca.key'),
    serverCertFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    serviceAccountKeyFile: file('service-account.key'),
    serviceAccountPublicFile: file('service-account.crt'),
    tokenFile: file('tokens.csv'),
    token: keptToken(file('tokens.csv')),
    admin,
    client,
  }
}

async function kept(dir: string, name: string, mint: () => Promise<Certificate>): Promise<Certificate> {
  const certFile = join(dir, `${name}.crt`)
  const keyFile = join(dir, `${name}.key`)
  if (existsSync(certFile) && existsSync(keyFile)) {
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
  }
  const minted = await mint()
  writeFileSync(keyFile, minted.key, { mode: 0o600 })
  writeFileSync(certFile, minted.cert)
  return minted
}

function keptToken(file: string): string {
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(24).toString('hex')},admin,admin,system:masters\n`, { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').split(',')[0] ?? ''
}
