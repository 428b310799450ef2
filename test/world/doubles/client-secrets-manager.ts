/**
 * Stands in for `@aws-sdk/client-secrets-manager` in a simulation: `call` is simulated and asks for no account, and what webhooks
 * need stands in the environment.
 */

export class SecretsManagerClient {
  async send(): Promise<{ SecretString: string }> {
    return { SecretString: '{}' }
  }
}

export class GetSecretValueCommand {}
