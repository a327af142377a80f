#!/bin/sh
# Start labcoat with the first Python found that is new enough for it. Called by start.sh and
# __main__.py where LABCOAT_PYTHON names an older or a missing one, which stays the project's.
# The first argument is the version that was too old, or empty.
old=$1
shift
typed=
if [ "$1" = --python-is-set ]; then
  typed=yes
  shift
fi

# start PYTHON ARGUMENT …: become labcoat if this Python starts and is new enough
start() {
  candidate=$1
  shift
  "$candidate" -ISc 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || return 0
  exec "$candidate" -I -S -B ${typed:+-X labcoat_python_is_set} "${0%/*}" "$@"
}

for name in python3 python3.13 python3.12 python3.14 python3.11 python3.15; do
  if command -v $name >/dev/null 2>&1; then start $name "$@"; fi
done
pyenv=${PYENV_ROOT:-${HOME:-/}/.pyenv}/versions
uv=${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-${HOME:-/}/.local/share}/uv/python}
for minor in 13 12 14 11 15; do
  name=python3.$minor
  for program in "$pyenv"/*/bin/"$name" "$uv"/cpython-*/bin/"$name" \
    /usr/local/bin/"$name" /opt/homebrew/bin/"$name"; do
    if [ -x "$program" ]; then start "$program" "$@"; fi
  done
done
if [ -n "$old" ]; then
  echo "error: labcoat needs Python 3.11 or newer, and this is $old" >&2
else
  echo "error: cannot find a Python to run labcoat, which needs 3.11 or newer" >&2
fi
echo "hint: Install Python 3.11 or newer; the project's own Python may be older" >&2
exit 2
