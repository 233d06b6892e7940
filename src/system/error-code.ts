/** The code that Node gives the error of a system call, such as `ENOENT`. */
export function errorCodeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
