import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { seededState } from '../../../../lib/standalone/clouds/emr/seeds.ts'
import { recordRequest } from '../../../../lib/standalone/clouds/emr/state.ts'
import { SIMULATED_EMR_CREDENTIALS } from '../../../../lib/standalone/clouds/emr.ts'
import { LAB, namesOf, START_MS, startEmr, statusOf, WAREHOUSE } from './client.ts'

const START_STOP = 'StartStopServiceOrMonitor'
const STOPPED = { OperatorStateId: 2 }

function newStateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emr-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'emr.json')
}

test('records every request and lets an observer count the writes', async () => {
  const { emr, ask, operate } = await startEmr()
  await ask('DescribeInstances', { DisplayStrategy: 'clusterList', InstanceIds: [LAB] })
  await operate('StopService', LAB, ['HDFS/NameNode@172.16.117.11', 'HDFS/DataNode'])
  await operate('StopMonitor', LAB, ['HDFS'])
  await operate('StopMonitor', WAREHOUSE, ['HDFS'], {}, { secretKey: 'other' })
  await ask('Nothing', {})
  const line = { at: START_MS, method: 'POST', action: START_STOP, status: 200 }
  const writes = [
    {
      ...line,
      opType: 'StopService',
      instances: [LAB],
      scope: ['HDFS/NameNode@172.16.117.11', 'HDFS/DataNode'],
    },
    { ...line, opType: 'StopMonitor', instances: [LAB], scope: ['HDFS'], code: 'ResourceInUse.InstanceInProcess' },
    { ...line, opType: 'StopMonitor', instances: [WAREHOUSE], scope: ['HDFS'], code: 'AuthFailure.SignatureFailure' },
  ]
  expect(emr.requests).toEqual([
    { ...line, action: 'DescribeInstances', instances: [LAB] },
    ...writes,
    { ...line, action: 'unknown', code: 'InvalidAction' },
  ])
  const observed = await (await fetch(`${emr.url}/simulated/requests`)).json()
  expect(observed).toEqual({ total: 5, byAction: { DescribeInstances: 1, [START_STOP]: 3, unknown: 1 }, writes })
})

test('goes on from the state file with work and log, without having been closed', async () => {
  const stateFile = newStateFile()
  const first = await startEmr({ stateFile })
  await first.operate('StopService', LAB, ['HDFS/DataNode'])
  const requests = structuredClone(first.emr.requests)
  const second = await startEmr({ stateFile }, START_MS + 4_000)
  const running = [await statusOf(second, LAB), await namesOf(second, LAB, 'HDFS', STOPPED)]
  expect(second.emr.requests.slice(0, 1)).toEqual(requests)
  second.advance(500)
  const done = [await statusOf(second, LAB), await namesOf(second, LAB, 'HDFS', STOPPED)]
  expect([running, done]).toEqual([
    [10, []],
    [2, ['DataNode@172.16.117.21', 'DataNode@172.16.117.22']],
  ])
  expect(readFileSync(stateFile, 'utf8')).not.toContain(SIMULATED_EMR_CREDENTIALS.secretKey)
})

test('has the state on disk before it answers a write, even one that is never answered', async () => {
  const stateFile = newStateFile()
  const { operate } = await startEmr({ stateFile, quirks: { resetAfter: 1 } })
  await operate('StopService', LAB, ['HDFS']).catch(() => undefined)
  const saved = JSON.parse(readFileSync(stateFile, 'utf8'))
  expect(saved).toMatchObject({
    works: [{ op: 'StopService', clusterId: LAB }],
    requests: [{ action: START_STOP, status: 0 }],
  })
})

test('saves a blocked work, which has no end', async () => {
  const stateFile = newStateFile()
  const first = await startEmr({ stateFile, quirks: { blocked: 1 } })
  await first.operate('StopService', LAB, ['HDFS'])
  const second = await startEmr({ stateFile }, START_MS + 3_600_000)
  expect(await statusOf(second, LAB)).toBe(10)
})

test('does not start on a state file that is not its own', async () => {
  const stateFile = newStateFile()
  writeFileSync(stateFile, '{"clusters":[]}')
  await expect(startEmr({ stateFile })).rejects.toThrow()
})

test('forgets the oldest requests and finished work beyond its bounds, and counts on', () => {
  const state = seededState([], START_MS)
  const work = { op: 'StopService' as const, clusterId: LAB, acceptedAt: 0, busyAt: 0, idleAt: 0, shows: 10, steps: [] }
  for (let i = 0; i < 1_002; i += 1) state.works.push({ ...work, id: String(i), settled: i !== 1 })
  for (let at = 0; at < 5_002; at += 1) {
    recordRequest(state, { at, method: 'POST', action: 'DescribeInstances', status: 200 })
  }
  expect([state.requests.length, state.requests[0]?.at, state.counts]).toEqual([5_000, 2, { DescribeInstances: 5_002 }])
  expect([state.works.length, state.works[0]?.id]).toEqual([1_001, '1'])
})
