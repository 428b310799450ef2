import type { FindProvider } from '../../../lib/cloud/provider.ts'

/** Stands in for `lib/cloud/providers.ts` in a simulation: every account is there, in every region. */
export function findProviders(): FindProvider {
  return () => NOWHERE
}

/** Nothing is asked of it: `call` goes to the world's clouds. */
const NOWHERE = {} as ReturnType<FindProvider>
