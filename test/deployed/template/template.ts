import { readFileSync } from 'node:fs'
import { modelOf, type Template } from './model.ts'
import { Document } from './reader.ts'
import { checkReferences } from './references.ts'

/** Reads the packaged CloudFormation template (JSON). Throws, naming the resource, on what it cannot run. */
export function readTemplate(file: string): Template {
  return parseTemplate(JSON.parse(readFileSync(file, 'utf8')))
}

/** Reads a CloudFormation template; resource types that the runtime has no use for are left out. */
export function parseTemplate(json: unknown): Template {
  const template = modelOf(Document.parse(json))
  checkReferences(template)
  return template
}
