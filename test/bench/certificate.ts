import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of the system, where there is one. */
const OPENSSL = 'openssl'

export interface Certificate {
  key: string
  cert: string
  /** Where `cert` is: what NODE_EXTRA_CA_CERTS of a client is set to. */
  file: string
}

/** A certificate for 127.0.0.1 that lives as long as the folder; undefined where there is no `openssl`. */
export function makeCertificate(folder: string): Certificate | undefined {
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=steadyhand bench', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  try {
    execFileSync(OPENSSL, ['req', '-x509', ...key, ...subject, '-out', file], { stdio: 'pipe' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file }
}
