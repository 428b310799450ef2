import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../chance.ts'
import { RULES_FILE } from './alarm-event.ts'
import { SOAK_TOKEN } from './ask.ts'
import type { Facts } from './check.ts'
import { startClouds } from './clouds.ts'
import { readDatabase } from './database.ts'
import { type Killer, LIFE_MS, startKiller } from './killer.ts'
import { outcomesOf } from './outcomes.ts'
import { hasEnded, listRuns, type SeenRun } from './runs.ts'
import { type Sent, sendWish } from './sender.ts'
import { planWishes } from './wishes.ts'

export interface SoakOptions {
  runs: number
  kills: number
  seed: number
  dataDir: string
  say: (text: string) => void
}

/** So long after the last kill everything has ended: a run that was being sent is looked for for minutes. */
const MOST_END_MS = 12 * 60_000
/** When all have ended, what was not told is told by the sweeper: after 30 s, at its next run each minute. */
const UNTOLD_MS = 150_000
const LOOK_EVERY_MS = 3_000
/** Without a kill the wishes still need a while. */
const LEAST_SPAN_MS = 10_000

/** Sends the wishes while the product is killed again and again, waits for the end of all, and says what was found. */
export async function soak({ runs, kills, seed, dataDir, say }: SoakOptions): Promise<Facts> {
  const wishes = planWishes(runs, Math.max(LEAST_SPAN_MS, kills * LIFE_MS), seeded(seed))
  const clouds = await startClouds({ wishes, seed })
  const port = await freePort()
  const killer = startKiller({
    env: { ...clouds.env, PORT: String(port), DATA_DIR: dataDir, API_TOKEN: SOAK_TOKEN, RULES_FILE },
    ...{ kills, random: seeded(seed + 1), onKill: (count) => say(`kill ${count} of ${kills}`) },
  })
  try {
    const url = `http://127.0.0.1:${port}`
    const sending = wishes.map(async (wish) => {
      await sleep(wish.atMs)
      return sendWish({ url, dataDir }, wish)
    })
    await killer.done
    say('the last kill is done')
    const sent = await Promise.all(sending)
    say(`${wishes.length} wishes are accepted`)
    const found = await untilTheEnd(url, killer, sent, say)
    // As they are before the last life is ended, too.
    const lives = structuredClone(killer.lives)
    const tally = await clouds.tally()
    await killer.close()
    const { outcomes, damages } = readDatabase(dataDir)
    return { sent, runs: found, outcomes: outcomesOf(killer.told, outcomes), tally, lives, damages }
  } finally {
    await killer.close()
    clouds.close()
  }
}

/** Waits until every run has ended and has been told, or until it is clear that this does not come. */
async function untilTheEnd(url: string, { told }: Killer, sent: Sent[], say: SoakOptions['say']): Promise<SeenRun[]> {
  const wished = new Set(sent.flatMap(({ ids }) => [...ids]))
  let runs: SeenRun[] = []
  let allEndedAt: number | undefined
  for (const until = Date.now() + MOST_END_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) {
    runs = (await listRuns(url)) ?? runs
    const live = runs.filter((run) => !hasEnded(run)).length + wished.size - runs.length
    const known = new Set(told.map(({ data }) => data.id))
    say(`${live} live, ${runs.filter((run) => hasEnded(run) && !known.has(run.id)).length} ended and untold`)
    if (live > 0) continue
    allEndedAt ??= Date.now()
    if (runs.every(({ id }) => known.has(id)) || Date.now() - allEndedAt > UNTOLD_MS) break
  }
  return runs
}

/** Fixed for all lives, as a user's is. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address !== 'string' ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
