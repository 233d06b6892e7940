import { type Decoder, anyString, decode, fields, integer, mapping, withDefault } from '../decode.ts';
import { InputError } from '../errors.ts';
import { parseJsonText } from '../text/json-text.ts';
import type { ProxyValues } from '../proxy-settings.ts';
import { type Secret, secretOf } from '../secret.ts';

/** The values that jobs get through a descriptor: secrets.json, beside clouds.yaml on the unit's tmpfs. */
export interface HostSecrets {
  /** The generation of the credentials. clouds.yaml of the same generation is written before secrets.json. */
  readonly generation: number;
  /** A secret because it may contain a token; empty: no script. */
  readonly scriptUrl: Secret;
  /** The script's secrets, by the names that the operator gave them; `toScriptVariables` returns their variables. */
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
  /** The model's `juju-*-proxy` settings. */
  readonly proxy: ProxyValues;
  /** PEM text of the authorities that the clouds' certificates may come from, in addition to the system's; empty: none. */
  readonly openstackCa: string;
  /** The content of the Juju secret with the login at GitHub; `readGithubLogin` returns the login. Empty: none. */
  readonly github: Readonly<Record<string, Secret>>;
}

const secret = secretOf(anyString);

const decoder: Decoder<HostSecrets> = fields({
  generation: integer,
  scriptUrl: secret,
  scriptSecrets: mapping(secret),
  proxy: fields({ http: secret, https: secret, noProxy: secret }),
  openstackCa: withDefault(anyString, ''), // files of earlier versions lack it and the next
  github: withDefault(mapping(secret), {}),
});

/** Decodes the text of secrets.json. Throws InputError, which quotes none of it. */
export function parseHostSecrets(json: string): HostSecrets {
  const value = parseJsonText(json, 'secrets.json');
  return decode(decoder, value, 'secrets.json', (problems) => new InputError(problems));
}

/** Returns the text of secrets.json, the only file that may contain these secrets. */
export function encodeHostSecrets({
  generation,
  scriptUrl,
  scriptSecrets,
  proxy,
  openstackCa,
  github,
}: HostSecrets): string {
  const revealed = {
    generation,
    scriptUrl: scriptUrl.reveal(),
    scriptSecrets: reveal(scriptSecrets),
    proxy: { http: proxy.http.reveal(), https: proxy.https.reveal(), noProxy: proxy.noProxy.reveal() },
    openstackCa,
    github: reveal(github),
  };
  return `${JSON.stringify(revealed)}\n`;
}

function reveal(secrets: Readonly<Record<string, Secret>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value.reveal()]));
}
