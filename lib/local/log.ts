import { appendFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Log } from '../runs/ports.ts'
import { printable } from './printable.ts'

export interface LogOptions {
  stdout: Writable & { isTTY?: boolean }
  /** `LOG_FILE` gets the same lines, too. */
  file?: string | undefined
}

/** A full file is rotated; so many old ones are kept. */
const FILE_SIZE = '10M'
const FILES = 5

/**
 * The log of one machine: one JSON object per line (`level`, `timestamp`, `message` and the fields), as the functions on AWS
 * write it. A terminal gets readable lines instead.
 * @throws {Error} where the file cannot be written
 */
export async function createLog({ stdout, file }: LogOptions): Promise<Log> {
  const streams = [{ stream: stdout.isTTY ? await forPeople(stdout) : stdout }]
  if (file) streams.push({ stream: await rotated(file) })
  const logger = pino(
    {
      base: null,
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    pino.multistream(streams),
  )
  return (level, message, fields) => logger[level](fields, message)
}

/** Leaves out fields that are objects, such as a whole event: the JSON lines have them. */
async function forPeople(out: Writable): Promise<Writable> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({
    destination: out,
    sync: true,
    hideObject: true,
    ignore: 'pid,hostname',
    messageKey: 'message',
    timestampKey: 'timestamp',
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: (line, messageKey) => {
      const fields = Object.entries(line).filter(([name]) => !['level', 'timestamp', messageKey].includes(name))
      const shown = fields.flatMap(([name, value]) => (typeof value === 'object' ? [] : [`${name}=${String(value)}`]))
      // Fields hold text from outside.
      return printable([line[messageKey], ...shown].join('  '))
    },
  })
}

async function rotated(file: string): Promise<Writable> {
  try {
    appendFileSync(file, '', { mode: 0o600 })
  } catch (error) {
    throw new Error(`LOG_FILE ${file} cannot be written: ${error instanceof Error ? error.message : error}`)
  }
  const { createStream } = await import('rotating-file-stream')
  const stream = createStream(basename(file), { path: dirname(file), size: FILE_SIZE, maxFiles: FILES, mode: 0o600 })
  // A full disk must not end the process: stdout has the same lines.
  stream.on('error', () => undefined)
  return stream
}
