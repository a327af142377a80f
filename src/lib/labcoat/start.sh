#!/bin/sh
# Starts labcoat with the Python that LABCOAT_PYTHON names. Make calls it; a make recipe holds no logic of its own.
python=${LABCOAT_PYTHON:-python3}
cache=${LABCOAT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/labcoat}
# A ~ that no shell has seen is still the home folder.
case $python in "~/"*) python=$HOME/${python#??} ;; esac
case $cache in "~/"*) cache=$HOME/${cache#??} ;; esac
command -v "$python" >/dev/null 2>&1 || {
  found=
  for name in python3 python3.13 python3.12 python3.11; do
    if command -v $name >/dev/null 2>&1; then found="$found $name"; fi
  done
  echo "labcoat: There is no Python called $python." >&2
  echo "  Install it, or set LABCOAT_PYTHON to one that is there:${found:- none found, install Python 3.11 or newer}." >&2
  exit 2
}
# -I: neither the person's PYTHONPATH nor modules in the project's folder get between labcoat and its own.
# Byte code goes to the cache folder: labcoat's own, beside the include, may be in somebody's repository.
exec "$python" -I -X pycache_prefix="$cache/bytecode" "${0%/*}" "$@"
