import type { HttpResult } from '../../lib/api/http/http.ts'
import { documentOf, problemResult } from '../../lib/api/problems/answering.ts'
import { problemOf } from '../../lib/api/problems/problem.ts'

/** The answer to an error, as `answeringProblems` gives it for an API whose address is not known. */
export function problemResponse(error: unknown, keyHeader = 'Idempotency-Key'): HttpResult {
  const found = problemOf(error, keyHeader)
  return problemResult(documentOf(found, { base: '', requestId: undefined }), found.headers)
}
