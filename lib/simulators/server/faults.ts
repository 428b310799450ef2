import { type SimulatedAnswer, textAnswer } from './answer.ts'

/** Which requests a fault may hit. */
export type RequestKind = 'writes' | 'reads' | 'all'

/** How many of the next requests are hit, and of which sort; a bare number takes the fault's usual sort. */
export type Dose = number | { count: number; on: RequestKind }

/** A way to answer falsely. `Wording` is what the quirks of a cloud leave open in it, `Instead` what it may answer. */
export interface Fault<Wording, Instead> {
  on: RequestKind
  /** Whether the request is carried out all the same. */
  takesEffect: boolean
  /** What is sent instead of the true answer. */
  instead: (answer: SimulatedAnswer, wording: Wording) => Instead
}

type PlainFaults = Record<string, Fault<unknown, SimulatedAnswer>>

export const GATEWAY_PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'

const badGateway = () => textAnswer(GATEWAY_PAGE, 'text/html', 502)
const hang = (answer: SimulatedAnswer): SimulatedAnswer => ({ ...answer, delivery: 'hang' })
const reset = (answer: SimulatedAnswer): SimulatedAnswer => ({ ...answer, delivery: 'reset' })

/** The faults that are the same in front of every cloud, in three groups, as others may take precedence in between. */
export const BAD_GATEWAY = {
  badGatewayBefore: { on: 'all', takesEffect: false, instead: badGateway },
  badGatewayAfter: { on: 'writes', takesEffect: true, instead: badGateway },
} satisfies PlainFaults

export const NO_ANSWER = {
  hangBefore: { on: 'all', takesEffect: false, instead: hang },
  hangAfter: { on: 'writes', takesEffect: true, instead: hang },
  resetBefore: { on: 'all', takesEffect: false, instead: reset },
  resetAfter: { on: 'writes', takesEffect: true, instead: reset },
} satisfies PlainFaults

export const BROKEN_BODY = {
  truncatedBody: { on: 'all', takesEffect: true, instead: (answer) => ({ ...answer, delivery: 'truncated' }) },
  notJsonBody: {
    on: 'all',
    takesEffect: true,
    instead: () => textAnswer('<html>maintenance</html>', 'application/json'),
  },
} satisfies PlainFaults

/** Over any bound that a sane client sets on an answer of a few kB. */
export function padding(): string {
  return 'x'.repeat(24 * 1024 * 1024)
}

/** No fault is on. */
export function noDoses<Name extends string>(faults: Record<Name, unknown>): Record<Name, Dose> {
  return Object.fromEntries(Object.keys(faults).map((name) => [name, 0])) as Record<Name, Dose>
}

/** The fault that hits a request of this sort, if any, the first in the table; its dose goes down by one. */
export function takeFault<Name extends string, Known extends { on: RequestKind }>(
  faults: Record<Name, Known>,
  doses: Record<NoInfer<Name>, Dose>,
  sort: RequestKind,
): Known | undefined {
  const doseOf = (name: Name): { count: number; on: RequestKind } => {
    const dose = doses[name]
    return typeof dose === 'number' ? { count: dose, on: faults[name].on } : dose
  }
  const hit = (Object.keys(faults) as Name[]).find((name) => {
    const { count, on } = doseOf(name)
    return count > 0 && (on === 'all' || on === sort)
  })
  if (hit === undefined) return undefined
  const { count, on } = doseOf(hit)
  doses[hit] = { count: count - 1, on }
  return faults[hit]
}

/** Takes one off a quirk that counts down by what is accepted or asked, not by requests; false if there was none left. */
export function takeOne<Name extends string>(quirks: Record<Name, number>, name: Name): boolean {
  if (quirks[name] <= 0) return false
  quirks[name] -= 1
  return true
}
