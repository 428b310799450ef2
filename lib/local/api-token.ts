import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isToken } from './http/access.ts'

/** The token of a machine that carries out for real accounts, where `API_TOKEN` gives none: a file for its owner alone. */
export function apiTokenFile(dataDir: string): string {
  return join(dataDir, 'api-token')
}

/** Made where there is none: 64 random hex digits. @throws {Error} as {@link savedApiToken} does */
export function apiTokenIn(dataDir: string): string {
  const saved = savedApiToken(dataDir)
  if (saved !== undefined) return saved
  const token = randomBytes(32).toString('hex')
  mkdirSync(dataDir, { recursive: true })
  // `wx`: whatever somebody else has put there meanwhile is not written to, nor followed.
  writeFileSync(apiTokenFile(dataDir), `${token}\n`, { flag: 'wx', mode: 0o600 })
  return token
}

/**
 * @returns undefined where none was made
 * @throws {Error} where others may read or write it, or it is no token, saying what to do
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
      throw new Error(`${file} is open to others than its owner (mode ${shown}). ${renewalAdvice(file)}`)
    }
    // Killed between making the file and writing it: nobody has the token.
    if (text === '') return void rmSync(file)
    const token = text.replace(/\r?\n$/, '')
    if (!isToken(token)) throw new Error(`${file} holds no token. ${renewalAdvice(file)}`)
    return token
  } finally {
    closeSync(opened)
  }
}

const renewalAdvice = (file: string): string => `Delete it: npm start makes another (rm ${JSON.stringify(file)})`

function opening(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Windows has no such modes. */
function isForOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0
}
