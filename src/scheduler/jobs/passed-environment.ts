/** The environment variables of the daemon that it passes to jobs. None holds a secret. */
const PASSED_VARIABLES = ['IMAGE_BUILDER_SSH_PORT', 'SSL_CERT_FILE', 'SSL_CERT_DIR'] as const;

/** Returns the variables that the daemon passes to jobs, without those that are not set. */
export function passedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const entries = PASSED_VARIABLES.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}
