import type { Rewrite } from '../engine/source.ts'

/** A guard that is switched off, and what it guards. */
export interface Mutant extends Rewrite {
  name: string
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of programs
/** Each must be caught: what is not caught is not proven. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a change of a run is not conditional on its version',
    file: 'lib/aws/store.ts',
    find: "put(run, 'version = :before', { ':before': run.version - 1 })",
    replace: "put(run, 'attribute_exists(id)')",
  },
  {
    name: 'accepting is not conditional on a free id',
    file: 'lib/aws/store.ts',
    find: "put(run, 'attribute_not_exists(id)')",
    replace: "put(run, 'attribute_not_exists(id) OR attribute_exists(id)')",
  },
  {
    name: 'a refused write is never known as our own',
    file: 'lib/aws/store.ts',
    find: 'return (await read(item.id))?.writeId === writeId',
    replace: 'return false',
  },
  {
    name: 'a refused write is always taken for our own',
    file: 'lib/aws/store.ts',
    find: 'return (await read(item.id))?.writeId === writeId',
    replace: 'return true',
  },
  {
    name: 'a read of a run may be an old one',
    file: 'lib/aws/store.ts',
    find: ', ConsistentRead: true',
    replace: '',
  },
  {
    name: 'a lease is changed whatever its version',
    file: 'lib/aws/store.ts',
    find: "put(leaseItem(lease), 'version = :before', { ':before': lease.version - 1 })",
    replace: "put(leaseItem(lease), 'attribute_exists(id)')",
  },
  {
    name: 'a lease is taken whoever has it',
    file: 'lib/runs/lease.ts',
    find: '    if (held) return { held }\n',
    replace: '',
  },
  {
    name: 'no lease is taken',
    file: 'lib/runs/submit.ts',
    find: 'const held = await takeLease(ports, run)\n',
    replace: 'const held = undefined\n',
  },
  {
    name: 'a lease passes on as soon as its run has ended',
    file: 'lib/runs/lease.ts',
    find: 'if (outcome?.providerDone || Date.parse(lease.until) <= nowMs) return true',
    replace: 'return true',
  },
  {
    name: 'one look at rest is enough for a lease to pass on',
    file: 'lib/runs/lease.ts',
    find: 'return rest !== undefined && Date.parse(rest.seenAt) - Date.parse(rest.since) >= AT_REST_MS',
    replace: 'return rest !== undefined',
  },
  {
    name: 'whoever asks passes those that wait',
    file: 'lib/runs/lease.ts',
    find: '  for (const id of lease.waiting) {',
    replace: '  for (const id of [] as string[]) {',
  },
  {
    name: 'the intent is not written before the call',
    file: 'lib/runs/submit.ts',
    find: 'return (await ports.store.save(intent)) ? { run: intent, operation } : undefined',
    replace: 'return { run: intent, operation }',
  },
  {
    name: 'a run that was being sent is sent again',
    file: 'lib/runs/submit.ts',
    find: "  if (found.state === 'submitting') return void (await reconcile(ports, found, deadlineAtMs))\n",
    replace: "  if (found.state === 'submitting') found.state = 'queued'\n",
  },
  {
    name: 'a call without a clear answer is sent again',
    file: 'lib/runs/send.ts',
    find: "const isClear = answer.facts.change === 'none' &&",
    replace: 'const isClear = answer.facts.change !== undefined &&',
  },
  {
    name: 'what was not found at once is sent again',
    file: 'lib/runs/reconcile.ts',
    find: 'if (isOver && isProof && run.resent < MAX_RESENT)',
    replace: 'if (run.resent < MAX_RESENT)',
  },
  {
    name: 'what was not found for a moment is sent again',
    file: 'lib/runs/reconcile.ts',
    find: 'const QUIET_MS = 180_000',
    replace: 'const QUIET_MS = 0',
  },
  {
    name: 'the answer of a call is dropped where somebody looks for it',
    file: 'lib/runs/send.ts',
    find: '    intent = await ports.store.get(sent.id)\n',
    replace: '    intent = undefined\n',
  },
  {
    name: 'the wish that joins another is sent as well',
    file: 'lib/runs/collide.ts',
    find: '  if (same) return attach(ports, run, same)\n',
    replace: '  if (same) return standAlone(ports, run)\n',
  },
  {
    name: 'who joined another ends as it likes',
    file: 'lib/runs/collide.ts',
    find: 'return finish(ports, run, state, {',
    replace: "return finish(ports, run, 'unknown', {",
  },
  {
    name: 'two that wait may join each other',
    file: 'lib/runs/collide.ts',
    find: 'own < 0 ? lease.waiting : lease.waiting.slice(0, own)',
    replace: 'lease.waiting.filter((other) => other !== id)',
  },
  {
    name: 'what is being sent may be cancelled',
    file: 'lib/runs/cancel.ts',
    find: "return (state === 'queued' || state === 'attached') && sentAt === undefined && resent === 0",
    replace: 'return !isFinal(state)',
  },
  {
    name: 'a look does not take its step first',
    file: 'lib/runs/poll.ts',
    find: '  if (!(await ports.store.save(claimed))) return\n',
    replace: '',
  },
  {
    name: 'a message of any step is looked at',
    file: 'lib/runs/poll.ts',
    find: '  if (message.step !== run.step) return\n',
    replace: '',
  },
  {
    name: 'a message that comes too early is dropped',
    file: 'lib/runs/poll.ts',
    find: 'if (!overdue) return hop(ports, run, now)',
    replace: 'if (!overdue) return',
  },
  {
    name: 'a repeat of the newest step heals nothing',
    file: 'lib/runs/poll.ts',
    find: '  if (message.step === run.step - 1 && overdue) return enqueue(ports, run, 0)\n',
    replace: '',
  },
  {
    name: 'the sweeper re-arms nothing',
    file: 'lib/runs/sweep.ts',
    find: '    if (await ports.store.save(next)) rearmed.push(next)\n',
    replace: '    await ports.store.save(next)\n',
  },
  {
    name: 'the sweeper tells nobody',
    file: 'lib/runs/sweep.ts',
    find: '  if (isFinal(state)) await settle(ports, run)\n  else if',
    replace: '  if (isFinal(state)) return false\n  else if',
  },
  {
    name: 'the sweeper ends nothing that is late',
    file: 'lib/runs/sweep.ts',
    find: 'else if (now >= rulesOf(state).late.at(run)) await',
    replace: "else if (now < '') await",
  },
  {
    name: 'messages that a batch did not take are not missed',
    file: 'lib/aws/queue.ts',
    find: 'if (count > 0) throw',
    replace: 'if (count < 0) throw',
  },
  {
    name: 'an end is noted as told before it is told',
    file: 'lib/runs/finish.ts',
    find: '  await ports.publisher.runEnded(run)\n  await ports.store.save(changed(run, run.state, { notifiedAt: new Date(ports.clock()).toISOString() }, ports.clock()))',
    replace:
      '  await ports.store.save(changed(run, run.state, { notifiedAt: new Date(ports.clock()).toISOString() }, ports.clock()))\n  await ports.publisher.runEnded(run)',
  },
  {
    name: 'every telling has an id of its own',
    file: 'lib/notify/events.ts',
    find: 'id: `${run.id}/${run.state}`,',
    replace: 'id: `${run.id}/${run.state}/${Date.now()}`,',
  },
  {
    name: 'a run that has ended may change',
    file: 'lib/runs/poll.ts',
    find: "  if (isFinal(run.state)) return settle(ports, run)\n  if (rulesOf(run.state).goesOnBy !== 'polls') return\n",
    replace: '',
  },
  {
    name: 'delays are not bounded',
    file: 'lib/runs/schedule.ts',
    find: 'return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(seconds)))',
    replace: 'return Math.ceil(seconds) * 100',
  },
  {
    name: 'AWS may cut the loop of poll-run',
    file: 'serverless.yml',
    find: '    timeout: ${self:custom.poll.timeout}\n    recursiveLoop: Allow\n',
    replace: '    timeout: ${self:custom.poll.timeout}\n',
  },
  {
    name: 'a message that fails is deleted',
    file: 'lib/aws/records.ts',
    find: '        throw error\n      }',
    replace: '      }',
  },
  {
    name: 'a function does not say which messages of a batch failed',
    file: 'serverless.yml',
    find: '!GetAtt PollsQueue.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures,',
    replace: '!GetAtt PollsQueue.Arn, batchSize: 5,',
  },
  {
    name: 'what is given up is not kept',
    file: 'lib/runs/bury.ts',
    find: '(await ports.store.keepLetter(fresh)) ?? fresh',
    replace: 'fresh',
  },
  {
    name: 'a message of another release is dropped',
    file: 'lib/aws/records.ts',
    find: 'message ? handle(message, deadlineAtMs) : bury(ports, givenUp(record, queue))',
    replace: 'message && handle(message, deadlineAtMs)',
  },
  {
    name: 'success needs no proof on the resource',
    file: 'lib/runs/poll.ts',
    find: 'if (conclusion.done && (!verifyNow || !operation.tracking.verify)) {',
    replace: 'if (conclusion.done) {',
  },
  {
    name: 'nothing ends at its deadline',
    file: 'lib/runs/progress.ts',
    find: 'const late = nowMs >= new Date(run.deadlineAt).getTime()',
    replace: 'const late = false',
  },
  {
    name: 'two backups may be asked for',
    file: 'lib/runs/prepare.ts',
    find: "  if (!(await ports.store.save(intent))) return 'lost'\n",
    replace: '  await ports.store.save(intent)\n',
  },
  {
    name: 'a backup that goes on does not keep its instance',
    file: 'lib/runs/not-begun.ts',
    find: 'const providerDone = run.preparedAt === undefined || run.sentAt !== undefined',
    replace: 'const providerDone = true',
  },
  {
    name: 'a worker may hold what it began for a moment only',
    file: 'lib/runs/schedule.ts',
    find: '{ submit: 35_000, poll: 25_000 }',
    replace: '{ submit: 3_500, poll: 2_500 }',
  },
]
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of programs
