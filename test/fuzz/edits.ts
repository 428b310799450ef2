import fc from 'fast-check'
import { edited, ITEM, raw, type Tree, textOf, treeOf } from './tree.ts'
import { NAMED, oddKey, oddText, oddValue, STRANGER } from './values.ts'

/** One thing that is done to a payload: where (a node by number, or a part of the text), and what. */
export type Edit =
  | { does: 'drop' | 'double' | 'empty' | 'list' | 'retype' | 'halve'; at: number }
  | { does: 'replace' | 'add'; at: number; value: unknown; key: string }
  | { does: 'rename'; at: number; key: string }
  | { does: 'deepen'; at: number; levels: number }
  | { does: 'repeat'; at: number; times: number }
  /** Of the text; what the payload is afterwards may be no JSON. */
  | { does: 'cut' | 'insert'; at: number; text: string }
  /** What rules may act on is named otherwise. */
  | { does: 'aim'; at: number; text: string }

const at = fc.nat(4_000)

export const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('replace' as const), at, value: oddValue, key: oddKey }) },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constantFrom('drop', 'double', 'empty', 'list', 'retype', 'halve'), at }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('add' as const), at, value: oddValue, key: oddKey }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('rename' as const), at, key: oddKey }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('deepen' as const),
      at,
      levels: fc.constantFrom(1, 3, 60, 64, 65, 500, 9_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('repeat' as const),
      at,
      times: fc.constantFrom(2, 99, 101, 400, 3_000, 21_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('aim' as const),
      at,
      text: fc.constantFrom(STRANGER, 'emr-00000bad', '*', '__proto__', 'toString', '0', ''),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('cut' as const), at, text: fc.constant('') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('insert' as const),
      at,
      text: fc.oneof(oddText, fc.constantFrom('\ufeff', '\\', '"', '\\ud800', '{', '}', ',', '0')),
    }),
  },
)

/** No door takes more; a little over it, so that this shows. */
const MAX_TEXT = 1100 * 1024

/**
 * @param text JSON
 * @param mayBe whether a node may be edited, by its path
 */
export function withEdits(text: string, edits: Edit[], mayBe?: (path: string) => boolean): string {
  const ofTree = edits.filter(({ does }) => does !== 'cut' && does !== 'insert' && does !== 'aim')
  const tree = ofTree.reduce<Tree>(
    (before, edit) => edited(before, edit.at, (node, key) => done(edit, node, key), mayBe),
    treeOf(JSON.parse(text)),
  )
  const written = ofTree.length > 0 ? textOf(tree) : text
  return edits.reduce((before, edit) => inText(before, edit), written).slice(0, MAX_TEXT)
}

function inText(text: string, edit: Edit): string {
  const index = text.length === 0 ? 0 : edit.at % text.length
  if (edit.does === 'cut') return text.slice(0, index)
  if (edit.does === 'aim') return aimed(text, edit.at, edit.text)
  return edit.does === 'insert' ? text.slice(0, index) + edit.text + text.slice(index) : text
}

/** One of the names is another, wherever it stands. */
function aimed(text: string, number: number, instead: string): string {
  const names = [...new Set(text.match(NAMED))]
  const name = names[number % (names.length || 1)]
  return name === undefined ? text : text.replaceAll(name, () => instead)
}

/** What stands in the place of a node afterwards. */
function done(edit: Edit, node: Tree, key: string): [string, Tree][] {
  switch (edit.does) {
    case 'drop':
      return []
    case 'double':
      return [
        [key, node],
        [key, node],
      ]
    case 'empty':
      return [[key, raw(node.kind === 'array' ? [] : node.kind === 'object' ? {} : '')]]
    case 'list':
      return [[key, { kind: 'array', items: [node] }]]
    case 'retype':
      return [[key, retyped(node)]]
    case 'halve':
      return [[key, halved(node)]]
    case 'replace':
      return [[key, treeOf(edit.value)]]
    case 'add':
      return [[key, grown(node, edit.key, treeOf(edit.value))]]
    case 'rename':
      return [[edit.key, node]]
    case 'deepen':
      return [[key, deepened(node, edit.levels)]]
    case 'repeat':
      return key === ITEM ? copies(node, edit.times).map((one) => [key, one]) : [[key, repeated(node, edit.times)]]
    default:
      return [[key, node]]
  }
}

/** Numbers as texts, texts as numbers or as what they say, objects as lists, lists as objects. */
function retyped(node: Tree): Tree {
  if (node.kind === 'object') return { kind: 'array', items: node.entries.map(([, value]) => value) }
  if (node.kind === 'array') return { kind: 'object', entries: node.items.map((item, index) => [String(index), item]) }
  if (node.kind === 'inside') return node.tree
  if (!node.text.startsWith('"')) return raw(node.text)
  const text = JSON.parse(node.text)
  return Number.isFinite(Number(text)) ? raw(Number(text)) : raw([...text].length)
}

/** Cut inside a character, as senders do that count UTF-16. */
function halved(node: Tree): Tree {
  return node.kind === 'raw' && node.text.startsWith('"') ? raw(`${JSON.parse(node.text)}\ud83d`) : node
}

function grown(node: Tree, key: string, value: Tree): Tree {
  if (node.kind === 'object') return { ...node, entries: [...node.entries, [key, value]] }
  return node.kind === 'array'
    ? { ...node, items: [...node.items, value] }
    : { kind: 'object', entries: [[key, value]] }
}

/** As text: a tree of such depth could not be walked. */
function deepened(node: Tree, levels: number): Tree {
  return { kind: 'raw', text: `${'['.repeat(levels)}${textOf(node)}${']'.repeat(levels)}` }
}

/** No more than the largest text holds. */
function copies(node: Tree, times: number): Tree[] {
  return Array.from({ length: Math.min(times, Math.ceil(MAX_TEXT / (textOf(node).length + 1))) }, () => node)
}

function repeated(node: Tree, times: number): Tree {
  if (node.kind === 'array') return { ...node, items: copies(node, times).flatMap(() => node.items) }
  if (node.kind === 'raw' && node.text.startsWith('"')) {
    const text = String(JSON.parse(node.text))
    return raw((text || 'x').repeat(copies(node, times).length))
  }
  return { kind: 'object', entries: copies(node, times).map((one, index) => [`k${index}`, one]) }
}
