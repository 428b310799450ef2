/**
 * Stands in for `@aws-sdk/client-secrets-manager` in a simulation: `call` is simulated and asks for no account, and what webhooks
 * need stands in the environment.
 */

import { world } from '../engine/current.ts'

export class SecretsManagerClient {
  async send(command: GetSecretValueCommand): Promise<{ SecretString: string }> {
    world().meter?.received(command.constructor.name)
    world().meter?.used({ kind: 'secret' })
    return { SecretString: '{}' }
  }
}

export class GetSecretValueCommand {}
