import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

interface Figures {
  measured: Record<
    string,
    { usd: number; lines: { name: string; units: number; usd: number }[]; counts: Record<string, number> }
  >
}

/** Runs `npm run cost` as users do. @returns what it printed */
async function cost(...options: string[]): Promise<string> {
  const main = join(import.meta.dirname, 'main.ts')
  return (await promisify(execFile)(process.execPath, [main, ...options])).stdout
}

test('a swap of a minute is billed whole, and the same each time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-cost-'))
  const [first, second] = [join(folder, 'first.json'), join(folder, 'second.json')]
  await cost('--only', 'swap-1min', '--json', first)
  const compared = await cost('--only', 'swap-1min', '--json', second, '--compare', first)
  const [text, again] = [first, second].map((file) => readFileSync(file, 'utf8'))
  rmSync(folder, { recursive: true })
  expect(again).toBe(text)
  expect(compared).toMatch(/USD a million .* 1\.000\n/)
  const { measured } = JSON.parse(text ?? '') as Figures
  const { lines = [], usd, counts } = measured['swap-1min'] ?? {}
  const units = Object.fromEntries(lines.map((line) => [line.name, line.units]))
  expect(lines.reduce((sum, line) => sum + line.usd, 0)).toBeCloseTo(usd ?? 0, 12)
  // One request to the API, one change of the cloud, one notification; each message is sent, received and deleted.
  expect(units).toMatchObject({ gateway: 1, SNS: 1 })
  expect(units['Lambda requests']).toBeCloseTo(1 + (units.SQS ?? 0) / 3, 9)
  expect(counts).toMatchObject({ changes: 1, api: 1, 'refused writes': 0, 'sweep-runs': 0 })
  expect(units['table writes']).toBeGreaterThanOrEqual(counts?.['table writes'] ?? Number.POSITIVE_INFINITY)
})

test('what is unknown is named', async () => {
  await expect(cost('--only', 'nothing')).rejects.toThrow('--only takes swap-1min')
})
