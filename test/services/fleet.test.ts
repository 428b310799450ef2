import { describe, expect, test } from 'vitest'
import { listFleet as dcsFleet } from '../../lib/services/dcs/fleet.ts'
import { listFleet as emrFleet } from '../../lib/services/emr/fleet.ts'
import { readFleet } from '../../lib/services/fleet.ts'
import type { Read } from '../../lib/services/tracking.ts'

/** The resources of a service, as its cloud lists them. */

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** Answers each page of a list, and keeps the requests. */
function reading(pageOf: (page: number) => unknown): { read: Read; asked: unknown[] } {
  const asked: unknown[] = []
  const read: Read = async (operation, input) => {
    const { query, body } = operation.request(input)
    asked.push(query ?? body)
    return operation.output.parse(pageOf((input as { page: number }).page)) // as the list takes it
  }
  return { read, asked }
}

describe('the instances of DCS', () => {
  test.for([
    ['RUNNING', true],
    ['running', true],
    ['RESTARTING', false],
    ['CLOSED', false],
    ['ERROR', false],
    ['NEW', false],
  ] as const)('in status %s are healthy: %j', async ([status, isHealthy]) => {
    const { read } = reading(() => ({
      instance_num: 1,
      instances: [{ instance_id: idOf(1).toUpperCase(), status, name: 'unknown to us' }],
    }))
    expect(await readFleet(read, dcsFleet)).toEqual([{ resource: `huawei/dcs/${idOf(1)}`, isHealthy }])
  })

  test('of several pages are all read', async () => {
    const { read, asked } = reading((page) => ({
      instance_num: 1001,
      instances: Array.from({ length: page === 0 ? 1000 : 1 }, (_, n) => ({
        instance_id: idOf(1000 * page + n),
        status: 'RUNNING',
      })),
    }))
    expect(new Set((await readFleet(read, dcsFleet)).map(({ resource }) => resource)).size).toBe(1001)
    expect(asked).toEqual([
      { offset: '0', limit: '1000' },
      { offset: '1000', limit: '1000' },
    ])
  })

  test.for([
    ['none', { instance_num: 0, instances: null }, 1],
    ['no more than ten pages', { instance_num: 1_000_000, instances: [{ instance_id: idOf(1), status: 'X' }] }, 10],
    ['none, though there are said to be some', { instance_num: 5, instances: [] }, 1],
  ] as const)('are %s', async ([, answer, pages]) => {
    const { read, asked } = reading(() => answer)
    await readFleet(read, dcsFleet)
    expect(asked).toHaveLength(pages)
  })
})

test.for([
  [2, true],
  [302, true],
  [8, false],
  [301, false],
  [999, false],
] as const)('a cluster of EMR in status %i is healthy: %j', async ([Status, isHealthy]) => {
  const { read, asked } = reading(() => ({
    TotalCnt: 1,
    ClusterList: [{ ClusterId: 'EMR-4zvc5mul', Status }],
  }))
  expect(await readFleet(read, emrFleet)).toEqual([{ resource: 'tencent/emr/emr-4zvc5mul', isHealthy }])
  expect(asked).toEqual([{ DisplayStrategy: 'clusterList', Offset: 0, Limit: 100, ProjectId: -1 }])
})
