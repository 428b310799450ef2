import * as z from 'zod'

/** Deep enough for a list in a table in a panel; people write nothing deeper. */
const MAX_DEPTH = 40

const Node = z.object({
  text: z.string().optional().catch(undefined),
  content: z.array(z.unknown()).optional().catch(undefined),
})

/**
 * The text of a comment, which Jira sends as text or in the Atlassian Document Format.
 * Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
export function documentText(body: unknown, depth = MAX_DEPTH): string {
  if (typeof body === 'string') return body
  const { text, content = [] } = Node.safeParse(body).data ?? {}
  if (text !== undefined) return text
  // Pieces of one line differ in style only; a block ends its line.
  return depth === 0 ? '' : `${content.map((node) => documentText(node, depth - 1)).join('')}\n`
}
