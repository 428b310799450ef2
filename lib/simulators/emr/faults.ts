import { type SimulatedAnswer, textAnswer } from '../server/answer.ts'
import { BAD_GATEWAY, BROKEN_BODY, type Fault, NO_ANSWER, padding } from '../server/faults.ts'
import { type EmrError, type EmrErrorCode, emrError } from './answers.ts'

/** Ways to answer falsely. */
export type EmrFaultName = keyof typeof EMR_FAULTS

interface Wording {
  throttleCode: EmrErrorCode
  serverErrorCode: EmrErrorCode
  redirectTo: string
}

const serverError = (_answer: SimulatedAnswer, wording: Wording) => emrError(wording.serverErrorCode)

/** In order of precedence: where several are on, the first one hits. An error still gets its envelope. */
export const EMR_FAULTS = {
  throttle: { on: 'all', takesEffect: false, instead: (_answer, wording) => emrError(wording.throttleCode) },
  serverErrorBefore: { on: 'writes', takesEffect: false, instead: serverError },
  serverErrorAfter: { on: 'writes', takesEffect: true, instead: serverError },
  ...BAD_GATEWAY,
  ...NO_ANSWER,
  redirect: { on: 'all', takesEffect: false, instead: (_answer, wording) => redirected(wording) },
  ...BROKEN_BODY,
  noResponse: { on: 'all', takesEffect: true, instead: () => textAnswer('{"Message":"ok"}', 'application/json') },
  hugeBody: { on: 'all', takesEffect: true, instead: padded },
} satisfies Record<string, Fault<Wording, SimulatedAnswer | EmrError>>

function redirected(wording: Wording): SimulatedAnswer {
  return { ...textAnswer('', 'text/html', 302), headers: { Location: wording.redirectTo } }
}

/** Valid JSON with the true answer in it, so that a client can object to its size only. */
function padded(answer: SimulatedAnswer): SimulatedAnswer {
  return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), padding: padding() }) }
}
