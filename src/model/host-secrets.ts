import { type Decoder, anyString, decode, fields, integer, mapping } from './decode.ts';
import { InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';
import { type Secret, secretOf } from './secret.ts';

/** The secrets that builds need: secrets.json, beside clouds.yaml on the unit's tmpfs. */
export interface HostSecrets {
  /** The generation of the credentials. clouds.yaml of the same generation is written before secrets.json. */
  readonly generation: number;
  /** A secret because it may contain a token; empty: no script. */
  readonly scriptUrl: Secret;
  /** The script's environment. */
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
  /** The model's `juju-*-proxy` settings, which may hold a password; empty: none. */
  readonly proxy: { readonly http: Secret; readonly https: Secret; readonly noProxy: Secret };
}

const secret = secretOf(anyString);

const decoder: Decoder<HostSecrets> = fields({
  generation: integer,
  scriptUrl: secret,
  scriptSecrets: mapping(secret),
  proxy: fields({ http: secret, https: secret, noProxy: secret }),
});

/** Decodes the text of secrets.json. Throws InputError, which quotes none of it. */
export function parseHostSecrets(json: string): HostSecrets {
  const value = parseJsonText(json, 'secrets.json');
  return decode(decoder, value, 'secrets.json', (problems) => new InputError(problems));
}

/** Returns the text of secrets.json, the only file that may contain these secrets. */
export function encodeHostSecrets({ generation, scriptUrl, scriptSecrets, proxy }: HostSecrets): string {
  const revealed = {
    generation,
    scriptUrl: scriptUrl.reveal(),
    scriptSecrets: Object.fromEntries(
      Object.entries(scriptSecrets).map(([name, value]) => [name, value.reveal()]),
    ),
    proxy: { http: proxy.http.reveal(), https: proxy.https.reveal(), noProxy: proxy.noProxy.reveal() },
  };
  return `${JSON.stringify(revealed)}\n`;
}
