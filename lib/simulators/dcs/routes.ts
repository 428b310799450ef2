import { handleCreateBackup, handleListBackups } from './backups.ts'
import { type Handler, onInstance } from './call.ts'
import { handleListInstanceTasks, handleListTasks, handleShowJob } from './jobs.ts'
import { handleListGroups, handleListInstances, handleListNodes, handleShowInstance } from './reads.ts'
import { handleChangeInstances, handleChangeNodes, handleSwapMaster, handleSwitchShard } from './writes.ts'

interface Route {
  path: string
  methods: Record<string, Handler>
}

/** All simulated routes; a fixed segment comes before a parameter in its position. Note the singular `instance`. */
const ROUTES: Route[] = [
  { path: '/v2/:project/instances', methods: { GET: handleListInstances } },
  { path: '/v2/:project/instances/status', methods: { PUT: handleChangeInstances } },
  { path: '/v2/:project/instances/:instance', methods: { GET: onInstance(handleShowInstance) } },
  { path: '/v2/:project/instances/:instance/nodes/status', methods: { PUT: onInstance(handleChangeNodes) } },
  { path: '/v2/:project/instances/:instance/async-swap', methods: { PUT: onInstance(handleSwapMaster) } },
  { path: '/v2/:project/instances/:instance/logical-nodes', methods: { GET: onInstance(handleListNodes) } },
  {
    path: '/v2/:project/instances/:instance/backups',
    methods: { GET: onInstance(handleListBackups), POST: onInstance(handleCreateBackup) },
  },
  { path: '/v2/:project/instances/:instance/tasks', methods: { GET: onInstance(handleListInstanceTasks) } },
  { path: '/v2/:project/instance/:instance/groups', methods: { GET: onInstance(handleListGroups) } },
  {
    path: '/v2/:project/instance/:instance/groups/:group/replications/:node/async-switchover',
    methods: { POST: onInstance(handleSwitchShard) },
  },
  { path: '/v2/:project/jobs/:job', methods: { GET: handleShowJob } },
  { path: '/v2/:project/tasks', methods: { GET: handleListTasks } },
]

/** The route of a raw path, with its parameters. */
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
