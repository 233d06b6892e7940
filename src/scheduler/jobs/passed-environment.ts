/** What of the daemon's own environment the builds that it starts are given. */
const PASSED_ON = ['IMAGE_BUILDER_SSH_PORT'] as const;

/** The variables that go from the daemon to its builds; what is not set is left out. */
export function passedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const entries = PASSED_ON.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}
