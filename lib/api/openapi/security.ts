import type { Deployment } from '../deployment.ts'
import type { Json } from './json.ts'

const SCHEMES: Readonly<Record<Exclude<Deployment['access'], 'none'>, Json>> = {
  iam: {
    sigv4: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: 'AWS Signature Version 4, service `execute-api`',
      'x-amazon-apigateway-authtype': 'awsSigv4',
    },
  },
  bearer: { bearer: { type: 'http', scheme: 'bearer', description: 'The token of this machine' } },
}

/** The security of a deployment. A machine that only itself can reach has none. */
export function securityOf(access: Deployment['access']): { security: Json; securitySchemes: Json } {
  if (access === 'none') return { security: { security: [] }, securitySchemes: {} }
  const securitySchemes = SCHEMES[access]
  return {
    security: { security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })) },
    securitySchemes: { securitySchemes },
  }
}
