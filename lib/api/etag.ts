import type { Run } from '../runs/run.ts'

/** The entity tag of a run: every change of a run raises its version. RFC 9110, 8.8.3. */
export function etagOf({ version }: Pick<Run, 'version'>): string {
  return `"${version}"`
}

/** Whether `If-None-Match` names the run's tag. Weak comparison, as for reads. */
export function isKnown(header: string | undefined, run: Pick<Run, 'version'>): boolean {
  return names(header, run, (tag) => tag.replace(/^W\//, ''))
}

/** Whether `If-Match` allows a change. Strong comparison; without the header, every change is allowed. */
export function mayChange(header: string | undefined, run: Pick<Run, 'version'>): boolean {
  return header === undefined || names(header, run, (tag) => tag)
}

function names(header: string | undefined, run: Pick<Run, 'version'>, strip: (tag: string) => string): boolean {
  const tags = (header ?? '').split(',').map((tag) => strip(tag.trim()))
  return tags.includes('*') || tags.includes(etagOf(run))
}
