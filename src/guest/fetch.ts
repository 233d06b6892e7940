// Name resolution fails in a server's first seconds more often than HTTP does, and curl's own --retry does not cover
// it: so the loop is ours. python3 comes with cloud-init, and is all that a minimal Debian has.
// wget gets no -T: it makes the static busybox of Debian 12 crash.
/** sh that defines `fetch URL FILE`: HTTP errors are failures, redirects are followed, five tries of bounded time. */
export const FETCH = String.raw`
fetch_once() {
  if command -v curl >/dev/null; then
    curl --fail --location --silent --show-error --connect-timeout 30 --max-time 600 --output "$2" --url "$1"
  elif command -v wget >/dev/null; then
    timeout 600 wget -q -O "$2" "$1"
  else
    timeout 600 python3 -c '
import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=30) as answer, open(sys.argv[2], "wb") as file:
    shutil.copyfileobj(answer, file)
' "$1" "$2"
  fi
}

fetch() {
  for pause in 2 5 10 20 0; do
    if fetch_once "$1" "$2"; then return 0; fi
    sleep "$pause"
  done
  echo "could not download $1"
  return 1
}
`;
