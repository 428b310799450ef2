import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { promisify } from 'node:util'

export interface CommandOptions {
  cwd: string
  environment?: Record<string, string>
}

/** Of an answer that tells why something failed, the last lines do. */
const SHOWN_CHARACTERS = 6_000

/** Longer than the slowest build takes on a busy machine. */
const TIMEOUT_MS = 900_000

/**
 * Runs a command to its end.
 * @returns its output
 * @throws {Error} with the end of what it wrote
 */
export async function command(words: readonly string[], { cwd, environment = {} }: CommandOptions): Promise<string> {
  const [file = '', ...rest] = words
  const options = { cwd, env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024, timeout: TIMEOUT_MS }
  try {
    return (await promisify(execFile)(file, rest, options)).stdout
  } catch (error) {
    const { stdout = '', stderr = '', message = '' } = error as { stdout?: string; stderr?: string; message?: string } // of execFile
    const written = `${stdout}\n${stderr}`.trim() || message
    throw new CommandError(`${basename(file)}: ${written.slice(-SHOWN_CHARACTERS)}`, stdout)
  }
}

/** A command that did not end with 0. */
export class CommandError extends Error {
  readonly stdout: string

  constructor(message: string, stdout: string) {
    super(message)
    this.stdout = stdout
  }
}

/** Those of the commands that the machine lacks. */
export async function missingOf(names: readonly string[]): Promise<string[]> {
  const missing: string[] = []
  for (const name of names) {
    const isHere = await command(['sh', '-c', `command -v ${name}`], { cwd: '/' }).then(
      () => true,
      () => false,
    )
    if (!isHere) missing.push(name)
  }
  return missing
}
