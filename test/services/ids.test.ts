import { expect, test } from 'vitest'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { sampleOf, TRICKS } from './samples.ts'

test.for([...CATALOGUE.values()])('$name takes no id or region that is a trick', (operation) => {
  const good = { region: 'cn-north-4', ...sampleOf(operation).target }
  const fields = Object.entries(good).filter(([, value]) => typeof value === 'string')
  const odd = fields.flatMap(([name, value]) =>
    TRICKS.flatMap((trick) => [trick, `${value}${trick}`, `${trick}${value}`].map((text) => [name, text] as const)),
  )
  expect(operation.target.safeParse(good).success).toBe(true)
  expect(odd.filter(([name, text]) => operation.target.safeParse({ ...good, [name]: text }).success)).toEqual([])
})
