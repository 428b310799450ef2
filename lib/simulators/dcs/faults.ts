import { jsonAnswer, type SimulatedAnswer, textAnswer } from '../server/answer.ts'
import { BAD_GATEWAY, BROKEN_BODY, type Fault, GATEWAY_PAGE, NO_ANSWER, padding } from '../server/faults.ts'
import { type DcsErrorCode, dcsError } from './answers.ts'
import { type RateLimit, throttled } from './rate-limit.ts'

/** Ways to answer falsely. */
export type DcsFaultName = keyof typeof DCS_FAULTS

interface Wording {
  busyCode: DcsErrorCode
  rateLimit: RateLimit
  retryAfterSeconds: number
  redirectTo: string
}

const serverError = () => dcsError('DCS.5000')
const gatewayTimeout = () => dcsError('APIGW.0201', { status: 504, message: 'Backend timeout' })

/** In order of precedence: where several are on, the first one hits. A read is a GET. */
export const DCS_FAULTS = {
  throttle: { on: 'all', takesEffect: false, instead: (_answer, wording) => throttled(wording) },
  redirect: { on: 'all', takesEffect: false, instead: (_answer, wording) => redirected(wording) },
  busyWrites: { on: 'writes', takesEffect: false, instead: (_answer, wording) => dcsError(wording.busyCode) },
  serverErrorBefore: { on: 'writes', takesEffect: false, instead: serverError },
  serverErrorAfter: { on: 'writes', takesEffect: true, instead: serverError },
  ...BAD_GATEWAY,
  gatewayTimeoutBefore: { on: 'all', takesEffect: false, instead: gatewayTimeout },
  gatewayTimeoutAfter: { on: 'writes', takesEffect: true, instead: gatewayTimeout },
  ...NO_ANSWER,
  ...BROKEN_BODY,
  errorBody: { on: 'all', takesEffect: false, instead: () => ({ ...dcsError('DCS.5000'), status: 200 }) },
  hugeBody: { on: 'all', takesEffect: true, instead: padded },
} satisfies Record<string, Fault<Wording, SimulatedAnswer>>

function redirected({ redirectTo }: Wording): SimulatedAnswer {
  return { ...textAnswer(GATEWAY_PAGE, 'text/html', 302), headers: { Location: redirectTo } }
}

/** Valid JSON, so that a client can object to its size only. */
function padded(answer: SimulatedAnswer): SimulatedAnswer {
  return jsonAnswer({ padding: padding(), true_answer: answer.body }, answer.status === 204 ? 200 : answer.status)
}
