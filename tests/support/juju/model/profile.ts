import type { Model } from './model.ts';

/** The differences between Juju 3.6 and 4.0 that a machine charm can notice. */
export interface JujuProfile {
  /** The default of an action's `additionalProperties`. */
  readonly acceptsUnknownParameters: boolean;
  /** Reports whether Juju writes `private-address` into databags. */
  readonly hasPrivateAddress: boolean;
  /** Reports whether the effects of secret-get are written with the other writes of the hook. */
  readonly hasAtomicSecrets: boolean;
  /** Reports whether a refresh drops the peer relation of an only unit when the next charm lacks it. */
  readonly dropsLonePeers: boolean;
  /** The output of state-get for a unit without state. */
  readonly emptyState: object | null;
}

const JUJU_3: JujuProfile = {
  acceptsUnknownParameters: true,
  hasPrivateAddress: true,
  hasAtomicSecrets: false,
  dropsLonePeers: true,
  emptyState: {},
};

const JUJU_4: JujuProfile = {
  acceptsUnknownParameters: false,
  hasPrivateAddress: false,
  hasAtomicSecrets: true,
  dropsLonePeers: false,
  emptyState: null,
};

/** Returns the profile of the model's version of Juju. */
export function profileOf({ jujuVersion }: Pick<Model, 'jujuVersion'>): JujuProfile {
  return Number.parseInt(jujuVersion, 10) >= 4 ? JUJU_4 : JUJU_3;
}
