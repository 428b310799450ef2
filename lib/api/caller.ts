import * as z from 'zod'
import type { HttpEvent } from './http.ts'

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

const Asked = z.object({ authorizer: Authorizer })

/** An ARN of a role's session, or an issuer with its subject, fits several times. */
const MAX_CHARACTERS = 500

/**
 * Who asked, as the gateway authenticated it: the ARN of IAM; `<issuer>#<subject>` of a JWT, with the name that people know
 * it by in parentheses; or the principal of a Lambda authorizer.
 */
export function callerOf({ requestContext }: Pick<HttpEvent, 'requestContext'>): string {
  const authorizer = Asked.safeParse(requestContext).data?.authorizer
  const identity = authenticated(authorizer)
  const name = authorizer?.jwt && nameOf(authorizer.jwt.claims)
  return plain(identity && name ? `${identity} (${name})` : (identity ?? '')) || 'unauthenticated'
}

/** The same, without the name that people know him by: that, many may choose for themselves. For rules. */
export function identityOf({ requestContext }: Pick<HttpEvent, 'requestContext'>): string {
  return plain(authenticated(Asked.safeParse(requestContext).data?.authorizer) ?? '') || 'unauthenticated'
}

function authenticated({ iam, jwt, lambda }: z.infer<typeof Authorizer> = {}): string | undefined {
  const principal = lambda?.principalId ?? lambda?.sub
  return iam?.userArn ?? (jwt && subjectOf(jwt.claims)) ?? (principal && `authorizer#${principal}`)
}

/**
 * It is stored, shown to people, and read by rules: no half characters; nothing that ends a line, or moves what stands around it.
 * What nobody sees (format characters: marks of direction, joiners, tags) leaves a mark, or one name would pass for another.
 */
function plain(name: string): string {
  return name
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '\ufffd')
    .slice(0, MAX_CHARACTERS)
    .toWellFormed()
}

/**
 * Who shares idempotency keys: the same in every session of a role, for whoever asks again may have a new one.
 * Sessions: `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
 */
export function keyScopeOf({ requestContext }: Pick<HttpEvent, 'requestContext'>): string {
  const { iam, jwt, lambda } = Asked.safeParse(requestContext).data?.authorizer ?? {}
  const { iss, sub, client_id } = jwt?.claims ?? {}
  const caller = (iam && roleOf(iam.userArn)) ?? lambda?.principalId ?? lambda?.sub
  return JSON.stringify([caller, iss, sub ?? client_id])
}

function roleOf(arn: string): string {
  const [kind = '', role] = arn.split('/')
  return kind.endsWith(':assumed-role') ? `${kind}/${role}` : arn
}

type Claims = NonNullable<z.infer<typeof Authorizer>['jwt']>['claims']

/** A subject is unique with its issuer only. */
function subjectOf({ iss, sub, client_id }: Claims): string | undefined {
  const subject = sub ?? client_id
  return subject && `${iss ? `${iss}#` : ''}${subject}`
}

/** It may be anybody's, and never stands alone. */
function nameOf({ sub, client_id, email, preferred_username, ...claims }: Claims): string | undefined {
  const name = email ?? preferred_username ?? claims['cognito:username'] ?? client_id
  return name === (sub ?? client_id) ? undefined : name
}
