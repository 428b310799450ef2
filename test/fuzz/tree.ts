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
/** Stands for the key of what is inside a string. */
const INSIDE = '>'

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

/**
 * The tree with one of its nodes, by its number from the root (modulo their count), replaced by none, one or several.
 * @param mayBe whether a node counts, by its path: keys, `0` for every item, `>` for what is inside a string, joined by dots
 */
export function edited(
  tree: Tree,
  number: number,
  edit: (node: Tree, key: string) => [string, Tree][],
  mayBe: (path: string) => boolean = () => true,
): Tree {
  const count = countOf(tree, '', mayBe)
  if (count === 0) return tree
  let left = number % count
  const visit = (key: string, node: Tree, path: string): [string, Tree][] => {
    if (left < 0) return [[key, node]]
    if (mayBe(path) && left-- === 0) return edit(node, key)
    const below = (name: string, one: Tree) => visit(name, one, pathTo(path, name))
    if (node.kind === 'object') {
      return [[key, { ...node, entries: node.entries.flatMap(([name, one]) => below(name, one)) }]]
    }
    if (node.kind === 'array') {
      return [[key, { ...node, items: node.items.flatMap((one) => below(ITEM, one).map(([, value]) => value)) }]]
    }
    if (node.kind === 'inside') return [[key, { ...node, tree: below(INSIDE, node.tree)[0]?.[1] ?? raw(null) }]]
    return [[key, node]]
  }
  return visit('', tree, '')[0]?.[1] ?? raw(null)
}

function pathTo(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function countOf(tree: Tree, path: string, mayBe: (path: string) => boolean): number {
  const below = (key: string, one: Tree): number => countOf(one, pathTo(path, key), mayBe)
  const own = Number(mayBe(path))
  switch (tree.kind) {
    case 'object':
      return tree.entries.reduce((sum, [key, value]) => sum + below(key, value), own)
    case 'array':
      return tree.items.reduce((sum, item) => sum + below(ITEM, item), own)
    case 'inside':
      return own + below(INSIDE, tree.tree)
    case 'raw':
      return own
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
