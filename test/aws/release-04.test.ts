import { expect, test } from 'vitest'
import { deliveryOfThisRelease, ofThisRelease } from '../../lib/aws/release-04.ts'
import { Delivery } from '../../lib/runs/delivery.ts'
import { Run } from '../../lib/runs/run.ts'
import { newDelivery, newRun } from '../ports/records.ts'

/** A run as release 0.4 stored it. */
const asOf04 = ({ resource, deadLetters, progress, timeline, ...run }: Run) => {
  const { lastObserved, consecutive, observedCounts, ...counts } = progress
  return {
    ...run,
    buried: deadLetters,
    progress: { ...counts, said: lastObserved, streak: consecutive, seen: observedCounts },
  }
}

test('a run of 0.4 is read as this release would have written it', async () => {
  const { timeline, ...fresh } = await newRun('a')
  const run = {
    ...fresh,
    deadLetters: 2,
    progress: { ...fresh.progress, lastObserved: 'RUNNING', observedCounts: { RUNNING: 3 } },
  }
  expect(Run.parse(ofThisRelease(asOf04(run)))).toEqual(run)
})

test.for([
  [{ instanceId: '2E803F66-FBB0-47AD-B6CB-FB87F5BED4EF' }, 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'],
  [{ clusterId: 'EMR-4zvc5mul' }, 'tencent/emr/emr-4zvc5mul'],
  [{}, 'unknown/gone.operation'],
])('the resource of %j is %s', ([target, resource]) => {
  expect(ofThisRelease({ kind: 'run', operation: 'gone.operation', target })).toMatchObject({ resource })
})

test('a run that was in preparation names the backup', () => {
  const item = { kind: 'run', operation: 'x', target: {}, preparedAt: '2026-01-01T00:00:00.000Z' }
  expect(ofThisRelease(item)).toMatchObject({ preparation: 'the backup before it' })
})

test('a delivery of 0.4 has the subject of its results', () => {
  const delivery = newDelivery('dlv_1', [{ subject: 'OPS-1', ignored: 'no rule' }])
  const results = [{ about: 'OPS-1', ignored: 'no rule' }]
  expect(Delivery.parse(deliveryOfThisRelease({ ...delivery, results }))).toEqual(delivery)
})

test('a record of this release, or of nobody, stays as it is', async () => {
  const run = await newRun('a')
  expect(ofThisRelease(run)).toBe(run)
  expect(ofThisRelease({ kind: 'lease' })).toEqual({ kind: 'lease' })
})
