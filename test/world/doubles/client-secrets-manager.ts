/** Stands in for `@aws-sdk/client-secrets-manager` in a simulation, in which `call` is simulated and asks for none. */

export class SecretsManagerClient {}

export class GetSecretValueCommand {}
