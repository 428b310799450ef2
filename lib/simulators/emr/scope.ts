import { type EmrError, emrError } from './answers.ts'
import type { EmrCluster, EmrProcess } from './state.ts'

/** An entry of `OpScope.ServiceInfoList`, its shape checked. */
export interface ScopedService {
  ServiceName: string
  ComponentInfoList?: { ComponentName: string; IpList?: string[] | null | undefined }[] | null | undefined
}

type Found = { processes: EmrProcess[] } | { refusal: EmrError }

/** The processes in scope, each once. No component means the whole service, no IP all nodes. */
export function processesInScope(cluster: EmrCluster, services: ScopedService[]): Found {
  return gather(services, (service) => {
    const all = cluster.processes.filter((process) => process.service === service.ServiceName)
    if (all.length === 0) return lacking('UnsupportedOperation.ServiceNotSupport', service.ServiceName)
    if (!service.ComponentInfoList) return { processes: all }
    return gather(service.ComponentInfoList, ({ ComponentName, IpList }) => {
      const roles = all.filter((process) => process.component === ComponentName)
      if (roles.length === 0) return lacking('InvalidParameter.InvalidComponent', ComponentName)
      if (!IpList || IpList.length === 0) return { processes: roles }
      return gather(IpList, (ip) => onNode(cluster, roles, ip))
    })
  })
}

function onNode(cluster: EmrCluster, roles: EmrProcess[], ip: string): Found {
  const here = roles.filter((process) => process.ip === ip)
  if (here.length > 0) return { processes: here }
  const isNode = cluster.processes.some((process) => process.ip === ip)
  return lacking(isNode ? 'InvalidParameter.InvalidServiceNodeInfo' : 'InvalidParameter.InvalidIpList', ip)
}

/** The processes of all items, or the first error. */
function gather<T>(items: readonly T[], find: (item: T) => Found): Found {
  const found = items.map(find)
  const refused = found.find((one) => 'refusal' in one)
  if (refused) return refused
  return { processes: [...new Set(found.flatMap((one) => ('processes' in one ? one.processes : [])))] }
}

function lacking(code: EmrError['code'], name: string): Found {
  return { refusal: emrError(code, `\`${name}\``) }
}
