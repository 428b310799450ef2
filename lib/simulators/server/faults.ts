import { type SimulatedAnswer, textAnswer } from './answer.ts'

/** The requests that a fault may hit. */
export type RequestKind = 'writes' | 'reads' | 'all'

/** How many of the next requests a fault hits, and of which kind. A bare number means the fault's usual kind. */
export type Dose = number | { count: number; on: RequestKind }

/** A way to answer falsely. `Wording` are the quirks it depends on, `Instead` is the type of its answer. */
export interface Fault<Wording, Instead> {
  on: RequestKind
  /** Whether the request is carried out all the same. */
  takesEffect: boolean
  /** Makes the answer that is sent instead of the true one. */
  instead: (answer: SimulatedAnswer, wording: Wording) => Instead
}

type PlainFaults = Record<string, Fault<unknown, SimulatedAnswer>>

export const GATEWAY_PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'

const badGateway = () => textAnswer(GATEWAY_PAGE, 'text/html', 502)
const hang = (answer: SimulatedAnswer): SimulatedAnswer => ({ ...answer, delivery: 'hang' })
const reset = (answer: SimulatedAnswer): SimulatedAnswer => ({ ...answer, delivery: 'reset' })

/** The faults of every cloud, in three groups: a cloud's own faults may take precedence in between. */
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

/** Longer than any bound that a client sets on an answer of a few kB. */
export function padding(): string {
  return 'x'.repeat(24 * 1024 * 1024)
}

/** Every fault, switched off. */
export function noDoses<Name extends string>(faults: Record<Name, unknown>): Record<Name, Dose> {
  return Object.fromEntries(Object.keys(faults).map((name) => [name, 0])) as Record<Name, Dose>
}

/** Finds the first fault in the table that hits a request of this kind, and counts its dose down by one. */
export function takeFault<Name extends string, Known extends { on: RequestKind }>(
  faults: Record<Name, Known>,
  doses: Record<NoInfer<Name>, Dose>,
  kind: RequestKind,
): Known | undefined {
  const doseOf = (name: Name): { count: number; on: RequestKind } => {
    const dose = doses[name]
    return typeof dose === 'number' ? { count: dose, on: faults[name].on } : dose
  }
  const hit = (Object.keys(faults) as Name[]).find((name) => {
    const { count, on } = doseOf(name)
    return count > 0 && (on === 'all' || on === kind)
  })
  if (hit === undefined) return undefined
  const { count, on } = doseOf(hit)
  doses[hit] = { count: count - 1, on }
  return faults[hit]
}

/** Counts down a quirk that goes by accepted operations, not by requests. @returns false if it was 0 */
export function takeOne<Name extends string>(quirks: Record<Name, number>, name: Name): boolean {
  if (quirks[name] <= 0) return false
  quirks[name] -= 1
  return true
}
