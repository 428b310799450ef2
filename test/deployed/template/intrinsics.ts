import * as z from 'zod'
import { LOCAL_REGION } from '../emulators/aws.ts'

/** What `Ref` (`Name`) and `Fn::GetAtt` (`Name.Attribute`) stand for; `undefined` where nothing is known. */
export type Lookup = (name: string) => string | undefined

/** fauxqs knows no other account. */
export const LOCAL_ACCOUNT = '000000000000'

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::AccountId': LOCAL_ACCOUNT,
  'AWS::Region': LOCAL_REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'local',
  'AWS::StackId': `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/local/local`,
}

const GetAtt = z.union([
  z.tuple([z.string(), z.string()]).transform(([id, attribute]) => `${id}.${attribute}`),
  z.string(),
])
const Join = z.tuple([z.string(), z.array(z.unknown())])
const Sub = z.union([
  z.string().transform((text) => ({ text, variables: {} as Record<string, unknown> })),
  z.tuple([z.string(), z.record(z.string(), z.unknown())]).transform(([text, variables]) => ({ text, variables })),
])

/**
 * Resolves `Ref`, `Fn::GetAtt`, `Fn::Sub` (both forms) and `Fn::Join` in a part of a CloudFormation template, at any depth.
 *
 * Throws, naming `where`, on any other intrinsic and on a name that `lookup` does not know.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export function resolveIntrinsics(value: unknown, lookup: Lookup, where: string): unknown {
  if (Array.isArray(value))
    return value.map((item) => resolveIntrinsics(item, lookup, where)).filter((item) => item !== undefined)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [name, argument] = entries.length === 1 ? (entries[0] ?? ['']) : ['']
  if (name === 'Ref' && argument === 'AWS::NoValue') return undefined
  const intrinsic = INTRINSICS[name]
  if (intrinsic) return intrinsic(argument, lookup, where)
  if (name.startsWith('Fn::')) throw new Error(`${where}: ${name} is not supported`)
  return Object.fromEntries(
    entries
      .map(([key, item]) => [key, resolveIntrinsics(item, lookup, where)] as const)
      .filter(([, item]) => item !== undefined),
  )
}

type Intrinsic = (argument: unknown, lookup: Lookup, where: string) => unknown

const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (argument, lookup, where) => named(z.string().parse(argument), lookup, where),
  'Fn::GetAtt': (argument, lookup, where) => named(GetAtt.parse(argument), lookup, where),
  'Fn::Join': (argument, lookup, where) => {
    const [separator, parts] = Join.parse(argument)
    return parts.map((part) => resolveIntrinsics(part, lookup, where)).join(separator)
  },
  'Fn::Sub': (argument, lookup, where) => {
    const { text, variables } = Sub.parse(argument)
    return text.replace(/\$\{(!?)([^{}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`
      return name in variables
        ? String(resolveIntrinsics(variables[name], lookup, where))
        : named(name.trim(), lookup, where)
    })
  },
}

function named(name: string, lookup: Lookup, where: string): string {
  const value = lookup(name) ?? PSEUDO_PARAMETERS[name]
  if (value === undefined) throw new Error(`${where}: ${name} names nothing that this template makes`)
  return value
}
