import { expect, test } from 'vitest'
import type { Call } from '../../lib/cloud/call.ts'
import { readsOnly } from '../../lib/cloud/reads-only.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { createBackup } from '../../lib/services/dcs/backups.ts'
import { showInstance } from '../../lib/services/dcs/reads.ts'

const CONTEXT = { region: 'cn-north-4', deadlineAtMs: 0 }

/** Names of the operations that were let through. */
const sent: string[] = []
const call: Call = async ({ name }) => {
  sent.push(name)
  return { status: 'RUNNING' } as never // any operation's output
}

test('a read is let through', async () => {
  expect(await readsOnly(call)(showInstance, { instanceId: 'x' }, CONTEXT)).toEqual({ status: 'RUNNING' })
  expect(sent.splice(0)).toEqual([showInstance.name])
})

test('an operation that is not a read is not sent', async () => {
  const looking = readsOnly(call)
  const backup = { instanceId: 'x', remark: 'y' }
  await expect(looking(createBackup, backup, CONTEXT)).rejects.toThrow('dcs.backup.create is not a read')
  const order = { target: {}, params: {}, baseline: {} }
  for (const operation of CATALOGUE.values()) {
    await expect(looking(operation, order, CONTEXT)).rejects.toThrow(`${operation.name} is not a read`)
  }
  expect(sent).toEqual([])
})
