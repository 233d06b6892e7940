import { parseCharm } from '../support/juju/charm/charm-files.ts';
import { type Model, createModel } from '../support/juju/model/model.ts';

export const METADATA = `
name: sample
summary: Does little.
description: Does little, for tests.
provides:
  image: { interface: image_v0 }
requires:
  database: { interface: db }
`;

export const CONFIG = `
options:
  text: { type: string, default: hello }
  count: { type: int, default: 3 }
  ratio: { type: float }
  wanted: { type: boolean, default: false }
  password: { type: secret }
  unset: { type: string }
`;

export const ACTIONS = `
run: { additionalProperties: false }
greet:
  params:
    name: { type: string, default: world }
    times: { type: integer, minimum: 1 }
  required: [times]
  additionalProperties: false
`;

export const MANIFEST = `
bases: [{ name: ubuntu, channel: '24.04', architectures: [amd64] }]
`;

/** Creates a model with the sample charm and a clock that always returns one second. */
export function sampleModel(leader = true): Model {
  const charm = parseCharm({ metadata: METADATA, config: CONFIG, actions: ACTIONS, manifest: MANIFEST });
  return createModel({ charm, application: 'app', leader, now: () => 1000 });
}
