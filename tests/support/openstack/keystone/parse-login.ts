import {
  type Decoder,
  anyString,
  anything,
  decode,
  fields,
  list,
  optional,
  text,
} from '../../../../src/model/decode.ts';
import { Refusal } from '../server/route.ts';
import type { Account } from '../cloud-state.ts';

/** A login request. */
export interface ParsedLogin {
  readonly method: string;
  /** Reports whether the request names this account, with the right secret and scope. */
  isBy(account: Account): boolean;
}

const domain = optional(fields({ id: optional(text), name: optional(text) }));
const named = fields({ id: optional(text), name: optional(text), domain });

const authFields = fields({
  identity: fields({
    methods: list(text),
    password: optional(
      fields({ user: fields({ id: optional(text), name: optional(text), domain, password: anyString }) }),
    ),
    application_credential: optional(fields({ id: text, secret: anyString })),
  }),
  scope: optional(fields({ project: named })),
});

type Decoded<D> = D extends Decoder<infer T> ? T : never;
type Named = Decoded<typeof named>;

const MALFORMED =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is ' +
  'assumed to be in error.';

function fail(what: string): Refusal {
  return new Refusal(400, `${what} ${MALFORMED}`);
}

/** Parses the body of a login request. Throws Refusal 400 when it is malformed. */
export function parseLogin(body: unknown): ParsedLogin {
  const { auth } = decode(fields({ auth: anything }), body, '', () =>
    fail('Expecting to find auth in request body.'),
  );
  const { identity, scope } = decode(authFields, auth, 'auth', (problems) => fail(problems.join('; ')));
  const { password, application_credential: credential } = identity;
  if (credential !== undefined) {
    const isBy = ({ applicationCredential: has }: Account): boolean =>
      has?.id === credential.id && has.secret === credential.secret;
    return { method: 'application_credential', isBy };
  }
  const { user } = password ?? {};
  if (user === undefined) throw fail('Expecting to find password in identity.');
  const isBy = (account: Account): boolean =>
    isNamed(user, account.userId, account.userName) &&
    account.password === user.password &&
    scope !== undefined &&
    isNamed(scope.project, account.projectId, account.projectName);
  return { method: 'password', isBy };
}

/** Compares by id, or by name within the only domain, `Default`. */
function isNamed(given: Named, id: string, name: string): boolean {
  if (given.id !== undefined) return given.id === id;
  const isDefault = given.domain?.id === 'default' || given.domain?.name === 'Default';
  return given.name === name && isDefault;
}
