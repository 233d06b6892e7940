/** What a cloud does instead of its work, or to it. */
export type Fault =
  /** The answer, whatever was asked; nothing is done. */
  | { readonly status: number; readonly retryAfter?: number; readonly body?: unknown }
  /** It is done, and answered without a body. */
  | 'empty body'
  /** It is done, and answered with this; text is sent as it is. */
  | { readonly wrongBody: unknown }
  /** Nothing is done, and the connection stays open without an answer. */
  | 'hang'
  /** Nothing is done, and the connection is cut. */
  | 'reset'
  /** It is done, and the connection is cut before the answer. */
  | 'lost answer'
  /** The connection is cut when so many bytes of the request's body have come. */
  | { readonly cutUpload: number }
  /** The connection is cut when so many bytes of the answer's body have gone. */
  | { readonly cutDownload: number }
  /** Real milliseconds before anything else. */
  | { readonly slow: number }
  /** Image data goes no faster, in real seconds. */
  | { readonly bytesPerSecond: number };

/** A switch: when a cloud is in trouble, and what happens then. */
export interface Trouble {
  /** A route or a request's method and path, `*` for anything: `GET /image/*`; `any` for all. */
  readonly at: string;
  /** How often; always when absent. */
  readonly times?: number;
  /** How many such requests pass before. */
  readonly after?: number;
  /** Only requests whose body has this text; image data has none. */
  readonly onlyBody?: string;
  readonly what: Fault;
}

/** A trouble that a cloud has. */
export interface ActiveTrouble {
  /** How many requests it has met. */
  met(): number;
  takeBack(): void;
}

/** The troubles of a cloud. */
export interface Troubles {
  add(trouble: Trouble): ActiveTrouble;
  /** Does something once, just before the next such request is looked at. */
  onNext(at: string, act: () => void): void;
  /** What befalls a request, told by its route, its method and path, and its body; this counts it. */
  take(route: string, request: string, body: string): readonly Fault[];
}

/** No trouble at first. */
export function openTroubles(): Troubles {
  const active = new Map<Trouble, number>();
  const acts: { readonly at: string; readonly act: () => void }[] = [];
  const runActs = (isAt: (at: string) => boolean): void => {
    const next = acts.filter(({ at }) => isAt(at));
    for (const one of next) {
      acts.splice(acts.indexOf(one), 1);
      one.act();
    }
  };
  return {
    add: (trouble) => {
      const own = { ...trouble };
      const { after = 0, times = Infinity } = own;
      active.set(own, 0);
      return {
        met: () => Math.max(0, Math.min((active.get(own) ?? 0) - after, times)),
        takeBack: () => void active.delete(own),
      };
    },
    onNext: (at, act) => void acts.push({ at, act }),
    take: (route, request, body) => {
      const isAt = (at: string): boolean => at === 'any' || fits(at, route) || fits(at, request);
      runActs(isAt);
      return [...active]
        .filter(([{ at, onlyBody = '' }]) => isAt(at) && body.includes(onlyBody))
        .filter(([trouble, seen]) => {
          active.set(trouble, seen + 1);
          const { after = 0, times = Infinity } = trouble;
          return seen >= after && seen < after + times;
        })
        .map(([trouble]) => trouble.what);
    },
  };
}

/** Is `text` what `pattern` says, `*` standing for any text? */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const [index, part] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const at = isLast ? text.length - part.length : text.indexOf(part, from);
    if (at < from || !text.startsWith(part, at)) return false;
    from = at + part.length;
  }
  return from === text.length;
}
