import { expect, test } from 'vitest'
import { CLOUDS, EFFECTS, KEYS, scene } from '../clouds.ts'
import { answers, httpServer } from '../servers.ts'

const CASES = CLOUDS.flatMap((cloud) =>
  [301, 302, 303, 307, 308].flatMap((status) => EFFECTS.map((effect) => ({ cloud, name: cloud.name, status, effect }))),
)

test.for(CASES)('$name: $status does not take a call that is $effect to another host', async (row) => {
  const elsewhere = await httpServer(answers(200, row.cloud.ok))
  const { origin, arrived } = await httpServer(
    answers(row.status, row.cloud.ok, { location: `${elsewhere.origin}/elsewhere` }),
  )
  const provider = async () => row.cloud.provider(origin, { token: KEYS.token })
  expect(await scene(row.cloud, origin, { provider }).failure(row.effect)).toMatchObject({
    kind: 'unreadable',
    change: row.effect === 'read' ? 'none' : 'unknown',
  })
  expect(elsewhere.arrived).toEqual([])
  expect(arrived).toHaveLength(row.effect === 'once' ? 1 : 3)
})

test.for(CASES)('$name: $status does not take a call that is $effect to another path', async (row) => {
  const { origin, arrived } = await httpServer(answers(row.status, '', { location: '/elsewhere' }))
  expect(await scene(row.cloud, origin).failure(row.effect)).toMatchObject({ kind: 'unreadable' })
  expect(arrived).toHaveLength(row.effect === 'once' ? 1 : 3)
  expect(arrived.filter(({ target }) => target === '/elsewhere')).toEqual([])
})
