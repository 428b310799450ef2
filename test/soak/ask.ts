import * as z from 'zod'

export interface Answer {
  status: number
  text: string
  /** The run that it names. */
  id?: string | undefined
}

/** A sender that hears nothing for so long takes it that nothing will come. */
const PATIENCE_MS = 10_000

/** A run, what became of a webhook, or the problem document of a run that was refused: it is a run all the same. */
const Named = z.union([
  z
    .object({ results: z.tuple([z.object({ runs: z.tuple([z.string()]) })]) })
    .transform(({ results }) => results[0].runs[0]),
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ status: z.literal(409), run: z.string() }).transform(({ run }) => run),
])

/** One request, a POST where there is a body; nothing if it was not answered in full. */
export async function ask(url: string, body?: string, headers = {}): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const sent = { 'content-type': 'application/json', ...headers }
    const response = await fetch(url, {
      signal,
      ...(body === undefined ? {} : { method: 'POST', body, headers: sent }),
    })
    const text = await response.text()
    return { status: response.status, text, id: Named.safeParse(JSON.parse(text)).data }
  } catch {
    return undefined
  }
}
