import { expect, test } from '@jest/globals';
import { ConfigInvalidError } from '../../src/charm/errors.ts';
import { charmConfig } from './support/options.ts';

test('The names of flavor and networks keep their case', () => {
  const options = { 'build-flavor': 'M1.Big', 'build-network': 'Net', 'build-floating-network': 'Ext' };
  expect(charmConfig(options)).toMatchObject({ flavor: 'M1.Big', network: 'Net', floatingNetwork: 'Ext' });
});

test('At most 20 networks may be admitted to servers, each in CIDR notation', () => {
  const read = (list: string) => charmConfig({ 'builder-ssh-cidr': list }).sshCidrs;
  expect(read(' 192.0.2.0/24,fd00::/8 ')).toEqual(['192.0.2.0/24', 'fd00::/8']);
  expect(() => read('192.0.2.1')).toThrow('builder-ssh-cidr: expected a comma list of networks');
  const many = Array.from({ length: 21 }, (_, index) => `192.0.2.${index}/32`).join();
  expect(() => read(many)).toThrow('builder-ssh-cidr: expected at most 20 networks, got 21');
});

test('The properties of images are read as a sorted list', () => {
  const options = { 'image-properties': ' os_type=linux, hw_disk_bus=scsi,hw_numa_nodes=1 ' };
  expect(charmConfig(options).imageProperties).toBe('hw_disk_bus=scsi,hw_numa_nodes=1,os_type=linux');
});

test('An invalid property of images is reported', () => {
  const read = () => charmConfig({ 'image-properties': 'vendor=x' });
  expect(read).toThrow(ConfigInvalidError);
  expect(read).toThrow('image-properties: expected pairs like hw_disk_bus=scsi, got vendor=x');
});

test('The options of the guest are read, and the model keeps its proxy to itself by default', () => {
  const options = {
    ...{ 'apt-packages': '+golang', 'guest-parts': '-yq', 'docker-mirror': 'https://d.example' },
    ...{ 'apt-mirror': 'http://a.example', 'npm-registry': 'http://n.example' },
    ...{ 'yq-url': 'http://y.example', 'snap-proxy': 'http://s.example:3128' },
  };
  expect(charmConfig(options)).toMatchObject({
    content: { aptPackages: '+golang', leftOutParts: 'yq', dockerMirror: 'https://d.example' },
    sources: {
      ...{ aptMirror: 'http://a.example', npmRegistry: 'http://n.example' },
      ...{ yqUrl: 'http://y.example', snapProxy: 'http://s.example:3128' },
    },
    isProxyKept: false,
  });
  expect(charmConfig({ 'runner-proxy': true }).isProxyKept).toBe(true);
});

test('All invalid options of the guest are reported at once', () => {
  const options = { 'apt-packages': 'Golang', 'guest-parts': '-users', 'yq-url': 'y', 'runner-proxy': 'yes' };
  expect(() => charmConfig(options)).toThrow(
    /^apt-packages: .*, got Golang\nguest-parts: .*, got -users\n(.*\n)*yq-url: .*\nrunner-proxy: expected true or false, got yes$/,
  );
});
