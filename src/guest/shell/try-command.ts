/**
 * The shell functions `try COMMAND…` and `try_within SECONDS COMMAND…`. They run a command; if it fails, they print its
 * first two words on standard error, because later words may be long or contain values, and return its exit code.
 */
export const TRY = String.raw`
name_failure() { # EXIT-CODE COMMAND...
  code=$1
  case $code in
    124) why='did not end in time' ;;
    127) why='failed with exit code 127, which means that there is no such command' ;;
    *) why="failed with exit code $code" ;;
  esac
  echo "$2${'${'}3:+ $3} $why" >&2
  return "$code"
}

try() { # COMMAND...
  "$@" || name_failure "$?" "$@"
}

try_within() { # SECONDS COMMAND...
  limit=$1
  shift
  timeout "$limit" "$@" || name_failure "$?" "$@"
}
`;
