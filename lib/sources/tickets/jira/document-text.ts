import * as z from 'zod'

/** A list in a table in a panel is deep; more is no text of people. */
const MAX_DEPTH = 40

const Node = z.object({
  text: z.string().optional().catch(undefined),
  content: z.array(z.unknown()).optional().catch(undefined),
})

/**
 * The text of a comment, in whichever form Jira has it: as text, or in the Atlassian Document Format.
 * Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
export function documentText(body: unknown, depth = MAX_DEPTH): string {
  if (typeof body === 'string') return body
  const { text, content = [] } = Node.safeParse(body).data ?? {}
  if (text !== undefined) return text
  // Pieces of a line differ only in how they look; a line ends where its block does.
  return depth === 0 ? '' : `${content.map((node) => documentText(node, depth - 1)).join('')}\n`
}
