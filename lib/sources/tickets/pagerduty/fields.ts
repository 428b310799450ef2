import * as z from 'zod'
import { withoutFreeText } from '../free-text.ts'

/** Free text, of whoever may write into an incident. */
const PROSE = new Set(['title', 'description', 'content', 'message', 'body'])

/** What these are called, administrators chose; what an incident, a task or a person is called, anybody. */
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

/** Custom fields are a list of these; names are unique, of lower-case letters, digits and underscores. */
const CustomField = z.looseObject({ name: z.string().regex(/^(?!__proto__$)\w{1,200}$/), value: z.unknown() })

/**
 * What rules may point at in an event: all but free text, with custom fields by name.
 * `custom_fields` has the values as they are now, `changed_custom_fields` those that this event replaced; unset is `''`.
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
