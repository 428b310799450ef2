import * as z from 'zod'
import { withoutFreeText } from '../free-text.ts'

/** Free text: anybody who may write into an incident can set it. */
const PROSE = new Set(['title', 'description', 'content', 'message', 'body'])

/** Types whose names administrators choose. Anybody can choose the name of an incident, a task or a person. */
const NAMED_BY_ADMINISTRATORS = new Set([
  'action_reference',
  'escalation_policy_reference',
  'incident_workflow_reference',
  'priority_reference',
  'role_reference',
  'service',
  'service_reference',
  'team_reference',
  'workflow_trigger_reference',
])

/** An entry of the list of custom fields. Names are unique, of lower-case letters, digits and underscores. */
const CustomField = z.looseObject({ name: z.string().regex(/^(?!__proto__$)\w{1,200}$/), value: z.unknown() })

/**
 * The fields of an event that rules may read: all but free text, with custom fields by name. `custom_fields` holds the
 * current values, `changed_custom_fields` the ones that this event replaced; an unset value is `''`.
 */
export function rulesMayRead(event: { data: Record<string, unknown> }): unknown {
  const { data } = event
  const lists = ['custom_fields', 'changed_custom_fields'].filter((name) => Array.isArray(data[name]))
  const byName = lists.map((name) => [name, valuesOf(data[name])])
  return withoutFreeText({ ...event, data: { ...data, ...Object.fromEntries(byName) } }, isProse)
}

function valuesOf(list: unknown): Record<string, unknown> {
  const fields = z.array(CustomField.or(z.unknown().transform(() => undefined))).parse(list)
  return Object.fromEntries(fields.flatMap((field) => (field ? [[field.name, field.value ?? '']] : [])))
}

function isProse(key: string, holder: object): boolean {
  const type = 'type' in holder && typeof holder.type === 'string' ? holder.type : ''
  if (key === 'summary') return !NAMED_BY_ADMINISTRATORS.has(type)
  return PROSE.has(key) || (key === 'name' && type === 'incident_task')
}
