/** Maps each folder of src to the folders that it may import from. */
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
