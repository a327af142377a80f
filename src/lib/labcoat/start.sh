#!/bin/sh
# Start labcoat with the Python that LABCOAT_PYTHON names. Called by make, whose recipes have no logic.
# shellcheck disable=SC2088 # no shell has expanded the ~ of a setting
python=${LABCOAT_PYTHON:-python3}
case $python in "~/"*) python=$HOME/${python#??} ;; esac
command -v "$python" >/dev/null 2>&1 || {
  found=
  for name in python3 python3.13 python3.12 python3.11; do
    if command -v $name >/dev/null 2>&1; then found="$found${found:+, }$name"; fi
  done
  echo "error: cannot find Python \`$python\`" >&2
  if [ -n "$found" ]; then
    echo "hint: Set LABCOAT_PYTHON to one that is installed: $found" >&2
  else
    echo "hint: Install Python 3.11 or newer, or set LABCOAT_PYTHON to it" >&2
  fi
  exit 2
}
# -I: PYTHONPATH and modules in the project's directory must not shadow labcoat's own.
# -B: __main__.py decides where bytecode goes; the package may be part of another repository.
set -- "$python" -I -B "${0%/*}" "$@"
# Before Python can handle an interrupt, it answers with a traceback. GNU env can delay it.
case $python in
  *=*) ;;
  *) if env --block-signal=INT true 2>/dev/null; then set -- env --block-signal=INT "$@"; fi ;;
esac
exec "$@"
