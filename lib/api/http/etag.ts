import { sha256 } from '../../basics/sha256.ts'
import type { Run } from '../../runs/run.ts'
import type { HttpResult } from './http.ts'

type Versioned = Pick<Run, 'version'>

/**
 * The entity tag of a run: its version, which every change raises, and a hash of the details that are not in its record.
 * RFC 9110, 8.8.3.
 */
export function etagOf({ version }: Versioned, details: object = {}): string {
  const isPlain = Object.keys(details).length === 0
  return isPlain ? `"${version}"` : `"${version}-${sha256(JSON.stringify(details)).slice(0, 8)}"`
}

/** Whether `If-None-Match` names the tag. Weak comparison, as for reads. */
export function isKnown(header: string | undefined, tag: string): boolean {
  const tags = tagsIn(header).map((one) => one.replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(tag.replace(/^W\//, ''))
}

/** Whether `If-None-Match` names a tag of the run's version, whatever its details. */
export function knowsVersion(header: string | undefined, run: Versioned): boolean {
  return tagsIn(header).some((tag) => tag === '*' || versionIn(tag.replace(/^W\//, '')) === run.version)
}

/** Whether `If-Match` allows a change. Strong comparison, of the version alone; without the header, every change is allowed. */
export function mayChange(header: string | undefined, run: Versioned): boolean {
  return header === undefined || tagsIn(header).some((tag) => tag === '*' || versionIn(tag) === run.version)
}

/** The answer, or a 304 without a body where the caller has it. */
export function unlessKnown(header: string | undefined, result: HttpResult): HttpResult {
  const { etag, 'content-type': _type, ...headers } = result.headers ?? {}
  if (!header || !isKnown(header, String(etag))) return result
  return { statusCode: 304, headers: { ...headers, etag: String(etag) } }
}

function tagsIn(header = ''): string[] {
  return header.split(',').map((tag) => tag.trim())
}

function versionIn(tag: string): number | undefined {
  const [, version] = /^"(\d{1,15})(?:-[0-9a-f]{8})?"$/.exec(tag) ?? []
  return version === undefined ? undefined : Number(version)
}
