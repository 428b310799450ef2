import { sha256 } from '../basics/sha256.ts'
import { SCHEMA_NAMES } from '../notify/data.ts'
import { eventSchema } from '../notify/schemas.ts'
import type { Deployment } from './deployment.ts'
import { HEALTH } from './health.ts'
import { baseOf } from './http/base.ts'
import { unlessKnown } from './http/etag.ts'
import { type HttpEvent, type HttpResult, jsonResult } from './http/http.ts'
import { openApi } from './openapi/document.ts'
import { listOperations } from './operations.ts'
import { notFound } from './problems/errors.ts'
import { PROBLEM_TYPE_NAMES, problemPage } from './problems/types.ts'

/** Answers that change with a release only. */

interface DocumentPorts {
  deployment: Deployment
}

/** A release is noticed within five minutes. */
const KEPT = { 'cache-control': 'private, max-age=300' }

/** `GET /operations`. */
export async function getOperations(_: DocumentPorts, event: HttpEvent): Promise<HttpResult> {
  return document(event, jsonResult(200, { operations: listOperations() }))
}

/** `GET /openapi.json`. */
export async function getOpenApi({ deployment }: DocumentPorts, event: HttpEvent): Promise<HttpResult> {
  return document(event, jsonResult(200, openApi(deployment, baseOf(event, deployment.publicUrl))))
}

/** `GET /schemas/{name}`. */
export async function getSchema({ deployment }: DocumentPorts, event: HttpEvent): Promise<HttpResult> {
  const name = SCHEMA_NAMES.find((one) => one === event.pathParameters?.name)
  if (name === undefined) throw notFound('schema', event.pathParameters?.name, `; there are ${SCHEMA_NAMES.join(', ')}`)
  return document(event, jsonResult(200, eventSchema(name, baseOf(event, deployment.publicUrl))))
}

/** `GET /problems/{name}`. */
export async function getProblemType(_: DocumentPorts, event: HttpEvent): Promise<HttpResult> {
  const name = PROBLEM_TYPE_NAMES.find((one) => one === event.pathParameters?.name)
  if (name === undefined) throw notFound('type of problem', event.pathParameters?.name)
  return document(event, { statusCode: 200, body: problemPage(name) }, 'text/markdown; charset=utf-8')
}

/** `GET /health`. */
export async function getHealth(): Promise<HttpResult> {
  return jsonResult(200, HEALTH)
}

/** The tag is weak, as the body may be packed. */
function document({ headers }: HttpEvent, result: HttpResult, type = 'application/json'): HttpResult {
  const etag = `W/"${sha256(result.body ?? '').slice(0, 16)}"`
  const known = { ...result, headers: { 'content-type': type, etag, ...KEPT } }
  return unlessKnown(headers['if-none-match'], known)
}
