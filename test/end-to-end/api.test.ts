import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../lib/runs/plan/plan.ts'
import { HOMES } from './homes.ts'
import { cluster, instance, type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

/** The HTTP API, against clouds that count. */

interface Service {
  ServiceName: string
  ComponentInfoList: { ComponentName: string; IpList: string[] }[]
}

const instances = [1, 2, 3, 4, 5, 6].map((number) => instance(number))
const clusters = [cluster(1)]
const [first, second, third, fourth, fifth, bare] = instances.map(({ id }) => id)

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    const bareInstance = instance(6, { backupAgesHours: [] })
    on = await startTestMachine(home, {
      dcs: { instances: [...instances.slice(0, 5), bareInstance], workMs: { restart: 1_200_000 } },
      emr: { clusters },
    })
  })
  afterAll(() => on.dispose())

  const planned = async (wish: object, headers = {}): Promise<{ status: number; plan: Plan & { plans: Plan[] } }> => {
    const response = await on.postTo('targets' in wish ? '/batch-plans' : '/plans', wish, headers)
    return { status: response.status, plan: (await response.json()) as Plan & { plans: Plan[] } } // our own API
  }
  const stored = async (): Promise<number> =>
    ((await (await on.get('/runs?limit=100')).json()) as { runs: [] }).runs.length
  const allWrites = () => [on.writes(), on.emrWrites(clusters[0]?.id ?? '')]

  describe('a plan', () => {
    test('of DCS shows what then arrives, and sends nothing itself', async () => {
      const [writes, runs] = [allWrites(), await stored()]
      const wish = { operation: 'dcs.instance.restart', targets: [{ instanceId: first }, { instanceId: second }] }
      const { status, plan } = await planned(wish)
      expect([status, plan.plans.map(({ would }) => would)]).toEqual([200, ['be-sent', 'be-sent']])
      expect([allWrites(), await stored()]).toEqual([writes, runs])
      const shown = plan.plans[0]?.request
      expect(plan.plans[1]?.request).toEqual(shown)
      expect((await on.postTo('/batches', wish)).status).toBe(202)
      await expect.poll(() => on.writes().length).toBe((writes[0]?.length ?? 0) + 1)
      const { path, action, instances } = on.writes().at(-1) ?? {}
      expect({ path, body: { instances, action } }).toEqual({ path: shown?.path, body: shown?.body })
      expect(shown?.host).toBe(new URL(on.machine.simulatedDcs.url).host)
    })

    test('of EMR shows the very processes that are then sent', async () => {
      const [target] = [{ clusterId: clusters[0]?.id, services: [{ name: 'HDFS' }] }]
      const wish = { operation: 'emr.service.stop', target }
      const { plan } = await planned(wish)
      expect([plan.would, on.emrWrites(clusters[0]?.id ?? '')]).toEqual(['be-sent', []])
      await on.ask(wish.operation, target)
      await expect.poll(() => on.emrWrites(clusters[0]?.id ?? '').length).toBe(1)
      const [sent] = on.emrWrites(clusters[0]?.id ?? '')
      const body = plan.request?.body as { InstanceId: string; OpType: string; OpScope: { ServiceInfoList: Service[] } } // our own API
      const scope = body.OpScope.ServiceInfoList.flatMap(({ ServiceName, ComponentInfoList }) =>
        ComponentInfoList.flatMap(({ ComponentName, IpList }) =>
          IpList.map((ip) => `${ServiceName}/${ComponentName}@${ip}`),
        ),
      )
      expect(sent).toMatchObject({
        action: plan.request?.api,
        opType: body.OpType,
        instances: [body.InstanceId],
        scope,
      })
      expect(scope).toHaveLength(3)
    })

    test('never makes the backup that would come first', async () => {
      const before = allWrites()
      const wish = { operation: 'dcs.instance.flush', target: { instanceId: bare }, params: { ensureBackup: true } }
      expect((await planned(wish)).plan).toMatchObject({
        would: 'wait',
        refusedBy: [{ by: 'preparation', temporary: true }],
      })
      expect(allWrites()).toEqual(before)
    })

    test('says that a target is not known, and that an account is not', async () => {
      const operation = 'dcs.instance.swap'
      const unknown = await planned({ operation, target: { instanceId: '00000000-0000-4000-8000-00000000ffff' } })
      expect(unknown.plan).toMatchObject({ would: 'be-refused', refusedBy: [{ by: 'cloud', temporary: false }] })
      const nobody = await planned({ operation, target: { instanceId: third, account: 'nobody' } })
      const errors = [
        { pointer: '#/target/account', detail: expect.stringContaining('account "nobody" is not configured') },
      ]
      expect([nobody.status, nobody.plan]).toMatchObject([400, { errors }])
    })

    test('under a key that was used names its run; under that of another wish it is 422', async () => {
      const wish = { operation: 'dcs.instance.restart', target: { instanceId: third } }
      const key = { 'idempotency-key': 'dry-1' }
      const { id } = (await (await on.post(wish, key)).json()) as SeenRun // our own API
      expect((await planned(wish, key)).plan).toMatchObject({ would: 'repeat', existing: { runId: id } })
      const other = await planned({ ...wish, operation: 'dcs.instance.flush' }, key)
      expect([other.status, other.plan]).toMatchObject([422, { errors: [{ header: 'Idempotency-Key' }] }])
      expect((await planned(wish)).plan).toMatchObject({ would: 'attach', joinedRunId: id, holder: { runId: id } })
    })

    test('of ?dryRun=true, the form of 0.x, is the same, and says where the new form is', async () => {
      const wish = { operation: 'dcs.instance.swap', target: { instanceId: fourth } }
      const before = await stored()
      const old = await on.postTo('/runs?dryRun=true', wish)
      expect([old.status, await old.json()]).toEqual([200, (await planned(wish)).plan])
      const many = await on.postTo('/runs?dryRun=true', { operation: wish.operation, targets: [wish.target] })
      expect(await many.json()).toMatchObject({ plans: [{ would: 'be-sent' }] })
      expect([old, many].map(({ headers }) => [headers.get('deprecation'), headers.get('link')])).toEqual(
        ['plans', 'batch-plans'].map((path) => [expect.stringMatching(/^@\d+$/), `<${path}>; rel="successor-version"`]),
      )
      expect(await stored()).toBe(before)
    })
  })

  test('many that wait keep nobody else waiting', async () => {
    const live = (await (
      await on.post({ operation: 'dcs.instance.restart', target: { instanceId: fourth } })
    ).json()) as SeenRun // our own API
    let begunAtMs = on.machine.clock()
    const ask = (path: string, headers = {}) =>
      fetch(`${on.machine.url}${path}`, { headers }).then(async (response) => {
        await response.text()
        const ms = on.machine.clock() - begunAtMs
        return { applied: response.headers.get('preference-applied'), status: response.status, ms }
      })
    // On AWS each has a sandbox of its own, of which this machine cannot start many at once.
    const many = home.name === 'AWS' ? 5 : 50
    const askMany = (prefer: string) => Array.from({ length: many }, () => ask(`/runs/${live.id}`, { prefer }))
    // Starts the sandboxes that all of them need, which takes a busy machine long.
    await Promise.all([...askMany('wait=2'), ask('/operations'), ask('/operations')])
    begunAtMs = on.machine.clock()
    const waiters = askMany('wait=25')
    const plain = await Promise.all([ask('/operations'), ask(`/runs/${live.id}`)])
    expect(plain.map(({ status, applied }) => [status, applied])).toEqual(Array(2).fill([200, null]))
    const waited = await Promise.all(waiters)
    expect(waited.map(({ status, applied }) => [status, applied])).toEqual(Array(many).fill([200, 'wait=25']))
    const firstToHaveWaited = Math.min(...waited.map(({ ms }) => ms))
    expect(firstToHaveWaited).toBeGreaterThan(24_500)
    // Not by the clock: how long they take is the machine's affair.
    expect(Math.max(...plain.map(({ ms }) => ms))).toBeLessThan(firstToHaveWaited)
  })

  test('a run is waited for, filtered, and listed by what it was', async () => {
    const wish = { operation: 'dcs.instance.swap', target: { instanceId: fifth } }
    const since = new Date(on.machine.clock()).toISOString()
    const response = await on.waitFor(wish, 'waited for')
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, 'wait=5'])
    const run = (await response.json()) as SeenRun // our own API
    expect(run.state).toBe('succeeded')
    const query = new URLSearchParams({
      since,
      state: 'succeeded,failed',
      sourceKind: 'http',
      source: 'api',
      operation: wish.operation,
      target: fifth ?? '',
    })
    const { runs } = (await (await on.get(`/runs?${query}`)).json()) as { runs: SeenRun[] } // our own API
    expect(runs.map(({ id }) => id)).toEqual([run.id])
    expect(await (await on.get('/dead-letters')).json()).toEqual({ deadLetters: [] })
  })
})
