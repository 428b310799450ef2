import { jsonAnswer, type SimulatedAnswer, textAnswer } from '../server/answer.ts'

/** The spelling of error codes: `legacy` is the old one, `spaced` that of two rows of the vendor's table (`DCS. 4017`). */
export type CodeStyle = 'dotted' | 'legacy' | 'spaced'

/**
 * Refusals by code. `legacy` is given only where both spellings are documented.
 * Source: opentelekomcloud-docs/distributed-cache-service `api-ref/source/appendix/error_codes.rst`; DCS.2001 from the
 * page of ChangeNodesStartStopStatus; APIGW.* from the error list of the API Request Signing Guide.
 */
const REFUSALS = {
  'DCS.2001': { status: 405, message: 'the latest backup records over 24h old, need to create new backup file.' },
  'DCS.3022': { status: 404, legacy: '111404022', message: 'This DCS instance does not exist.' },
  'DCS.3053': { status: 400, message: 'Incorrect node ID.' },
  'DCS.4002': { status: 400, legacy: '111400002', message: 'Invalid project ID format.' },
  'DCS.4004': { status: 400, legacy: '111400004', message: 'The request body is empty.' },
  'DCS.4005': {
    status: 400,
    legacy: '111400005',
    message: 'The message body is not in JSON format or contains invalid fields.',
  },
  'DCS.4017': { status: 400, legacy: '111400017', message: 'The instance has a job that is still running.' },
  'DCS.4026': {
    status: 400,
    legacy: '111400026',
    message: 'This operation is not allowed when the instance is in the current state.',
  },
  'DCS.4027': { status: 400, legacy: '111400027', message: 'This operation is not supported on the current node.' },
  'DCS.4049': { status: 400, message: 'The instance status is not running.' },
  'DCS.4061': { status: 400, legacy: '111400061', message: 'Invalid DCS instance ID format.' },
  'DCS.4062': { status: 400, legacy: '111400062', message: 'Invalid parameter.' },
  'DCS.4064': {
    status: 400,
    legacy: '111400064',
    message: 'Invalid action in the request. The action must be start, stop, or restart.',
  },
  'DCS.4065': { status: 400, legacy: '111400065', message: 'The instances parameter in the request is null.' },
  'DCS.4070': { status: 400, legacy: '111400070', message: 'Invalid task ID format.' },
  'DCS.4095': { status: 400, legacy: '111400095', message: 'The instance does not support backup.' },
  'DCS.4096': { status: 400, legacy: '111400096', message: 'The instance is being backed up.' },
  'DCS.4098': { status: 400, legacy: '111400098', message: 'The backup remark is longer than 128 characters.' },
  'DCS.4100': {
    status: 400,
    legacy: '111400100',
    message: 'The number of instance IDs in an instances array cannot exceed 50.',
  },
  'DCS.4111': { status: 400, legacy: '111400111', message: 'The instance is being restarted.' },
  'DCS.4253': { status: 400, message: 'The priority of all replicas is 0, so none can be promoted.' },
  'DCS.4855': { status: 400, message: 'Master standby swap is not supported.' },
  'DCS.5000': { status: 500, legacy: '111500000', message: 'Internal service error.' },
  'DCS.5001': { status: 405, legacy: '111405001', message: 'The request method is not allowed.' },
  'APIGW.0101': { status: 404, message: 'The API does not exist or has not been published in the environment' },
  'APIGW.0201': { status: 502, message: 'Backend unavailable' },
  'APIGW.0301': { status: 401, message: 'Incorrect IAM authentication information' },
  'APIGW.0308': {
    status: 429,
    message: 'The throttling threshold has been reached',
  },
} satisfies Record<string, { status: number; message: string; legacy?: string }>

export type DcsErrorCode = keyof typeof REFUSALS

export const NO_CONTENT: SimulatedAnswer = { ...textAnswer(''), status: 204 }

/** The documented error answer for a code. @param exact status or message, where one code has several */
export function dcsError(code: DcsErrorCode, exact: { status?: number; message?: string } = {}): SimulatedAnswer {
  const { status, message } = REFUSALS[code]
  const body = { error_code: code, error_msg: exact.message ?? message, error_ext_msg: null }
  return { ...jsonAnswer(body, exact.status ?? status), code }
}

/** Gives an error its code's spelling, and a gateway's error its request id. Leaves other answers as they are. */
export function spelled(answer: SimulatedAnswer, style: CodeStyle, requestId: string): SimulatedAnswer {
  const { code } = answer
  if (code === undefined || answer.delivery !== 'whole') return answer
  const body = { ...JSON.parse(answer.body), error_code: spellCode(code, style) }
  return { ...answer, body: JSON.stringify(code.startsWith('APIGW.') ? { ...body, request_id: requestId } : body) }
}

/** A code without a documented old spelling stays as it is. */
function spellCode(code: string, style: CodeStyle): string {
  const refusals: Partial<Record<string, { message: string; legacy?: string }>> = REFUSALS
  if (style === 'legacy') return refusals[code]?.legacy ?? code
  return style === 'spaced' ? code.replace('DCS.', 'DCS. ') : code
}
