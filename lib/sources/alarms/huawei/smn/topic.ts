import * as z from 'zod'

/** `urn:smn:<region>:<project>:<topic>`; the last has up to 255 letters, digits, `-` and `_`. */
const URN = /^urn:smn:([a-z0-9-]{1,64}):([A-Za-z0-9]{1,64}):[\w-]{1,255}$/

export interface Topic {
  urn: string
  region: string
  /** Id of the topic's project. */
  project: string
}

/** Topic URNs, separated by commas. */
export const Topics = z.string().transform((list, context): Topic[] => {
  const urns = list.split(/[\s,]+/).filter(Boolean)
  if (urns.length === 0) context.addIssue('needs at least one topic URN')
  return urns.flatMap((urn) => {
    const [, region, project] = URN.exec(urn) ?? []
    if (region !== undefined && project !== undefined) return [{ urn, region, project }]
    context.addIssue('needs topic URNs, urn:smn:<region>:<project>:<topic>')
    return []
  })
})
