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

/** Runs `npm run cost` as users do. */
async function cost(...options: string[]): Promise<{ figures: Figures; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-cost-'))
  try {
    const file = join(folder, 'cost.json')
    const main = join(import.meta.dirname, 'main.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--json', file, ...options])
    return { figures: JSON.parse(readFileSync(file, 'utf8')), text: stdout }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a swap of a minute is billed whole, and the same each time', async () => {
  const [first, second] = await Promise.all([cost('--only', 'swap-1min'), cost('--only', 'swap-1min')])
  expect(second).toEqual(first)
  const { lines = [], usd, counts } = first.figures.measured['swap-1min'] ?? {}
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
