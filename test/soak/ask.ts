import * as z from 'zod'

export interface Answer {
  status: number
  text: string
  /** The run that it names. */
  id?: string | undefined
}

/** The product takes its clouds for real ones: they have credentials. */
export const SOAK_TOKEN = 'soak-0123456789-0123456789-0123456789'

/** A sender that hears nothing for so long takes it that nothing will come. */
const PATIENCE_MS = 10_000

/** A run, what became of a webhook or an alarm, or the problem document of a run that was refused: it is a run all the same. */
const Named = z.union([
  z
    .object({ results: z.tuple([z.object({ runIds: z.tuple([z.string()]) })]) })
    .transform(({ results }) => results[0].runIds[0]),
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ status: z.literal(409), runId: z.string() }).transform(({ runId }) => runId),
])

/** One request, a POST where there is a body; nothing if it was not answered in full. */
export async function ask(url: string, body?: string, headers = {}): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const who = { authorization: `Bearer ${SOAK_TOKEN}` }
    const sent = { 'content-type': 'application/json', ...who, ...headers }
    const response = await fetch(url, {
      signal,
      headers: sent,
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
    const text = await response.text()
    return { status: response.status, text, id: Named.safeParse(JSON.parse(text)).data }
  } catch {
    return undefined
  }
}
