import { EVERYTHING } from '../runs/guards/settings.ts'
import { SERVICES } from '../services/catalogue.ts'
import type { Groups } from './groups.ts'
import type { Path, RuleError } from './rule-error.ts'

const GROUP_NAME = /^[a-z0-9-]{1,64}$/

/** Names that are not allowed, and resources that no service has. */
export function groupErrors(groups: Groups): RuleError[] {
  return Object.entries(groups).flatMap(([name, { resources }]) => {
    const errorAt = (path: Path, message: string): RuleError => ({
      path: ['groups', name, ...path],
      message: `groups.${name}: ${message}`,
    })
    const unknown = [resources].flat().filter((pattern) => !mayMatch(pattern))
    return [
      ...(name === EVERYTHING
        ? [errorAt([], "is the built-in group of all resources; give another name, with resources: '*'")]
        : []),
      ...(GROUP_NAME.test(name) ? [] : [errorAt([], 'its name must be lower-case letters, digits and hyphens')]),
      ...unknown.map((pattern) => errorAt(['resources'], `resources: ${pattern} matches none; ${FORMS}`)),
    ]
  })
}

const PREFIXES = SERVICES.map(({ service: { provider, name } }) => `${provider}/${name}/`)
const FORMS = `they are such as ${PREFIXES.map((prefix) => `${prefix}*`).join(' or ')}, in lower case`

/** Whether a pattern may match a resource of a service. */
function mayMatch(pattern: string): boolean {
  const [head = ''] = pattern.split('*')
  const isOpen = pattern.includes('*')
  return (
    PREFIXES.some(
      (prefix) =>
        (isOpen && prefix.startsWith(head)) || (head.startsWith(prefix) && (isOpen || head.length > prefix.length)),
    ) && pattern === pattern.toLowerCase()
  )
}
