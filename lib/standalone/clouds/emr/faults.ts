import { type Answer, type Refusal, type RefusalCode, raw, refuse } from './answers.ts'

/** Which requests a fault may hit; StartStopServiceOrMonitor is the only write. */
export type Sort = 'writes' | 'reads' | 'all'

/** Ways to answer falsely. */
export type FaultName = keyof typeof FAULTS

/** What the quirks leave open in the answers of some faults. */
interface Wording {
  throttleCode: RefusalCode
  serverErrorCode: RefusalCode
  redirectTo: string
}

export interface Fault {
  on: Sort
  /** Whether the request is carried out all the same. */
  takesEffect: boolean
  /** What is sent instead of the true answer; a refusal still gets its envelope. */
  instead: (answer: Answer, wording: Wording) => Answer | Refusal
}

/** Over any bound that a sane client sets on an answer of a few kB. */
const HUGE_BYTES = 24 * 1024 * 1024
const HTML = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'

const serverError = (_answer: Answer, wording: Wording) => refuse(wording.serverErrorCode)
const badGateway = () => raw(HTML, 'text/html', 502)
const hang = (answer: Answer): Answer => ({ ...answer, delivery: 'hang' })
const reset = (answer: Answer): Answer => ({ ...answer, delivery: 'reset' })

/** In the order of precedence: of several that are on, the first one hits. */
export const FAULTS = {
  throttle: {
    on: 'all',
    takesEffect: false,
    instead: (_answer: Answer, wording: Wording) => refuse(wording.throttleCode),
  },
  serverErrorBefore: { on: 'writes', takesEffect: false, instead: serverError },
  serverErrorAfter: { on: 'writes', takesEffect: true, instead: serverError },
  badGatewayBefore: { on: 'all', takesEffect: false, instead: badGateway },
  badGatewayAfter: { on: 'writes', takesEffect: true, instead: badGateway },
  hangBefore: { on: 'all', takesEffect: false, instead: hang },
  hangAfter: { on: 'writes', takesEffect: true, instead: hang },
  resetBefore: { on: 'all', takesEffect: false, instead: reset },
  resetAfter: { on: 'writes', takesEffect: true, instead: reset },
  redirect: { on: 'all', takesEffect: false, instead: (_answer: Answer, wording: Wording) => redirected(wording) },
  truncatedBody: { on: 'all', takesEffect: true, instead: (answer: Answer) => ({ ...answer, delivery: 'truncated' }) },
  notJsonBody: { on: 'all', takesEffect: true, instead: () => raw('<html>maintenance</html>', 'application/json') },
  noResponse: { on: 'all', takesEffect: true, instead: () => raw('{"Message":"ok"}', 'application/json') },
  hugeBody: { on: 'all', takesEffect: true, instead: (answer: Answer) => padded(answer) },
} satisfies Record<string, Fault>

function redirected(wording: Wording): Answer {
  return { ...raw('', 'text/html', 302), headers: { Location: wording.redirectTo } }
}

/** Valid JSON with the true answer in it, so that only its size can be what a client minds. */
function padded(answer: Answer): Answer {
  const padding = 'x'.repeat(HUGE_BYTES)
  return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), padding }) }
}
