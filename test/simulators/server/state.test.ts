import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { newStateFile } from './new-state-file.ts'
import { SIDES } from './sides.ts'

describe.for(SIDES)('%s', ([, { start, log }]) => {
  test('shows work as done once its time is over, though nobody has asked', async () => {
    const { simulator, write, advance } = await start()
    await write()
    const settled = [simulator.state.works[0]?.settled]
    advance(60_000)
    expect([...settled, simulator.state.works[0]?.settled]).toEqual([false, true])
  })

  test('has the state on disk before it answers a write, even one that is never answered', async () => {
    const stateFile = newStateFile()
    const { write } = await start({ stateFile, quirks: { resetAfter: 1 } })
    await write().catch(() => undefined)
    const { works, requests } = JSON.parse(readFileSync(stateFile, 'utf8'))
    expect([works, requests]).toMatchObject([[{ settled: false }], [{ status: 0 }]])
  })

  test('does not start on a state file that is not its own', async () => {
    const stateFile = newStateFile()
    writeFileSync(stateFile, '{"requests":[]}')
    await expect(start({ stateFile })).rejects.toThrow()
  })

  test('forgets the oldest requests and finished work beyond its bounds, and counts on', () => {
    const { state, record, work } = log()
    for (let i = 0; i < 1_002; i += 1) work(String(i), i !== 1)
    for (let at = 0; at < 5_002; at += 1) record(at)
    expect([state.requests.length, state.requests[0]?.at, Object.values(state.counts)]).toEqual([5_000, 2, [5_002]])
    expect([state.works.length, state.works[0]?.id]).toEqual([1_001, '1'])
  })
})
