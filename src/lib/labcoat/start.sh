#!/bin/sh
# Start labcoat with the Python that LABCOAT_PYTHON names; labcoat itself needs 3.11 or newer, and
# find-python.sh looks for one if that is older. Called by make, whose recipes have no logic.
# shellcheck disable=SC2088 # no shell has expanded the ~ of a setting
python=${LABCOAT_PYTHON:-python3}
case $python in "~/"*) python=$HOME/${python#??} ;; esac
# The first argument says that LABCOAT_PYTHON is set, even if to its default.
typed=
if [ "$1" = --python-is-set ]; then typed=yes; fi
# In an activated shell `python3` is the environment's, which `make prove` must not run.
path=:$PATH:
for folder in "${LABCOAT_VENV:-.venv}" "${LABCOAT_CONDA_ENV:-.conda}"; do
  case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
  case $path in *":$folder/bin:"*) path=${path%%":$folder/bin:"*}:${path#*":$folder/bin:"} ;; esac
done
program=$(PATH=$path command -v "$python" 2>/dev/null || command -v "$python" 2>/dev/null) || case $python in
  python3 | python3.[0-9] | python3.[0-9][0-9])
    # The project's Python, which need not be here to lock or to build an image.
    exec sh "${0%/*}/find-python.sh" "" "$@"
    ;;
  *)
    found=
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
      if command -v $name >/dev/null 2>&1; then found="$found${found:+, }$name"; fi
    done
    echo "error: cannot find Python \`$python\`" >&2
    if [ -n "$found" ]; then
      echo "hint: Set LABCOAT_PYTHON to one that is installed: $found" >&2
    else
      echo "hint: Install Python 3.11 or newer, or set LABCOAT_PYTHON to it" >&2
    fi
    exit 2
    ;;
esac
# pyenv's links fail for a version that is not selected, is missing, or stands below a comment.
case $program in
  */shims/python3.*)
    for path in "${program%/shims/*}/versions/${program##*/python}".*/bin/"${program##*/}"; do
      program=$path
    done
    ;;
  */shims/python | */shims/python3)
    if [ -f .python-version ] && [ -z "${PYENV_VERSION:-}" ]; then
      read -r version _ <.python-version
      program=${program%/shims/*}/versions/$version/bin/python3
    fi
    ;;
esac
[ -x "$program" ] || exec sh "${0%/*}/find-python.sh" "" "$@"
# Another program would be started with Python's options: `true` does nothing and succeeds.
case ${program##*/} in
  python* | pypy*) ;;
  *)
    if [ "$("$program" -ISc 'print("Python")' 2>/dev/null </dev/null)" != Python ]; then
      echo "error: \`$python\` is not a Python" >&2
      echo "hint: Set LABCOAT_PYTHON to Python 3.11 or newer" >&2
      exit 2
    fi
    ;;
esac
if [ -n "$typed" ]; then shift; fi
# -I: PYTHONPATH and modules in the project's directory must not shadow labcoat's own.
# -S: it needs no installed package, and a .pth file of one would run on every start.
# -B: __main__.py decides where bytecode goes; the package may be part of another repository.
set -- "$program" -I -S -B -X labcoat_python="own:$python" ${typed:+-X labcoat_python_is_set} "${0%/*}" "$@"
# Before Python can handle an interrupt, it answers with a traceback. GNU env can delay it.
case $program in
  *=*) ;;
  *) if env --block-signal=INT true 2>/dev/null; then set -- env --block-signal=INT "$@"; fi ;;
esac
exec "$@"
