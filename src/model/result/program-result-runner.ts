import { ARCHES } from '../image/arch.ts';
import { BASES, type Base } from '../image/base.ts';
import { type Decoder, anyString, flag, list, oneOf, projectId, text, uuid } from '../decode.ts';
import { type AnswerOf, type ResultLog, encodeResult } from './program-result-common.ts';
import { snakeFields } from '../text/snake-case.ts';

/* The results of the commands with which a person tries a cloud and an image. No program reads them. */

const PROJECTS = {
  cloud: text,
  projects: list(snakeFields({ id: projectId, name: text, domainId: anyString, isEnabled: flag })),
};

export function encodeProjectsResult(answer: AnswerOf<typeof PROJECTS>, log: ResultLog): string {
  return encodeResult(PROJECTS, answer, log);
}

const textOrNull: Decoder<string | null> = (value, at, problems) =>
  value === null ? null : text(value, at, problems);

/** The ids of server and image are among the facts. */
const LAUNCHED = { cloud: text, githubPath: text, runner: text, labels: list(text), addresses: list(text) };

export function encodeLaunchedRunner(answer: AnswerOf<typeof LAUNCHED>, log: ResultLog): string {
  return encodeResult(LAUNCHED, answer, log);
}

/** The id of the image is among the facts. */
const LOCAL_BUILD = {
  imageName: text,
  cloud: text,
  arch: oneOf(ARCHES),
  base: oneOf(Object.keys(BASES) as readonly Base[]),
};

export function encodeLocalBuild(answer: AnswerOf<typeof LOCAL_BUILD>, log: ResultLog): string {
  return encodeResult(LOCAL_BUILD, answer, log);
}

const RUNNERS = {
  cloud: text,
  githubPath: text,
  runners: list(
    snakeFields({
      name: text,
      serverId: textOrNull,
      serverStatus: textOrNull,
      imageName: textOrNull,
      keptUntil: textOrNull,
      runnerStatus: textOrNull,
      isBusy: flag,
    }),
  ),
};

export function encodeRunners(answer: AnswerOf<typeof RUNNERS>, log: ResultLog): string {
  return encodeResult(RUNNERS, answer, log);
}

const DELETED = {
  cloud: text,
  githubPath: text,
  runner: text,
  serverIds: list(uuid),
  wasRegistered: flag,
};

export function encodeDeletedRunner(answer: AnswerOf<typeof DELETED>, log: ResultLog): string {
  return encodeResult(DELETED, answer, log);
}
