import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'

/** Code of the pages that people paste. The fast test and `npm run conform:connect` read the same. */

export const ROOT = join(import.meta.dirname, '../..')

/** The pages that say how something is connected. */
export const PAGES: readonly string[] = [
  ...globSync('events/**/README.md', { cwd: ROOT }),
  'lib/notify/README.md',
].sort()

/** One fenced block of a page. */
export interface Snippet {
  page: string
  /** Line of the fence, from 1. */
  line: number
  language: string
  text: string
}

/** A block may stand in a list: its indentation is taken off. */
const BLOCK = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm

export function snippetsOf(page: string, text = readFileSync(join(ROOT, page), 'utf8')): Snippet[] {
  return [...text.matchAll(BLOCK)].map(({ 1: indent = '', 2: language = '', 3: block = '', index }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language,
    text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

export const SNIPPETS: readonly Snippet[] = PAGES.flatMap((page) => snippetsOf(page))

/** What reads a block of YAML. */
export type YamlKind = 'rules' | 'cloudformation' | 'alertmanager' | 'grafana'

/** By the keys of its top level. A part (`http_config`, `settings`) replaces that of the whole file on its page. */
const KINDS: Readonly<Record<YamlKind, readonly string[]>> = {
  rules: ['defaults', 'lists', 'rules', 'tickets', 'requests', 'callers', 'policy', 'windows', 'groups'],
  cloudformation: ['AWSTemplateFormatVersion', 'Resources'],
  alertmanager: ['route', 'receivers', 'http_config'],
  grafana: ['apiVersion', 'contactPoints', 'policies', 'settings'],
}

/** @throws {Error} if it is no YAML, or nobody knows what reads it */
export function yamlKindOf(snippet: Snippet): YamlKind {
  const keys = Object.keys(yamlOf(snippet))
  const kinds = Object.entries(KINDS) as [YamlKind, readonly string[]][] // keys of the table
  const [kind] = kinds.find(([, known]) => keys.length > 0 && keys.every((key) => known.includes(key))) ?? []
  if (kind === undefined) throw new Error(`${nameOf(snippet)}: nothing is known that reads ${keys.join(', ')}`)
  return kind
}

/** CloudFormation's tags (`!Ref`) are kept as their text. @throws {Error} if it is no YAML with names on its top level */
export function yamlOf(snippet: Snippet): Record<string, unknown> {
  const document = parseDocument(snippet.text, { logLevel: 'error' })
  const [error] = document.errors
  if (error) throw new Error(`${nameOf(snippet)}: ${error.message}`)
  const value: unknown = document.toJS()
  if (typeof value !== 'object' || value === null) throw new Error(`${nameOf(snippet)}: no names on its top level`)
  return value as Record<string, unknown> // checked
}

/** As editors and terminals link it. */
export function nameOf({ page, line }: Snippet): string {
  return `${page}:${line}`
}

export function inLanguage(language: string): Snippet[] {
  return SNIPPETS.filter((snippet) => snippet.language === language)
}

export function ofKind(kind: YamlKind): Snippet[] {
  return inLanguage('yaml').filter((snippet) => yamlKindOf(snippet) === kind)
}
