import { describe, expect, test } from '@jest/globals';
import { type ProxySettings, listProxyProblems, parseProxyUrl } from '../../../src/model/proxy-settings.ts';
import { Secret } from '../../../src/model/secret.ts';
import { proxyFor, readProxyVariables } from '../../../src/system/http/proxy.ts';
import { proxyAuthorization } from '../../../src/system/http/tunnel.ts';

const settings = (http: string, https: string, noProxy = ''): ProxySettings => ({
  http: new Secret(http),
  https: new Secret(https),
  noProxy: new Secret(noProxy),
  source: 'model',
});

const isProxied = (noProxy: string, url: string): boolean =>
  proxyFor(settings('http://p:1', 'http://p:1', noProxy), new URL(url)) !== undefined;

describe('a URL that no_proxy lists', () => {
  test.each([
    ['10.0.8.0/24,127.0.0.0/8', 'http://10.0.8.7:5000/v3'],
    ['10.0.8.99/24', 'http://10.0.8.7/'],
    ['0.0.0.0/0', 'http://10.0.8.7/'],
    ['10.0.8.0/24', 'http://[::ffff:10.0.8.7]/'],
    ['fd00::/8', 'https://[fd12::9]:5000/'],
    ['[fd00::]/8', 'https://[fd12::9]/'],
    ['10.0.0.0/8,192.168.0.0/16,localhost,127.0.0.0/8,172.16.0.0/12', 'http://172.31.0.5:8774/'],
    ['localhost,127.0.0.1,10.10.10.0/24', 'https://10.10.10.4:5000/v3'],
    ['my-corp-auth.server', 'https://my-corp-auth.server:5000/v3'],
    ['localhost,127.0.0.1,10.10.0.11,10.10.1.11', 'http://10.10.1.11:35357/v3'],
    ['FD12::9', 'https://[fd12:0:0::9]/'],
    ['[fd12::9]:5000', 'https://[fd12::9]:5000/'],
    ['0:0:0:0:0:0:7f00:2', 'http://[::7f00:2]:5672/'],
    ['2001:db8::1/64', 'http://[2001:db8::2]/'],
    ['localhost,.example.com.,.example.de', 'http://www.example.com/'],
    ['localhost,www.example.com.,.example.de', 'http://www.example.com/'],
    ['10.0.8.7', 'http://10.0.8.7/'],
    ['10.0.8.7:5000', 'http://10.0.8.7:5000/'],
    ['example.com', 'https://example.com/'],
    ['example.com', 'https://keystone.example.com/'],
    ['.example.com', 'https://keystone.example.com/'],
    ['.example.com', 'https://example.com/'],
    ['*.example.com', 'https://keystone.example.com/'],
    ['EXAMPLE.com', 'https://Keystone.Example.COM./'],
    ['example.com.', 'https://example.com/'],
    ['example.com:443', 'https://example.com/'],
    ['example.com:80', 'http://example.com/'],
    ['host:8080', 'http://host:8080/'],
    ['bücher.example', 'https://bücher.example/'],
    ['*', 'https://anything.example/'],
    ['*', 'https://10.1.2.3/'],
    [' a.example ,\tb.example\n c.example', 'https://b.example/'],
    ['a.example c.example', 'https://c.example/'],
    [',,,example.com,', 'https://example.com/'],
  ])('no_proxy=%p connects to %s directly', (noProxy, url) => {
    expect(isProxied(noProxy, url)).toBe(false);
  });
});

describe('a URL that no_proxy does not list', () => {
  test.each([
    ['10.0.8.0/24', 'http://10.0.9.7/'],
    ['10.0.8.0/24', 'http://cloud.example.com/'],
    ['10.0.8.0/33', 'http://10.0.8.7/'],
    ['10.0.8.0/x', 'http://10.0.8.7/'],
    ['10.0.8.0/', 'http://10.0.8.7/'],
    ['fd00::/8', 'http://10.0.8.7/'],
    ['0.8.7', 'http://10.0.8.7/'],
    ['example.com', 'https://notexample.com/'],
    ['example.com', 'https://example.com.evil.example/'],
    ['keystone.example.com', 'https://example.com/'],
    ['example.com:8080', 'https://example.com/'],
    ['[fd12::9]:5000', 'https://[fd12::9]/'],
    [':443', 'https://example.com/'],
    ['.', 'https://example.com/'],
    ['', 'https://example.com/'],
    ['com.', 'https://example.org/'],
  ])('no_proxy=%p connects to %s through the proxy', (noProxy, url) => {
    expect(isProxied(noProxy, url)).toBe(true);
  });
});

describe('the proxy of a URL', () => {
  test.each([
    'http://localhost:1',
    'http://a.localhost/',
    'http://127.1.2.3/',
    'https://[::1]/',
    'http://[::ffff:127.0.0.1]/',
  ])('Loopback, such as %s, never has a proxy', (url) => {
    expect(isProxied('', url)).toBe(false);
  });

  test.each([
    ['proxy:3128', 'http://proxy:3128/'],
    ['  http://proxy:3128/ ', 'http://proxy:3128/'],
    ['HTTP://Proxy:3128', 'http://proxy:3128/'],
    ['10.0.0.1:3128', 'http://10.0.0.1:3128/'],
    ['[fd00::1]:3128', 'http://[fd00::1]:3128/'],
    ['u:p%40ss@proxy:3128', 'http://u:p%40ss@proxy:3128/'],
    ['https://proxy', 'https://proxy/'],
  ])('The proxy %p is used as %s', (value, href) => {
    expect(proxyFor(settings('', value), new URL('https://example.com/'))?.href).toBe(href);
    expect(listProxyProblems(settings(value, value))).toEqual([]);
  });

  test('Each scheme has its own proxy and no other', () => {
    const both = settings('http://one:1', 'http://two:2');
    expect(proxyFor(both, new URL('http://example.com/'))?.host).toBe('one:1');
    expect(proxyFor(both, new URL('https://example.com/'))?.host).toBe('two:2');
    expect(proxyFor(settings('http://one:1', ''), new URL('https://example.com/'))).toBeUndefined();
  });

  test('A variable in lower case precedes the same variable in upper case, unless it is empty', () => {
    const read = readProxyVariables({
      ...{ http_proxy: 'low', HTTP_PROXY: 'up', https_proxy: '', HTTPS_PROXY: 'up', NO_PROXY: '*' },
    });
    expect([read.http, read.https, read.noProxy].map((value) => value.reveal())).toEqual(['low', 'up', '*']);
  });
});

describe('the login of a proxy', () => {
  test.each([
    ['user:p%40ss%2Fw@p', 'user:p@ss/w'],
    ['user:100%@p', 'user:100%'],
    ['name:a6%6qgx@p', 'name:a6%6qgx'],
    ['user_with_=:a;b@p', 'user_with_=:a;b'],
    ['user:a:b@p', 'user:a:b'],
    ['user@p', 'user:'],
    ['ü:ß@p', 'ü:ß'],
  ])('The login of %s is sent as %s', (value, login) => {
    const header =
      proxyAuthorization(parseProxyUrl(value) ?? new URL('http://none'))['proxy-authorization'] ?? '';
    expect(Buffer.from(header.replace(/^Basic /, ''), 'base64').toString()).toBe(login);
  });

  test('A proxy without a login receives no header for it', () => {
    expect(proxyAuthorization(new URL('http://p:1'))).toEqual({});
  });
});

describe('an invalid proxy', () => {
  test.each([
    ['socks5://u:MARKED@proxy:1080', 'got one with the scheme socks5'],
    ['http://u:MARKED#x@proxy:3128', 'got something else'],
    ['http://', 'got something else'],
    ['proxy:port', 'got something else'],
  ])('The proxy %p is a problem that names the option and does not repeat it', (value, got) => {
    const [problem = '', ...others] = listProxyProblems(settings('', value));
    expect(others).toEqual([]);
    expect(problem).toMatch(/^juju-https-proxy: expected the URL of an HTTP proxy like http:/);
    expect(problem).toMatch(got);
    expect(problem).not.toMatch('MARKED');
  });

  test('All invalid proxies are reported at once', () => {
    const invalid = { ...settings('socks5://a', 'socks5h://b'), source: 'environment' as const };
    expect(listProxyProblems(invalid).map((problem) => problem.split(':')[0])).toEqual([
      'HTTP_PROXY',
      'HTTPS_PROXY',
    ]);
  });
});
