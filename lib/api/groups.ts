import * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { Reason } from '../runs/accept/request-body.ts'
import { limitsSlots, slotsIn } from '../runs/guards/groups.ts'
import { DEFAULT_GUARDS, type Group } from '../runs/guards/settings.ts'
import { endStorm, stormIn } from '../runs/guards/storm.ts'
import { durationText } from '../runs/lease/limits.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { RequestError } from '../runs/request-error.ts'
import { State } from '../runs/states.ts'
import { callerOf } from './caller.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { readJson } from './http/read-json.ts'
import { NoQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** A group of resources, as it is used now. */
export const GroupView = z.object({
  name: z.string().describe('Its name in the rules; `everything` is built in'),
  resources: z.array(z.string()).describe('Patterns of its resources'),
  maxAtOnce: z.int().optional().describe('So many of them are worked on at once'),
  maxPercent: z.int().optional().describe('The same as a share of its resources in the account and region'),
  minHealthy: z.int().optional().describe('So many others of them must be healthy'),
  slots: z
    .array(
      z.object({
        runId: z.string().describe('Id of the run'),
        resource: z.string().describe('Its resource'),
        state: State,
        since: z.iso.datetime().describe('Since when it counts'),
      }),
    )
    .describe('Runs that count now; none are counted where nothing limits them'),
  storm: z
    .object({
      resources: z.int().describe('More distinct resources than this begin a storm'),
      within: z.string().describe('If they ask within this time, e.g. `5m`'),
      calm: z.string().describe('It ends once it has been calm for so long'),
      asking: z
        .int()
        .describe('Distinct resources that asked within that time; no more are counted than begin a storm'),
      since: z.iso.datetime().optional().describe('When the present storm began; absent where there is none'),
      until: z.iso.datetime().optional().describe('When it ends, if no more ask'),
    })
    .optional()
    .describe('Absent where the default one holds, or where it is off'),
})

/** `GET /groups`. */
export async function listGroups(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  readQuery(NoQuery, event.queryStringParameters)
  const groups = Object.entries(groupsOf(ports)).map(([name, group]) => viewOf(ports, name, group))
  return jsonResult(200, { groups: await Promise.all(groups) })
}

function groupsOf({ guards = DEFAULT_GUARDS }: RecordPorts): Readonly<Record<string, Group>> {
  return guards.groups
}

async function viewOf(ports: RecordPorts, name: string, group: Group): Promise<z.infer<typeof GroupView>> {
  const { resources, storm: setting, ...limits } = group
  const storm = setting === 'off' ? undefined : setting
  const [slots, state] = await Promise.all([
    limitsSlots(group) ? slotsIn(ports, name) : [],
    storm && stormIn(ports, name, storm),
  ])
  return {
    ...{ name, resources: [...resources], ...limits },
    slots: slots.map(({ slot, run }) => ({
      ...{ runId: run.id, resource: slot.resource, state: run.state, since: slot.at },
    })),
    ...(storm && state
      ? {
          storm: {
            ...{ resources: storm.resources, within: durationText(storm.withinMs), calm: durationText(storm.calmMs) },
            ...state,
          },
        }
      : {}),
  }
}

/** The body of a request that ends a storm. */
export const ResumeBody = z.strictObject({ reason: Reason.min(1).describe('Why alarms may start runs again') })

/** `POST /groups/{name}/resume`. */
export async function resumeGroup(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const parsed = ResumeBody.safeParse(await readJson(event, '{reason}'))
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const name = event.pathParameters?.name ?? ''
  const groups = groupsOf(ports)
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined
  if (!group?.storm || group.storm === 'off') throw notFound('group with a storm stop', name)
  const by = callerOf(event)
  await endStorm(ports, name, { by, reason: parsed.data.reason })
  ports.log('warn', 'group resumed', { group: name, by, reason: parsed.data.reason })
  return jsonResult(200, await viewOf(ports, name, group))
}
