import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CONTENTION } from './story/contention.ts'
import { startThread } from './threads.ts'

/** Runs the simulation as users do. A failure prints the seed, which `npm run simulate -- --seed <seed> --replay` tells. */
async function simulate(...options: string[]): Promise<{ code: number; lines: string[] }> {
  const main = join(import.meta.dirname, 'main.ts')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...options], { maxBuffer: 2 ** 28 })
    return { code: 0, lines: stdout.trimEnd().split('\n') }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string } // of execFile
    return { code, lines: `${stdout}\n${stderr}`.trimEnd().split('\n') }
  }
}

/** The last line where no promise was broken. A world can be calm: then it names no faults. */
const KEPT = /^seeds \d+ to \d+ \(\d+\), runs \d+ \(\d+ on AWS, \d+ on SQLite\), faults \d+ \(.*\), violations 0$/

test('the promises hold in worlds of fresh seeds', async () => {
  const { code, lines } = await simulate('--runs', '200', '--jobs', '2')
  console.log(lines.at(-1))
  expect({ code, last: lines.at(-1) }, lines.join('\n')).toEqual({ code: 0, last: expect.stringMatching(KEPT) })
})

test('the promises hold in worlds of fixed seeds', async () => {
  const { code, lines } = await simulate('--runs', '250', '--seed', '1', '--jobs', '1')
  console.log(lines.at(-1))
  expect({ code, last: lines.at(-1) }, lines.join('\n')).toEqual({ code: 0, last: expect.stringMatching(KEPT) })
  // However often a step is looked at, no cloud is asked for a second change.
  const [changes, looks] = ['changes made by the clouds', 'steps looked at'].map((begin) =>
    lines.find((line) => line.startsWith(begin)),
  )
  expect(changes).toMatch(/ clouds [1-9]\d+, a second one for a run 0$/)
  expect(looks).toMatch(/looks beyond the first [1-9]\d*:$/)
})

/** `--contention` makes worlds of 2,000, which take a minute. */
test('the promises hold where hundreds want one instance', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const thread = startThread()
  const [story] = await thread.tell(seed, 1, { ...CONTENTION, contention: 800 })
  await thread.stop()
  expect(story?.violations, `seed ${seed}`).toEqual([])
  expect(story?.runs).toBeGreaterThan(100)
})
