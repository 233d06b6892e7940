import { expect, test } from '@jest/globals';
import { listKeptProxyProblems, parseProxyUrl, renderProxyUrl } from '../../src/model/proxy-settings.ts';
import { Secret } from '../../src/model/secret.ts';

const keptProblems = (http: string, https: string, source: 'model' | 'environment') =>
  listKeptProxyProblems({
    http: new Secret(http),
    https: new Secret(https),
    noProxy: new Secret(''),
    source,
  });

test.each([
  ['proxy.example', 'http://proxy.example:80'],
  ['proxy.example:3128', 'http://proxy.example:3128'],
  [' http://proxy.example:80/ ', 'http://proxy.example:80'],
  ['https://proxy.example', 'https://proxy.example:443'],
  ['user@proxy.example:1', 'http://user@proxy.example:1'],
  ['http://user:p"\'a@proxy.example:1', 'http://user:p%22%27a@proxy.example:1'],
  ['http://[::1]:3128', 'http://[::1]:3128'],
])('The proxy %s is rendered with scheme and port, as %s', (value, rendered) => {
  const url = parseProxyUrl(value);
  expect(url && renderProxyUrl(url)).toBe(rendered);
});

test('A proxy without a login can stay in an image', () => {
  expect(keptProblems('proxy.example:1', '', 'model')).toEqual([]);
});

test('Each proxy with a login is named by its setting, and the login is not repeated', () => {
  const problems = keptProblems('user:word@a:1', 'user@b:1', 'model');
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(/^runner-proxy: the proxy of juju-http-proxy cannot stay in the image/);
  expect(problems[1]).toContain('juju-https-proxy');
  expect(problems.join()).not.toContain('user');
});
