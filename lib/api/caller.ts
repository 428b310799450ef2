import * as z from 'zod'
import { plainText } from '../basics/plain-text.ts'
import { roleOf } from '../basics/role-of.ts'
import type { HttpEvent } from './http/http.ts'

const Claim = z.string().min(1).optional().catch(undefined)

const Authorizer = z.object({
  iam: z
    .object({ userArn: z.string().min(1) })
    .optional()
    .catch(undefined),
  jwt: z
    .object({
      claims: z.object({
        iss: Claim,
        sub: Claim,
        client_id: Claim,
        email: Claim,
        preferred_username: Claim,
        'cognito:username': Claim,
      }),
    })
    .optional()
    .catch(undefined),
  lambda: z.object({ principalId: Claim, sub: Claim }).nullish().catch(undefined),
})

const RequestContext = z.object({ authorizer: Authorizer })

/** Several times the length of a role session's ARN, or of an issuer with its subject. */
const MAX_CHARACTERS = 500

/**
 * The caller as the gateway authenticated it: the ARN of IAM; `<issuer>#<subject>` of a JWT, with the name that people know
 * in parentheses; or the principal of a Lambda authorizer.
 */
export function callerOf({ requestContext }: Pick<HttpEvent, 'requestContext'>): string {
  const authorizer = authorizerOf(requestContext)
  const identity = authenticated(authorizer)
  const name = authorizer?.jwt && nameOf(authorizer.jwt.claims)
  return plainText(identity && name ? `${identity} (${name})` : (identity ?? ''), MAX_CHARACTERS) || 'unauthenticated'
}

/** The caller for rules: without the name that people know, because many callers may choose it themselves. */
export function identityOf({ requestContext }: Pick<HttpEvent, 'requestContext'>): string {
  return plainText(authenticated(authorizerOf(requestContext)) ?? '', MAX_CHARACTERS) || 'unauthenticated'
}

function authorizerOf(requestContext: HttpEvent['requestContext']): z.infer<typeof Authorizer> | undefined {
  return RequestContext.safeParse(requestContext).data?.authorizer
}

function authenticated({ iam, jwt, lambda }: z.infer<typeof Authorizer> = {}): string | undefined {
  const principal = lambda?.principalId ?? lambda?.sub
  return iam?.userArn ?? (jwt && subjectOf(jwt.claims)) ?? (principal && `authorizer#${principal}`)
}

/**
 * The scope of a caller's idempotency keys. All sessions of a role share it, because a retry may come from a new session
 * (`arn:aws:sts::<account>:assumed-role/<role>/<session>`).
 */
export function keyScopeOf({ requestContext }: Pick<HttpEvent, 'requestContext'>): string {
  const { iam, jwt, lambda } = authorizerOf(requestContext) ?? {}
  const { iss, sub, client_id } = jwt?.claims ?? {}
  const caller = (iam && roleOf(iam.userArn)) ?? lambda?.principalId ?? lambda?.sub
  return JSON.stringify([caller, iss, sub ?? client_id])
}

type Claims = NonNullable<z.infer<typeof Authorizer>['jwt']>['claims']

/** A subject is unique only together with its issuer. */
function subjectOf({ iss, sub, client_id }: Claims): string | undefined {
  const subject = sub ?? client_id
  return subject && `${iss ? `${iss}#` : ''}${subject}`
}

/** The name that people know. Anybody may have it, so it is never shown alone. */
function nameOf({ sub, client_id, email, preferred_username, ...claims }: Claims): string | undefined {
  const name = email ?? preferred_username ?? claims['cognito:username'] ?? client_id
  return name === (sub ?? client_id) ? undefined : name
}
