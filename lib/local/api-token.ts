import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isToken } from './http/access.ts'

/** The file of the token that a machine with a real cloud makes where `API_TOKEN` is not set. Only its owner may read it. */
export function apiTokenFile(dataDir: string): string {
  return join(dataDir, 'api-token')
}

/** The saved token, or a new one of 64 random hex digits. @throws {Error} as {@link savedApiToken} does */
export function apiTokenIn(dataDir: string): string {
  const saved = savedApiToken(dataDir)
  if (saved !== undefined) return saved
  const token = randomBytes(32).toString('hex')
  mkdirSync(dataDir, { recursive: true })
  // `wx`: a file or link that somebody put there meanwhile is neither written nor followed.
  writeFileSync(apiTokenFile(dataDir), `${token}\n`, { flag: 'wx', mode: 0o600 })
  return token
}

/**
 * @returns undefined where none was made
 * @throws {Error} where others may read or write the file, or it holds no token; the message says what to do
 */
export function savedApiToken(dataDir: string): string | undefined {
  const file = apiTokenFile(dataDir)
  const opened = opening(file)
  if (opened === undefined) return undefined
  try {
    const { mode } = fstatSync(opened)
    const text = readFileSync(opened, 'utf8')
    if (isForOthers(mode)) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0')
      throw new Error(`${file} can be read or written by others than its owner (mode ${shown}). ${renewalAdvice(file)}`)
    }
    // The process was killed between making the file and writing it: nobody has a token.
    if (text === '') return void rmSync(file)
    const token = text.replace(/\r?\n$/, '')
    if (!isToken(token)) throw new Error(`${file} holds no token. ${renewalAdvice(file)}`)
    return token
  } finally {
    closeSync(opened)
  }
}

const renewalAdvice = (file: string): string => `Delete it (rm ${JSON.stringify(file)}): npm start makes another`

function opening(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Whether others than the owner have any access. Windows has no such modes. */
function isForOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0
}
