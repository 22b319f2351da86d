#!/usr/bin/env bash
# Set everything up: system packages, Python environment, build. Each step is skipped if it is done already.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ -f "$venv/.set-up-python" ] && [ -f "$root/install/.set-up-build" ]; then first=; else first=yes; fi

"$root/scripts/debian.sh"
"$root/scripts/python.sh"
"$root/scripts/build.sh"
"$root/scripts/caches.sh"

if [ -n "$first" ]; then say "Ready. Next:  make demo   or   . ./env.sh"; fi
