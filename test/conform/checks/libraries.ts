import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestMachine } from '../../end-to-end/test-machine.ts'
import type { Check, CheckAgainst } from '../check.ts'
import { command } from '../command.ts'
import { compileTypeScript, runTypeScript } from '../generators/typescript.ts'
import { CHECK_INSTANCE } from '../machine.ts'
import { npmInstall } from '../tools.ts'

/** The official libraries of two standards, at the other end. */
export const LIBRARIES: readonly Check[] = [
  {
    ...{ name: 'cloudevents', tool: 'cloudevents', needs: [] },
    install: ({ tools }) => npmInstall(tools, ['cloudevents']),
    run: async (place, against) => {
      const machine = ownMachine(against)
      const id = await machine.ask('dcs.instance.swap', { instanceId: CHECK_INSTANCE })
      await machine.end(id)
      while (machine.toldOf(id).length === 0) await sleep(100)
      writeFileSync(join(place.work, 'events.json'), JSON.stringify(machine.machine.told()))
      await compileTypeScript(place)
      await command(runTypeScript(place).words, { cwd: place.work })
    },
  },
  {
    ...{ name: 'standardwebhooks', tool: 'standardwebhooks', needs: [] },
    install: ({ tools }) => npmInstall(tools, ['standardwebhooks']),
    run: async (place, against) => {
      const { machine } = ownMachine(against)
      await compileTypeScript(place)
      const words = [...runTypeScript(place).words, against.url, CHECK_INSTANCE, String(machine.clock())]
      const environment = { WEBHOOK_SECRET: machine.webhooks.WEBHOOK_GENERIC_SECRETS ?? '' }
      await command(words, { cwd: place.work, environment })
    },
  },
]

function ownMachine({ machine }: CheckAgainst): TestMachine {
  if (!machine) throw new Error('needs the machine that the suite starts: leave --url out')
  return machine
}
