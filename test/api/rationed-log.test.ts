import { beforeEach, expect, test } from 'vitest'
import { rationedLog } from '../../lib/api/rationed-log.ts'
import type { Log } from '../../lib/runs/ports.ts'

let nowMs: number
let lines: unknown[]
let log: Log
beforeEach(() => {
  nowMs = 1_000_000
  lines = []
  log = rationedLog({ log: (...line) => void lines.push(line), clock: () => nowMs })
})

test('a flood writes one line in ten seconds, with the number of lines left out', () => {
  for (let n = 0; n < 250; n++) {
    log('warn', 'refused', { source: 'jira', from: n })
    nowMs += 100
  }
  expect(lines).toEqual([
    ['warn', 'refused', { source: 'jira', from: 0 }],
    ['warn', 'refused', { source: 'jira', from: 100, leftOut: 99 }],
    ['warn', 'refused', { source: 'jira', from: 200, leftOut: 99 }],
  ])
})

test('sources and messages are counted separately; rare lines are all written', () => {
  for (const [message, source] of [
    ['refused', 'jira'],
    ['refused', 'github'],
    ['failed', 'jira'],
    ['refused', 'jira'],
  ] as const) {
    log('warn', message, { source })
  }
  nowMs += 10_000
  log('error', 'failed', { source: 'jira' })
  expect(lines).toEqual([
    ['warn', 'refused', { source: 'jira' }],
    ['warn', 'refused', { source: 'github' }],
    ['warn', 'failed', { source: 'jira' }],
    ['error', 'failed', { source: 'jira' }],
  ])
})

test('its memory is bounded', () => {
  const floods = Array.from({ length: 65 }, (_, n) => `source-${n}`)
  for (const source of [...floods, 'source-1']) log('warn', 'refused', { source })
  expect(lines).toHaveLength(66)
})

test('a clock that is set back does not silence it', () => {
  log('warn', 'refused', { source: 'jira' })
  nowMs -= 3_600_000
  log('warn', 'refused', { source: 'jira' })
  expect(lines).toHaveLength(2)
})
