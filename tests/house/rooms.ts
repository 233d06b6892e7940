/** What the files of a room may import from. Whoever comes lower in the house is never told of what is above. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bin: ['charm', 'scheduler', 'builder', 'image-builder', 'guest', 'openstack', 'juju', 'system', 'model'],
  charm: ['builder', 'juju', 'system', 'model'],
  scheduler: ['builder', 'juju', 'system', 'model'],
  builder: ['system', 'model'],
  'image-builder': ['guest', 'openstack', 'system', 'model'],
  guest: ['model'],
  openstack: ['system', 'model'],
  juju: ['system', 'model'],
  system: ['model'],
  model: [],
};
