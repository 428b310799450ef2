import { LOG_LINE_BYTES } from './assumptions.ts'
import { textBytes } from './sizes.ts'

const AT = '2026-01-01T00:00:00.000Z'
const REQUEST_ID = '8f507cfc-xmpl-4697-b07a-ac58fc914c95'

/** What a function is billed for one line of its own, as the logger writes it. */
export function ownLineBytes({ level, message, fields }: { level: string; message: string; fields: object }): number {
  const line = {
    ...{ level: level.toUpperCase(), message, timestamp: AT, service: 'steadyhand', sampling_rate: 0 },
    ...{ xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793', ...fields },
  }
  return lineBytes(JSON.stringify(line))
}

/** The lines that Lambda writes for each invocation. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
export const PLATFORM_LINES_BYTES = [
  `START RequestId: ${REQUEST_ID} Version: $LATEST`,
  `END RequestId: ${REQUEST_ID}`,
  `REPORT RequestId: ${REQUEST_ID}\tDuration: 232.40 ms\tBilled Duration: 233 ms\tMemory Size: 256 MB\tMax Memory Used: 110 MB\t`,
].reduce((sum, line) => sum + lineBytes(line), 0)

function lineBytes(line: string): number {
  return textBytes(`${line}\n`) + LOG_LINE_BYTES
}
