import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from './certificate.ts'
import { startChild } from './child.ts'
import type { Origins } from './server.ts'

/** A server in a process of its own, and what a client's process needs to trust it. */
export interface Place {
  origins: Origins
  /** Environment of the clients. */
  env: Record<string, string>
}

export async function withPlace<Result>(work: (place: Place, folder: string) => Promise<Result>): Promise<Result> {
  return withFolder(async (folder) => {
    const certificate = makeCertificate(folder)
    const server = startChild<{ certificate: Certificate | undefined }, Origins>('./server.ts')
    try {
      const origins = await server.ask({ certificate })
      const env: Record<string, string> = certificate ? { NODE_EXTRA_CA_CERTS: certificate.file } : {}
      return await work({ origins, env }, folder)
    } finally {
      server.stop()
    }
  })
}

/** A folder that is gone afterwards. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const NO_HTTPS = 'https: skipped, there is no openssl to make a certificate with'
