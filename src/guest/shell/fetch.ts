// The retry loop is our own because curl's --retry does not cover failed name resolution, which is the most common
// failure in the first seconds of a server. A minimal Debian has only python3, which cloud-init needs.
// Python does not report a body that ends early. wget is called without -T, which crashes the static busybox of Debian 12.
/**
 * The shell function `fetch URL FILE`. It follows redirects, treats HTTP errors as failures, and makes up to five
 * attempts, each with a time limit.
 */
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
    if answer.length:
        sys.exit("the connection was closed before the end of the file")
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
