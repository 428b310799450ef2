import type { Template } from './model.ts'

/** Throws, naming the resource, where one refers to something that is missing or of another kind. */
export function checkReferences(template: Template): void {
  const ids = (resources: { id: string }[]) => new Set(resources.map(({ id }) => id))
  const [functions, queues, topics] = [ids(template.functions), ids(template.queues), ids(template.topics)]
  const check = (known: Set<string>, kind: string, where: string, id: string | undefined) => {
    if (id !== undefined && !known.has(id)) throw new Error(`${where}: ${id} is not a ${kind} of this template`)
  }
  const { mappings, routes, rules, schedules, subscriptions } = template
  for (const user of [...mappings, ...routes, ...rules, ...schedules, ...subscriptions])
    check(functions, 'function', user.id, user.function)
  for (const { id, queue } of mappings) check(queues, 'queue', id, queue)
  for (const { id, topic } of subscriptions) check(topics, 'topic', id, topic)
  for (const { id, redrive } of template.queues) check(queues, 'queue', id, redrive?.queue)
  for (const { id, failureQueue } of template.functions) check(queues, 'queue', id, failureQueue)
}
