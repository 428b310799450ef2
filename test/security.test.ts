import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SOURCES } from '../lib/sources/sources.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGE = readFileSync(`${ROOT}/.github/SECURITY.md`, 'utf8')
const TEMPLATE = JSON.parse(readFileSync(`${ROOT}/.serverless/cloudformation-template-update-stack.json`, 'utf8'))

interface Resource {
  Type: string
  Properties: { RouteKey?: string; AuthorizationType?: string; EventPattern?: object }
}

/** Name and properties of the packaged template's resources of a type. */
function resourcesOf(type: string): [string, Resource['Properties']][] {
  return Object.entries(TEMPLATE.Resources as Record<string, Resource>).flatMap(([name, { Type, Properties }]) =>
    Type === type ? [[name, Properties]] : [],
  )
}

/** The names in the first column of the tables under a heading. */
function namesUnder(heading: string): string[] {
  const [, text = ''] = PAGE.split(`\n### ${heading}\n`)
  const [section = ''] = text.split(/\n##/)
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name)
}

/** Of functions, as the template calls their roles: `ReceiveAlarmRole` is that of `receive-alarm`. */
function functionsThatMay(action: string): string[] {
  return resourcesOf('AWS::IAM::Role')
    .filter(([, properties]) => JSON.stringify(properties).includes(action))
    .map(([name]) =>
      name
        .replace(/Role$/, '')
        .replaceAll(/(?<!^)[A-Z]/g, '-$&')
        .toLowerCase(),
    )
}

test('SECURITY.md has every source of webhooks', () => {
  expect(namesUnder('Webhooks')).toEqual([...SOURCES.keys()])
})

test('the functions that may read the secret are those that SECURITY.md names', () => {
  const [, line = ''] = /^\* (.*) may read the whole secret/m.exec(PAGE) ?? []
  const named = [...line.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name)
  expect(named.sort()).toEqual(functionsThatMay('secretsmanager:GetSecretValue').sort())
})

test('no event that a customer may put into EventBridge fits a rule', () => {
  const patterns = resourcesOf('AWS::Events::Rule').flatMap(([, { EventPattern }]) => EventPattern ?? [])
  expect(patterns).toEqual([expect.objectContaining({ source: ['aws.cloudwatch'] })])
})

test('the routes that are open to everybody are those that SECURITY.md names', () => {
  const open = resourcesOf('AWS::ApiGatewayV2::Route').flatMap(([, { RouteKey = '', AuthorizationType = 'NONE' }]) =>
    AuthorizationType === 'NONE' ? [RouteKey.replace(/^\S+ /, '')] : [],
  )
  const paths = [...new Set(open)].sort()
  expect(paths).toEqual(['/health', '/problems/{name}', '/schemas/{name}', '/webhooks/{source}'])
  expect(namesUnder('HTTP API on AWS').sort()).toEqual(paths)
})
