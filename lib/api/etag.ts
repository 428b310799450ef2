import type { Run } from '../runs/run.ts'

/** The tag of a run as it is shown: every change of it raises its version. RFC 9110, 8.8.3. */
export function etagOf({ version }: Pick<Run, 'version'>): string {
  return `"${version}"`
}

/** Whether a run is one of those that `If-None-Match` names: weakly, as for a read. */
export function isKnown(header: string | undefined, run: Pick<Run, 'version'>): boolean {
  return names(header, run, (tag) => tag.replace(/^W\//, ''))
}

/** Whether `If-Match` lets a change through: without it all, with it only what is strongly the same. */
export function mayChange(header: string | undefined, run: Pick<Run, 'version'>): boolean {
  return header === undefined || names(header, run, (tag) => tag)
}

function names(header: string | undefined, run: Pick<Run, 'version'>, strip: (tag: string) => string): boolean {
  const tags = (header ?? '').split(',').map((tag) => strip(tag.trim()))
  return tags.includes('*') || tags.includes(etagOf(run))
}
