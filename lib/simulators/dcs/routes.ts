import { createBackup, listBackups } from './backups.ts'
import { type Handler, onInstance } from './call.ts'
import { listInstanceTasks, listTasks, showJob } from './jobs.ts'
import { listGroups, listInstances, listNodes, showInstance } from './reads.ts'
import { changeInstances, changeNodes, swapMaster, switchShard } from './writes.ts'

interface Route {
  path: string
  methods: Record<string, Handler>
}

/** All that is simulated; a fixed segment stands before a parameter in the same place. Note the singular `instance`. */
const ROUTES: Route[] = [
  { path: '/v2/:project/instances', methods: { GET: listInstances } },
  { path: '/v2/:project/instances/status', methods: { PUT: changeInstances } },
  { path: '/v2/:project/instances/:instance', methods: { GET: onInstance(showInstance) } },
  { path: '/v2/:project/instances/:instance/nodes/status', methods: { PUT: onInstance(changeNodes) } },
  { path: '/v2/:project/instances/:instance/async-swap', methods: { PUT: onInstance(swapMaster) } },
  { path: '/v2/:project/instances/:instance/logical-nodes', methods: { GET: onInstance(listNodes) } },
  {
    path: '/v2/:project/instances/:instance/backups',
    methods: { GET: onInstance(listBackups), POST: onInstance(createBackup) },
  },
  { path: '/v2/:project/instances/:instance/tasks', methods: { GET: onInstance(listInstanceTasks) } },
  { path: '/v2/:project/instance/:instance/groups', methods: { GET: onInstance(listGroups) } },
  {
    path: '/v2/:project/instance/:instance/groups/:group/replications/:node/async-switchover',
    methods: { POST: onInstance(switchShard) },
  },
  { path: '/v2/:project/jobs/:job', methods: { GET: showJob } },
  { path: '/v2/:project/tasks', methods: { GET: listTasks } },
]

/** The route of a raw path with its parameters, or nothing. */
export function matchRoute(path: string): { route: Route; params: Record<string, string> } | undefined {
  const segments = path.split('/')
  const route = ROUTES.find((candidate) => {
    const wanted = candidate.path.split('/')
    return wanted.length === segments.length && wanted.every((part, i) => part.startsWith(':') || part === segments[i])
  })
  if (!route) return undefined
  const pairs = route.path.split('/').map((part, i): [string, string] => [part.slice(1), segments[i] ?? ''])
  return { route, params: Object.fromEntries(pairs.filter((_, i) => route.path.split('/')[i]?.startsWith(':'))) }
}
