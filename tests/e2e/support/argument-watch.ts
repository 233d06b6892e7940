import { readFileSync, readdirSync } from 'node:fs';

/** A search of the arguments of all processes of this machine, guests' processes excepted. */
interface ArgumentWatch {
  /** Ends the search. Returns the texts that it found. */
  stop(): readonly string[];
}

/** Starts a search for texts ten times per second. */
export function watchArguments(listTexts: () => readonly string[]): ArgumentWatch {
  const found = new Set<string>();
  const watch = setInterval(() => {
    const seen = readCommandLines();
    for (const text of listTexts()) if (seen.includes(text)) found.add(text);
  }, 100);
  return {
    stop: () => {
      clearInterval(watch);
      return [...found];
    },
  };
}

function readCommandLines(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readOrNothing(`/proc/${pid}/cmdline`)).join('\n');
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended
  }
}
