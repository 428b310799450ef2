import * as z from 'zod'
import { type Lookup, resolveIntrinsics } from './intrinsics.ts'

/** The part of a CloudFormation template that the runtime reads. */
export const Document = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.unknown() })).default({}),
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
})
export type Document = z.infer<typeof Document>

/** Reads all resources of one type, with every reference replaced by a token that {@link idIn} reads back. */
export function reader(document: Document) {
  const parameters = parametersOf(document)
  const tokens: Lookup = (name) =>
    parameters[name] ?? ((name.split('.')[0] ?? '') in document.Resources ? `<${name}>` : undefined)
  return <T extends z.ZodObject>(type: string, schema: T): (z.output<T> & { id: string })[] =>
    Object.entries(document.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, { Properties }]) => {
        const known = Object.entries(Properties).filter(([key]) => key in schema.shape)
        const parsed = schema.safeParse(resolveIntrinsics(Object.fromEntries(known), tokens, id))
        if (!parsed.success) throw new Error(`${id}: ${z.prettifyError(parsed.error)}`)
        return { ...parsed.data, id }
      })
}

/** The template's parameters that have a default, by name. */
export function parametersOf(document: Document): Record<string, string> {
  const given = Object.entries(document.Parameters).filter(([, { Default }]) => Default !== undefined)
  return Object.fromEntries(given.map(([name, { Default }]) => [name, String(Default)]))
}

/** The logical id behind the token of a `Ref` or `Arn`. Throws, naming `where`, on anything from outside the template. */
export function idIn(token: string, where: string): string {
  const id = /^<([A-Za-z0-9]+)(\.Arn)?>$/.exec(token)?.[1]
  if (!id) throw new Error(`${where}: ${token} is not a resource of this template`)
  return id
}
