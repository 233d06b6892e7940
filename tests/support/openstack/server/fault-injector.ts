/** The effect of a fault on a request. */
export type Fault =
  /**
   * This response is sent, and the request is not executed. With `isExecuted`, a load balancer sends it when the
   * request has arrived completely, and the service executes the request all the same.
   */
  | {
      readonly status: number;
      readonly retryAfter?: number;
      readonly body?: unknown;
      readonly isExecuted?: true;
    }
  /** The request is executed, and the response has no body. */
  | 'empty body'
  /** The request is executed, and the response has this body. A string is sent unchanged. */
  | { readonly wrongBody: unknown }
  /** The request is not executed, and the connection stays open without a response. */
  | 'hang'
  /** The request is not executed, and the body of the response never ends. */
  | 'endless body'
  /** The request is not executed, and the connection is closed. */
  | 'reset'
  /** The request is executed, and the connection is closed before the response. */
  | 'lost answer'
  /** The connection is closed after this number of bytes of the request body. */
  | { readonly cutUpload: number }
  /** The service stops reading after this number of bytes of the request body and sends no response. */
  | { readonly stallUpload: number }
  /** The first byte of the request body arrives changed. */
  | 'damaged upload'
  /** The connection is closed after this number of bytes of the response body. */
  | { readonly cutDownload: number }
  /** The request is delayed by this number of real milliseconds. */
  | { readonly slow: number }
  /** The request is executed after this promise has resolved. The body of an upload is received before. */
  | { readonly heldUntil: Promise<unknown> }
  /** Request and response body are limited to this rate, in bytes per real second. */
  | { readonly bytesPerSecond: number };

/** A rule that injects a fault into matching requests. */
export interface FaultRule {
  /** A pattern for the route or for method and path, such as `GET /image/*`; `any` matches all requests. */
  readonly at: string;
  /** The number of requests that are affected; unlimited by default. */
  readonly times?: number;
  /** The number of matching requests that are not affected before the first one is. */
  readonly after?: number;
  /** Restricts the rule to requests whose body contains this text. Image data never matches. */
  readonly onlyBody?: string;
  readonly fault: Fault;
}

/** A rule that has been added to a cloud. */
export interface ActiveFault {
  /** Returns the number of requests that were affected. */
  affectedCount(): number;
  takeBack(): void;
}

/** The fault injection of a cloud. */
export interface FaultInjector {
  add(rule: FaultRule): ActiveFault;
  /** Calls `act` once, before the next matching request is handled. */
  onNext(at: string, act: () => void): void;
  /** Returns the faults for a request and counts the request. `request` consists of method and path. */
  take(route: string, request: string, body: string): readonly Fault[];
}

/** Creates the fault injection of a cloud, without any rule. */
export function createFaultInjector(): FaultInjector {
  const active = new Map<FaultRule, number>();
  const callbacks: { readonly at: string; readonly act: () => void }[] = [];
  const runCallbacks = (matches: (pattern: string) => boolean): void => {
    const due = callbacks.filter(({ at }) => matches(at));
    for (const callback of due) {
      callbacks.splice(callbacks.indexOf(callback), 1);
      callback.act();
    }
  };
  return {
    add: (given) => {
      const rule = { ...given };
      const { after = 0, times = Infinity } = rule;
      active.set(rule, 0);
      return {
        affectedCount: () => Math.max(0, Math.min((active.get(rule) ?? 0) - after, times)),
        takeBack: () => void active.delete(rule),
      };
    },
    onNext: (at, act) => void callbacks.push({ at, act }),
    take: (route, request, body) => {
      const matches = (pattern: string): boolean =>
        pattern === 'any' || isMatch(pattern, route) || isMatch(pattern, request);
      runCallbacks(matches);
      return [...active]
        .filter(([{ at, onlyBody = '' }]) => matches(at) && body.includes(onlyBody))
        .filter(([rule, seen]) => {
          active.set(rule, seen + 1);
          const { after = 0, times = Infinity } = rule;
          return seen >= after && seen < after + times;
        })
        .map(([rule]) => rule.fault);
    },
  };
}

/** Reports whether `text` matches `pattern`, in which `*` matches any text. */
function isMatch(pattern: string, text: string): boolean {
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
