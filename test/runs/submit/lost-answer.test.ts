import { expect, test } from 'vitest'
import { createWorld } from '../../world/world.ts'

test('an answer that is lost is logged, with its run and what went wrong, and one that came is not', async () => {
  const world = createWorld()
  const lines: object[] = []
  world.ports.log = (level, message, fields) => void lines.push({ level, message, ...fields })
  let isLost = true
  world.cloud.fault = (operation) =>
    isLost && operation === 'dcs.instance.swap' ? { kind: 'timeout', change: 'unknown', took: true } : undefined
  const run = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'lost' })
  await world.pass(120_000)
  isLost = false
  await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'heard' })
  await world.pass(300_000)
  expect(lines.filter((line) => 'message' in line && line.message === 'no clear answer')).toEqual([
    {
      level: 'warn',
      message: 'no clear answer',
      runId: run.id,
      operation: 'dcs.instance.swap',
      error: expect.objectContaining({ kind: 'timeout' }),
    },
  ])
})
