// SPDX-License-Identifier: Apache-2.0
// Fetches one secret as an application would, and prints the outcome as one line of JSON.
//
//   node get-secret.mjs <vault name> <secret name> [give up after this many milliseconds]
//
// AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET as for any application of the SDK; NODE_EXTRA_CA_CERTS names
// the CA. Exit status 0 with the secret, 1 without.
import net from "node:net";
import { ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const [vault, secret, deadline_ms] = process.argv.slice(2);
const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = process.env;

// Happy eyeballs (default since node 20) would open a second connection whenever this machine is busy for 250 ms, and
// the tests count connections.
net.setDefaultAutoSelectFamily?.(false);

const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET);
const client = new SecretClient(`https://${vault}.vault.azure.net`, credential, { retryOptions: { maxRetries: 0 } });
const options = deadline_ms ? { abortSignal: AbortSignal.timeout(Number(deadline_ms)) } : {};

const started = performance.now();
try {
  const { value } = await client.getSecret(secret, options);
  console.log(JSON.stringify({ ok: true, value, ms: Math.round(performance.now() - started) }));
} catch (error) {
  const { name, code, message } = error;
  console.log(JSON.stringify({ ok: false, name, code, message, ms: Math.round(performance.now() - started) }));
  process.exitCode = 1;
}
