import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Folders that are made, and those of tools. */
const NOT_OURS = /^(node_modules|\.git|\.serverless|\.steadyhand|coverage|dist)$/

const pages = readdirSync(ROOT, { withFileTypes: true })
  .filter(({ name }) => !NOT_OURS.test(name))
  .flatMap((top) => {
    if (!top.isDirectory()) return [top.name]
    const inside = readdirSync(join(ROOT, top.name), { recursive: true, encoding: 'utf8' })
    return inside.map((file) => join(top.name, file))
  })
  .filter((file) => file.endsWith('.md'))

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

function withoutBlocks(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/<!--[\s\S]*?-->/g, '')
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  const headings = [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** The links of a page to other files, and to headings, that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const plain = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, 'code')
  const links = [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const file = path ? resolve(ROOT, dirname(page), path) : join(ROOT, page)
      if (!existsSync(file)) return true
      return anchor !== undefined && !anchorsOf(textOf(relative(ROOT, file))).includes(anchor)
    })
    .map((link) => `${page}: ${link}`)
}

/** Roughly: code is a word, and tables are left out. */
function sentencesOf(text: string): string[] {
  const plain = withoutBlocks(text)
    .replaceAll(/^ *(\||#).*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  const paragraphs = plain.split(/\n\s*\n|\n(?= *(?:[*-]|\d+\.|>) )/)
  return paragraphs.flatMap((one) => one.replaceAll(/\s+/g, ' ').split(/(?<=[.!?])[*"”]* (?=[*“"]?[\p{Lu}c\d])/u))
}

function wordsOf(sentence: string): number {
  return sentence.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}

/** The changelog tells of releases as they were. */
const MAX_WORDS = 40
const written = pages.filter((page) => page !== 'CHANGELOG.md')

test('the pages are found', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', '.github/SECURITY.md', 'lib/runs/README.md']))
})

test.for(pages)('every link of %s leads somewhere', (page) => {
  expect(brokenLinks(page, textOf(page))).toEqual([])
})

test.for(written)('no sentence of %s is long', (page) => {
  expect(sentencesOf(textOf(page)).filter((sentence) => wordsOf(sentence) > MAX_WORDS)).toEqual([])
})

test('the README is short', () => {
  expect(Buffer.byteLength(textOf('README.md'))).toBeLessThanOrEqual(12_500)
})

test('every page of a folder is reached from the README', () => {
  const reached = new Set<string>()
  const visit = (page: string): void => {
    if (reached.has(page)) return
    reached.add(page)
    const links = [...textOf(page).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g)].map(([, link = '']) => link)
    const files = links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => join(dirname(page), link))
    for (const file of files) visit(file)
  }
  visit('README.md')
  expect(pages.filter((page) => !reached.has(page))).toEqual([])
})

test('a planted fault of each kind is seen', () => {
  const planted = '# A page\n\n[there](#a-page) [gone](gone.md) [nowhere](README.md#nowhere) `[code](code.md)`\n'
  expect(brokenLinks('README.md', planted)).toEqual([
    'README.md: #a-page',
    'README.md: gone.md',
    'README.md: README.md#nowhere',
  ])
  const sentence = `${'word '.repeat(MAX_WORDS)}word.`
  expect(sentencesOf(`Short. ${sentence.replace('w', 'W')} Short.`).map(wordsOf)).toEqual([1, MAX_WORDS + 1, 1])
})
