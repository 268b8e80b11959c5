#!/bin/sh
# Installs what test/packages.txt names and the machine lacks. Not root: prints the line and stops.
set -eu
list=$(dirname "$0")/packages.txt
# A command that is there from elsewhere (npm from a Node.js of its own) needs no package.
missing=
while read -r name; do
	if dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then continue; fi
	case $name in nodejs) command=node ;; postgresql) command=/usr/lib/postgresql/15/bin/initdb ;; *) command=$name ;; esac
	command -v "$command" >/dev/null 2>&1 || missing="$missing $name"
done <"$list"
[ -n "$missing" ] || exit 0
line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" != 0 ]; then
	printf 'The tests need packages that are not installed. As root, run:\n  apt-get update && %s\n' "$line" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# The tests start servers of their own: the packages' services stay off.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
	trap 'rm -f $policy' EXIT
fi
$line
