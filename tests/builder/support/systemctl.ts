/**
 * A fake systemctl with one service, whose state is in files in the same folder. It records each call and refuses the
 * verbs in the file `systemctl.refused`.
 */
export const SYSTEMCTL = `#!/bin/sh
here=$(dirname "$0")
state="$here/systemctl"
echo "$*" >> "$state.calls"
verb=$1
for service in "$@"; do :; done
if grep -qsx "$verb" "$state.refused"; then echo "Access denied" >&2; exit 1; fi
unit="$here/../../etc/systemd/system/$service"
case "$verb" in
  daemon-reload) rm -f "$state.loaded"; if ls "$here"/../../etc/systemd/system/*.service >/dev/null 2>&1; then touch "$state.loaded"; fi ;;
  enable) [ -e "$unit" ] || exit 1; touch "$state.enabled" ;;
  disable) [ -e "$unit" ] || exit 1; rm -f "$state.enabled" ;;
  start|restart) [ -e "$state.loaded" ] || { echo "Unit $service not found." >&2; exit 5; }; touch "$state.active" ;;
  stop) [ -e "$state.loaded" ] || { echo "Unit $service not loaded." >&2; exit 5; }; rm -f "$state.active" ;;
  show)
    if [ -e "$state.active" ]; then echo ActiveState=active; else echo ActiveState=inactive; fi
    if [ -e "$state.enabled" ]; then echo UnitFileState=enabled; else echo UnitFileState=disabled; fi ;;
  *) exit 1 ;;
esac
`;
