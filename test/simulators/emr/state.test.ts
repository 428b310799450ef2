import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SIMULATED_EMR_CREDENTIALS } from '../../../lib/simulators/emr.ts'
import { newStateFile } from '../server/new-state-file.ts'
import { LAB, namesOf, START_MS, startEmr, statusOf, WAREHOUSE } from './client.ts'

const START_STOP = 'StartStopServiceOrMonitor'
const STOPPED = { OperatorStateId: 2 }

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

test('saves a blocked work, which has no end', async () => {
  const stateFile = newStateFile()
  const first = await startEmr({ stateFile, quirks: { blocked: 1 } })
  await first.operate('StopService', LAB, ['HDFS'])
  const second = await startEmr({ stateFile }, START_MS + 3_600_000)
  expect(await statusOf(second, LAB)).toBe(10)
})
