import { describe, expect, test } from '@jest/globals';
import { ask, problemsOf } from './ask.ts';

const content = (fields: object) => ({ order: { entry: { image: { content: fields } } } });
const sources = (fields: object) => ({ order: { entry: { externalService: { sources: fields } } } });

describe('the options of the guest', () => {
  test.each([
    [['--guest-parts', '-yq,-aproxy'], content({ leftOutParts: 'yq,aproxy' })],
    [['--apt-packages=+golang'], content({ aptPackages: '+golang' })],
    [['--docker-mirror', 'http://m'], content({ dockerMirror: 'http://m' })],
    [['--apt-mirror', 'http://m'], sources({ aptMirror: 'http://m' })],
    [['--npm-registry', 'http://m'], sources({ npmRegistry: 'http://m' })],
    [['--yq-url', 'http://m'], sources({ yqUrl: 'http://m' })],
    [['--snap-proxy', 'http://m'], sources({ snapProxy: 'http://m' })],
    [['--proxy', 'p:3128'], { order: { entry: { externalService: { proxy: 'secrets.json' } } } }],
    [['--proxy', 'p:3128'], content({ keptProxy: '' })],
    [['--proxy', 'p:3128', '--runner-proxy'], content({ keptProxy: 'kept' })],
  ])('The command run accepts %p', (argv, expected) => {
    expect(ask(['run', 'n', ...argv])).toMatchObject(expected);
  });

  test('The order of a build refers to the proxy of the guest and does not contain it', () => {
    const request = ask(['run', 'n', '--proxy', 'http://proxy.example:3128']);
    if (request.command !== 'order') throw new Error('expected an order');
    expect(JSON.stringify(request.order)).not.toContain('proxy.example');
    expect(request.secrets.guestProxy?.https.reveal()).toBe('http://proxy.example:3128');
    expect(request.secrets.proxy).toBeUndefined();
  });

  test.each([
    [
      ['--proxy', 'ftp://MARKED'],
      '--proxy: expected the URL of an HTTP proxy like http://proxy.example.com:3128, got something else',
    ],
    [
      ['--proxy', 'http://u:MARKED@p'],
      '--proxy: expected a URL without user and password, which --secrets-fd can pass, got one with them',
    ],
    [['--runner-proxy'], '--runner-proxy: expected --proxy as well, got nothing'],
    [
      ['--guest-parts=-vim'],
      '--guest-parts: expected the parts apt, docker, yarn, yq, aproxy, opentelemetry-collector, got vim',
    ],
    [
      ['--apt-mirror', 'http://u:p@MARKED'],
      '--apt-mirror: expected a URL without user, password, query and fragment, got one that has them',
    ],
  ])('The command run refuses %p', (argv, problem) => {
    expect(problemsOf('run', 'n', ...argv)).toEqual([problem]);
  });
});
