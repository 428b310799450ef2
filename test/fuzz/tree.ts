/**
 * JSON that can be what no value can: an object with a key twice, `__proto__` as a key, text that is no JSON in the place of a value.
 */
export type Tree =
  | { kind: 'object'; entries: [key: string, value: Tree][] }
  | { kind: 'array'; items: Tree[] }
  /** JSON inside a string, as SNS and SMN carry it. */
  | { kind: 'inside'; tree: Tree }
  /** Written as it stands. */
  | { kind: 'raw'; text: string }

/** Stands for a key in a list. */
export const ITEM = '0'

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) }
  if (typeof value === 'object' && value !== null) {
    return { kind: 'object', entries: Object.entries(value).map(([key, one]) => [key, treeOf(one)]) }
  }
  const inside = typeof value === 'string' && /^\s*[{[]/.test(value) ? parsed(value) : undefined
  return inside === undefined ? raw(value) : { kind: 'inside', tree: treeOf(inside) }
}

/** Half characters become escapes, as JSON.stringify writes them. */
export function raw(value: unknown): Tree {
  return { kind: 'raw', text: JSON.stringify(value) ?? 'null' }
}

export function textOf(tree: Tree): string {
  switch (tree.kind) {
    case 'object':
      return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`
    case 'array':
      return `[${tree.items.map(textOf).join(',')}]`
    case 'inside':
      return JSON.stringify(textOf(tree.tree))
    case 'raw':
      return tree.text
  }
}

/** The tree with one of its nodes, by its number from the root (modulo their count), replaced by none, one or several. */
export function edited(tree: Tree, number: number, edit: (node: Tree, key: string) => [string, Tree][]): Tree {
  let left = number % countOf(tree)
  const visit = (key: string, node: Tree): [string, Tree][] => {
    if (left-- === 0) return edit(node, key)
    if (left < 0) return [[key, node]]
    if (node.kind === 'object') {
      return [[key, { ...node, entries: node.entries.flatMap(([name, one]) => visit(name, one)) }]]
    }
    if (node.kind === 'array') {
      return [[key, { ...node, items: node.items.flatMap((one) => visit(ITEM, one).map(([, value]) => value)) }]]
    }
    if (node.kind === 'inside') return [[key, { ...node, tree: visit('', node.tree)[0]?.[1] ?? raw(null) }]]
    return [[key, node]]
  }
  return visit('', tree)[0]?.[1] ?? raw(null)
}

function countOf(tree: Tree): number {
  switch (tree.kind) {
    case 'object':
      return tree.entries.reduce((sum, [, value]) => sum + countOf(value), 1)
    case 'array':
      return tree.items.reduce((sum, item) => sum + countOf(item), 1)
    case 'inside':
      return 1 + countOf(tree.tree)
    case 'raw':
      return 1
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
