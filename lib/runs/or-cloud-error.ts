import { CloudError } from '../cloud/errors.ts'

/** An answer, or the `CloudError` instead of it. @throws any other error, which is a bug */
export async function orCloudError<Answer>(ask: () => Promise<Answer>): Promise<Answer | CloudError> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof CloudError) return error
    throw error
  }
}
