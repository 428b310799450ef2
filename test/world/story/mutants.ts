import type { Rewrite } from '../engine/source.ts'

/** A guard that is switched off, and what it guards. */
export interface Mutant {
  name: string
  rewrites: Rewrite[]
  /** Seen where this operation is asked for again and again. */
  favoured?: string
}

/** Each must be caught: what is not caught is not proven. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a change of a run is not conditional on its version',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: "save: (run) => put(run, 'version = :before', { ':before': run.version - 1 })",
        replace: "save: (run) => put(run, 'attribute_exists(id)')",
      },
    ],
  },
  {
    name: 'accepting is not conditional on a free id',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: "create: async (run) => ((await put(run, 'attribute_not_exists(id)'))",
        replace: "create: async (run) => ((await put(run, 'attribute_not_exists(id) OR attribute_exists(id)'))",
      },
    ],
  },
  {
    name: 'a change of a lease is not conditional on its version',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: "put(leaseItem(lease), 'version = :before', { ':before': lease.version - 1 })",
        replace: "put(leaseItem(lease), 'attribute_exists(id)')",
      },
    ],
  },
  {
    name: 'the first taking of a lease is not conditional',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: "? put(leaseItem(lease), 'attribute_not_exists(version)')",
        replace: "? put(leaseItem(lease), 'attribute_not_exists(version) OR attribute_exists(id)')",
      },
    ],
  },
  {
    name: 'a refused write is never known as our own',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: 'return (await read(item.id))?.writeId === writeId',
        replace: 'return false',
      },
    ],
  },
  {
    name: 'a refused write is always taken for our own',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: 'return (await read(item.id))?.writeId === writeId',
        replace: 'return true',
      },
    ],
  },
  {
    name: 'a read of a record may be an old one',
    rewrites: [
      {
        file: 'lib/aws/store.ts',
        find: ', ConsistentRead: true',
        replace: '',
      },
    ],
  },
  {
    name: 'a lease is taken whoever has it',
    rewrites: [
      {
        file: 'lib/runs/lease.ts',
        find: 'if (by && !mayPass(by, lease, ports.clock())) return { holder, until, by, lease }',
        replace: '',
      },
    ],
  },
  {
    name: 'a lease passes though the work may go on',
    rewrites: [
      {
        file: 'lib/runs/lease.ts',
        find: 'if (outcome?.providerDone || Date.parse(lease.until) <= nowMs) return true',
        replace: 'return true',
      },
    ],
  },
  {
    name: 'a lease is never passed on by time or evidence',
    rewrites: [
      {
        file: 'lib/runs/lease.ts',
        find: 'if (outcome?.providerDone || Date.parse(lease.until) <= nowMs) return true\n  const rest = restOf(lease, nowMs)',
        replace: 'if (outcome?.providerDone) return true\n  const rest = undefined as Lease["rest"]',
      },
    ],
  },
  {
    name: 'a lease passes by though others wait for it longer',
    rewrites: [
      {
        file: 'lib/runs/lease.ts',
        find: 'for (const id of lease.waiting) {',
        replace: 'for (const id of lease.waiting.slice(0, 0)) {',
      },
    ],
  },
  {
    name: 'the intent is not written before the call',
    rewrites: [
      {
        file: 'lib/runs/submit.ts',
        find: 'return (await ports.store.save(intent)) ? { run: intent, operation } : undefined',
        replace: 'return { run: intent, operation }',
      },
    ],
  },
  {
    name: 'a call is sent whether or not its intent was written',
    rewrites: [
      {
        file: 'lib/runs/submit.ts',
        find: 'return (await ports.store.save(intent)) ? { run: intent, operation } : undefined',
        replace: 'await ports.store.save(intent)\n  return { run: intent, operation }',
      },
    ],
  },
  {
    name: 'a run that was being sent is sent again unseen',
    rewrites: [
      {
        file: 'lib/runs/submit.ts',
        find: "if (found.state === 'submitting') return void (await reconcile(ports, found, deadlineAtMs))\n",
        replace: "if (found.state === 'submitting') found.state = 'queued'\n",
      },
    ],
  },
  {
    name: 'a call without a clear answer is sent again',
    rewrites: [
      {
        file: 'lib/runs/send.ts',
        find: 'return isClear ? notBegun(ports, run, answer) : inDoubt(ports, run, errorOf(answer))',
        replace: 'return notBegun(ports, run, answer)',
      },
    ],
  },
  {
    name: 'absence is proof as soon as it is seen',
    rewrites: [
      {
        file: 'lib/runs/reconcile.ts',
        find: 'const QUIET_MS = 180_000',
        replace: 'const QUIET_MS = 0',
      },
    ],
    favoured: 'dcs.instance.swap',
  },
  {
    name: 'what is unclear counts as proof of absence',
    rewrites: [
      {
        file: 'lib/runs/reconcile.ts',
        find: "const isProof = !(trace instanceof CloudError) && 'notBegun' in trace && progress.streak >= MIN_LOOKS",
        replace: 'const isProof = true',
      },
    ],
  },
  {
    name: 'a look does not take its step first',
    rewrites: [
      {
        file: 'lib/runs/poll.ts',
        find: 'if (!(await ports.store.save(claimed))) return',
        replace: '',
      },
    ],
  },
  {
    name: 'a message of any step is looked at',
    rewrites: [
      {
        file: 'lib/runs/poll.ts',
        find: 'if (message.step !== run.step) return',
        replace: '',
      },
    ],
  },
  {
    name: 'a run that has ended is looked at',
    rewrites: [
      {
        file: 'lib/runs/poll.ts',
        find: "if (isFinal(run.state)) return settle(ports, run)\n  if (rulesOf(run.state).goesOnBy !== 'polls') return",
        replace: '',
      },
    ],
  },
  {
    name: 'the sweeper re-arms nothing',
    rewrites: [
      {
        file: 'lib/runs/sweep.ts',
        find: 'if (await ports.store.save(next)) rearmed.push(next)',
        replace: 'await ports.store.save(next)',
      },
    ],
  },
  {
    name: 'the sweeper tells nobody',
    rewrites: [
      {
        file: 'lib/runs/sweep.ts',
        find: 'if (isFinal(state)) await settle(ports, run)\n  else if',
        replace: 'if (isFinal(state)) return true\n  else if',
      },
    ],
  },
  {
    name: 'nothing ends at its deadline',
    rewrites: [
      {
        file: 'lib/runs/progress.ts',
        find: 'const late = nowMs >= new Date(run.deadlineAt).getTime()',
        replace: 'const late = false',
      },
      {
        file: 'lib/runs/sweep.ts',
        find: 'else if (now >= rulesOf(state).late.at(run)) await',
        replace: 'else if (now < run.createdAt && isFinal(state)) await',
      },
    ],
  },
  {
    name: 'an end is noted as told before it is told',
    rewrites: [
      {
        file: 'lib/runs/finish.ts',
        find: '  await ports.publisher.runEnded(run)\n  await ports.store.save(changed(run, run.state, { notifiedAt: new Date(ports.clock()).toISOString() }, ports.clock()))',
        replace:
          '  await ports.store.save(changed(run, run.state, { notifiedAt: new Date(ports.clock()).toISOString() }, ports.clock()))\n  await ports.publisher.runEnded(run)',
      },
    ],
  },
  {
    name: 'every telling has an id of its own',
    rewrites: [
      {
        file: 'lib/notify/events.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        find: 'id: `${run.id}/${run.state}`,',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        replace: 'id: `${run.id}/${run.state}/${Date.now()}`,',
      },
    ],
  },
  {
    name: 'delays are not bounded',
    rewrites: [
      {
        file: 'lib/runs/schedule.ts',
        find: 'return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(seconds)))',
        replace: 'return Math.ceil(seconds) * 100',
      },
    ],
  },
  {
    name: 'AWS may cut the loop of poll-run',
    rewrites: [
      {
        file: 'serverless.yml',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        find: '    timeout: ${self:custom.poll.timeout}\n    recursiveLoop: Allow\n',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        replace: '    timeout: ${self:custom.poll.timeout}\n',
      },
    ],
  },
  {
    name: 'a function does not say which messages of a batch failed',
    rewrites: [
      {
        file: 'serverless.yml',
        find: '!GetAtt PollsQueue.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures,',
        replace: '!GetAtt PollsQueue.Arn, batchSize: 5,',
      },
    ],
  },
  {
    name: 'a message that failed is taken for handled',
    rewrites: [
      {
        file: 'lib/aws/records.ts',
        find: '        throw error\n      }',
        replace: '      }',
      },
    ],
  },
  {
    name: 'success needs no proof on the resource',
    rewrites: [
      {
        file: 'lib/runs/poll.ts',
        find: 'if (conclusion.done && (!verifyNow || !operation.tracking.verify)) {',
        replace: 'if (conclusion.done) {',
      },
    ],
  },
  {
    name: 'two backups may be asked for',
    rewrites: [
      {
        file: 'lib/runs/prepare.ts',
        find: "if (!(await ports.store.save(intent))) return 'lost'",
        replace: '',
      },
    ],
  },
  {
    name: 'a message that comes too early is dropped',
    rewrites: [
      {
        file: 'lib/runs/submit.ts',
        find: 'if (isEarly(found.nextAt, now)) return void (await hop(ports, found, now))',
        replace: 'if (isEarly(found.nextAt, now)) return undefined',
      },
    ],
  },
  {
    name: 'a run is cancelled though it was sent',
    rewrites: [
      {
        file: 'lib/runs/cancel.ts',
        find: "return (state === 'queued' || state === 'attached') && sentAt === undefined && resent === 0",
        replace: "return state !== 'succeeded' || sentAt === undefined || resent === 0",
      },
      {
        file: 'lib/runs/states.ts',
        find: "becomes: ['queued', 'tracking', 'verifying', 'failed', 'unknown'],",
        replace: "becomes: ['queued', 'tracking', 'verifying', 'failed', 'unknown', 'cancelled'],",
      },
    ],
  },
  {
    name: 'who joins another is sent by itself',
    rewrites: [
      {
        file: 'lib/runs/collide.ts',
        find: 'if (same) return attach(ports, run, same)',
        replace: 'if (same) return',
      },
    ],
  },
  {
    name: 'a dead letter is not kept',
    rewrites: [
      {
        file: 'lib/runs/bury.ts',
        find: 'const letter = (await ports.store.keepLetter(fresh)) ?? fresh',
        replace: 'const letter = fresh',
      },
    ],
  },
]
