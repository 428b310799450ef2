import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { jsonSchemaOf } from '../../basics/json-schema.ts'
import { Rules } from '../../rules/rules.ts'
import { type Console, EXIT } from './console.ts'

const SCHEMA_FILE = 'events/rules.schema.json'

/** The JSON Schema of rule files, for editors. */
export function rulesSchema(): Record<string, unknown> {
  const { $schema, ...schema } = jsonSchemaOf(Rules, 'input')
  return { $schema, title: 'Rules of Steadyhand', ...schema }
}

/** `npm run rules -- schema [file]` */
export function writeSchema(console: Console, file = SCHEMA_FILE): number {
  writeFileSync(resolve(console.root, file), `${JSON.stringify(rulesSchema(), null, 2)}\n`)
  console.out(`${file} is written`)
  return EXIT.ok
}
