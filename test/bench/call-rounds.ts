import { answer } from './child.ts'
import { CLIENTS, type ClientName } from './clients/all.ts'

/** A contestant's process: makes calls, so many at a time, and says what CPU each took (us). */
export interface Round {
  calls: number
  inFlight: number
}

const [name, origin = ''] = process.argv.slice(2)
const { client } = await CLIENTS[name as ClientName].load() // what call.ts starts it with
const call = client(origin)

answer(async ({ calls, inFlight }: Round): Promise<number> => {
  const status = await call()
  if (status !== 'SUCCESS' && status !== 2) throw new Error(`${name} read ${status}`)
  let left = calls
  const work = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: inFlight }, work))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
})
