import { globSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { sha256 } from '../../../basics/sha256.ts'
import { SENDERS } from '../../send/samples.ts'
import type { Console } from '../console.ts'
import { eventTexts, readEvent, type StoredEvent } from '../event-file.ts'
import { textOfFile } from '../rule-file.ts'
import type { PastItem } from './replay.ts'

export interface PastEvents {
  /** In the order of their times. */
  items: PastItem[]
  files: number
  deliveries: number
  sources: string[]
  /** Those that cannot be read, by file and reason. */
  unread: string[]
}

/**
 * Reads all events of a folder, which has one folder a source. A file has one event, a JSON array of them, or one a line.
 * @throws {Error} where it has none
 */
export async function readPast(console: Console, folder: string): Promise<PastEvents> {
  const files = filesOf(resolve(console.root, folder))
  const past: PastEvents = { items: [], files: files.length, deliveries: 0, sources: [], unread: [] }
  const sources = new Set<string>()
  for (const { source, path } of files) {
    const texts = eventTexts(textOfFile(console, path))
    past.deliveries += texts.length
    sources.add(source)
    for (const [index, text] of texts.entries()) {
      const name = `${relative(resolve(console.root, folder), path)}${texts.length > 1 ? `, event ${index + 1}` : ''}`
      const event = { source, text, id: sha256(name).slice(0, 32) }
      const items = await itemsOf(console, event)
      if (items instanceof Error) past.unread.push(`${name}: ${items.message}`)
      else past.items.push(...items)
    }
  }
  if (past.deliveries === 0) {
    throw new Error(`${folder}: has no events: they are <source>/*.json or *.jsonl, of ${SENDERS.join(', ')}`)
  }
  return { ...past, items: past.items.toSorted(byTime), sources: [...sources].sort() }
}

/** The time of an event is to the second; those of one second are in the order of what happened. */
function byTime(one: PastItem, other: PastItem): number {
  return one.atMs - other.atMs || happenedMs(one) - happenedMs(other)
}

function happenedMs({ atMs, item }: PastItem): number {
  if ('alarm' in item) return Date.parse(item.alarm.occurredAt)
  return 'ticket' in item ? Date.parse(item.ticket.occurredAt) : atMs
}

function filesOf(folder: string): { source: string; path: string }[] {
  return globSync('*/**/*.{json,jsonl,ndjson}', { cwd: folder })
    .sort()
    .map((file) => ({ source: file.split(sep)[0] ?? '', path: join(folder, file) }))
    .filter(({ source }) => SENDERS.includes(source))
}

/** An event came when the newest thing in it happened. */
async function itemsOf({ nowMs, environment }: Console, event: StoredEvent): Promise<PastItem[] | Error> {
  try {
    const { items, atMs } = await readEvent(event, { arrival: 'newest', nowMs, environment })
    return nowMs - atMs < 1000 ? new Error('it has no time') : items.map((item) => ({ atMs, item }))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
