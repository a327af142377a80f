#!/bin/sh
# Installs the lock for the image. The Dockerfile runs it; labcoat wrote both.
#
#   install-lock.sh tools             check the base image, install uv
#   install-lock.sh split             /tmp/lock.txt -> /locks/large.txt and /locks/small.txt
#   install-lock.sh packages          /tmp/lock.txt -> /out, with the user and home of the image
#   install-lock.sh more-packages     /tmp/lock.txt -> /out, without what `packages` has put there
#   install-lock.sh project           the project in /out, and what its .sources.txt asks for -> /out
#   install-lock.sh compile MODULE    byte code of one module or package in the working directory
#
# Two runs give the same files: every file gets one time, and byte code holds no time.
set -eu

# uv, at the version that labcoat itself uses: x86-64 and arm64, for glibc and musl.
UV="uv==0.13.9 \
 --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \
 --hash=sha256:2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25 \
 --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe \
 --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375"
# A variable and not the option, which pip before 22.1 does not have.
export PIP_ROOT_USER_ACTION=ignore
export UV_CACHE_DIR=/cache/uv PIP_CACHE_DIR=/cache/pip UV_LINK_MODE=copy
TIME=@315532800 # 1980, the first year that a zip archive can hold

fail() {
  echo "labcoat: $1" >&2
  exit 1
}

# Shell lines that tell pip and uv which index to use, where the build has this secret.
read_settings() {
  if [ -e /run/secrets/settings ]; then
    # shellcheck source=/dev/null
    . /run/secrets/settings
  fi
}

install_tools() {
  command -v python3 >/dev/null || fail "the base image has no python3"
  found=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  [ "$found" = "${PYTHON:-$found}" ] || fail "the base image has Python $found, not $PYTHON"
  python3 -m pip --version >/dev/null 2>&1 || fail "the base image has no pip"
  read_settings
  echo "$UV" >/tmp/uv.txt
  python3 -m pip install --quiet --target /opt/uv --no-deps --require-hashes --only-binary :all: \
    --disable-pip-version-check -r /tmp/uv.txt
}

# In two, so that a change of the small packages does not reinstall the large ones.
split_lock() {
  mkdir /locks
  touch /locks/large.txt /locks/small.txt
  awk -v large="^($LARGE)[^a-z0-9._-]" '
    /^[A-Za-z0-9]/ { to = $0 ~ large ? "large" : "small" }
    /^ *[^ #]/ || /^ *# from: / { print >"/locks/" to ".txt" }' /tmp/lock.txt
}

# /tmp/lock.txt -> a file in /tmp/indexes for each index: _ for the default one, else its name.
split_indexes() {
  mkdir /tmp/indexes
  awk '
    function finish() { if (block != "") printf "%s", block >("/tmp/indexes/" from) }
    /^[A-Za-z0-9]/ { finish(); block = ""; from = "_" }
    $1 == "#" && $2 == "from:" && $3 ~ /^[A-Za-z0-9][A-Za-z0-9._-]*$/ { from = $3 }
    { block = block $0 "\n" }
    END { finish() }' /tmp/lock.txt
}

# INDEXES has the address of each named index, as "name=https://host/simple", separated by spaces.
find_index() {
  for each in ${INDEXES:-}; do
    if [ "${each%%=*}" = "$1" ]; then
      echo "${each#*=}"
      return
    fi
  done
  fail "the address of the index $1 is not known: use make docker, or write \
ARG INDEXES=\"$1=https://…\" below FROM base AS tools in the Dockerfile"
}

install_packages() {
  read_settings
  python3 -m venv --without-pip /opt/venv
  cp -a /opt/venv /tmp/bare
  set --
  for name in $NO_BINARY; do set -- "$@" --no-binary "$name"; done
  set -- --python /opt/venv/bin/python --require-hashes --only-binary :all: "$@"
  split_indexes
  if [ -s /tmp/indexes/_ ]; then /opt/uv/bin/uv pip sync "$@" /tmp/indexes/_; fi
  # A pass for each named index, in which uv sees no other.
  for part in /tmp/indexes/[!_]*; do
    if [ -e "$part" ]; then
      url=$(find_index "${part##*/}")
      UV_DEFAULT_INDEX=$url /opt/uv/bin/uv pip install --no-deps "$@" -r "$part"
    fi
  done
  rm -f /opt/venv/.lock
  cd /opt/venv/lib/python3*/site-packages
  for kind in $STRIP; do strip_packages "$kind"; done
  case " $STRIP " in
    *" bytecode "*) ;;
    *) compile_packages ;;
  esac
  cd /
  mkdir /out
}

# Local packages, commits and archives, built from a copy of the project. `make docker` needs none of
# this: it sends them installed.
install_sources() {
  project=/out/home/labcoat/project
  sources=${LOCK%.txt}.sources.txt
  tools=${LOCK%.txt}.build.txt
  grep -q '^[^#]' "$project/$sources" 2>/dev/null || return 0
  if grep -q 'git+' "$project/$sources" && ! command -v git >/dev/null; then
    fail "$sources has git repositories, and the base image has no git: install it in the stage base"
  fi
  read_settings
  python3 -m venv --without-pip /opt/venv
  cp -a /opt/venv /tmp/bare
  cp -a "$project" /tmp/project
  cd /tmp/project
  sed 's/^-e //' "$sources" >/tmp/sources.txt
  set --
  if [ -s "$tools" ]; then set -- --build-constraints "$tools"; fi
  /opt/uv/bin/uv pip install --python /opt/venv/bin/python --no-deps "$@" -r /tmp/sources.txt
  rm -f /opt/venv/.lock
  find /opt/venv -name direct_url.json -delete
  cd /
  remove_bare_environment
}

clean_project() {
  find /out/home/labcoat/project -mindepth 1 -type d -empty -delete
  chmod -R a-st,u=rwX,go=rX /out/home/labcoat
  chown -hR 1000:1000 /out/home/labcoat
}

strip_packages() {
  case $1 in
    tests) find . -path './*.dist-info' -prune -o -path './*/tests/*' -type f -exec rm {} + ;;
    headers)
      find . \( -path './*.dist-info' -o -path './cupy*' -o -path './numba*' -o -path ./nvidia \
        -o -path ./triton \) -prune -o \
        -path './*/include/*' -type f ! -name '*.py' ! -name '*.so' -exec rm {} +
      ;;
    bytecode) ;;
    *) fail "STRIP accepts tests, headers and bytecode, not $1" ;;
  esac
  find . -mindepth 1 -type d -empty -delete
}

# Several modules at once, one process each, so that a file always has the same history.
compile_packages() {
  VERSION=$(PYTHONDONTWRITEBYTECODE=1 /opt/venv/bin/python -VV)
  export VERSION COMPILED PYTHONDONTWRITEBYTECODE=1
  [ -z "$COMPILED" ] || mkdir -p "$COMPILED"
  find . -mindepth 1 -maxdepth 1 ! -name '*.dist-info' ! -name __pycache__ -print0 |
    xargs -0 -r -n 1 -P "$(nproc)" sh "$0" compile
}

# Byte code is kept in $COMPILED by the content it was compiled from; an empty COMPILED keeps none.
# -S, since Python's own start would write some of it first, with a time in it.
compile_module() {
  content=$(find "$1" -type f -name '*.py*' -print0 | sort -z | xargs -0 -r sha256sum)
  kept=$COMPILED/$(echo "$VERSION$content" | sha256sum | cut -c -64).tar
  if tar -xf "$kept" 2>/dev/null; then return; fi
  /opt/venv/bin/python -S -m compileall -qq -f --invalidation-mode unchecked-hash \
    "$PWD/${1#./}" || return 0
  if [ -n "$COMPILED" ]; then
    partial=$(mktemp -p "$COMPILED")
    module=${1##*/}
    if find "$1" "./__pycache__/${module%.py}".*.pyc -name '*.pyc' 2>/dev/null |
      tar -cf "$partial" -T - 2>/dev/null; then
      mv "$partial" "$kept"
    else
      rm -f "$partial"
    fi
  fi
}

add_user() {
  mkdir -p /out/etc /out/home/labcoat/project
  cp /etc/passwd /etc/group /out/etc/
  grep -q '^[^:]*:[^:]*:1000:' /etc/passwd ||
    echo 'labcoat:x:1000:1000::/home/labcoat:/bin/sh' >>/out/etc/passwd
  grep -q '^[^:]*:[^:]*:1000:' /etc/group || echo 'labcoat:x:1000:' >>/out/etc/group
  chown -R 1000:1000 /out/home/labcoat
}

# Some engines store an unchanged file of the layer below again, others do not: leave it out.
remove_bare_environment() {
  (cd /tmp/bare && find . ! -type d) | while read -r file; do
    if [ -h "/opt/venv/$file" ] || cmp -s "/tmp/bare/$file" "/opt/venv/$file"; then
      rm "/opt/venv/$file"
    fi
  done
  find /opt/venv -type d -empty -delete
}

finish_output() {
  if [ -e /opt/venv ]; then
    mkdir /out/opt
    mv /opt/venv /out/opt/
  fi
  find /out -exec touch -h -d "$TIME" {} +
}

case $1 in
  tools) install_tools ;;
  split) split_lock ;;
  packages)
    install_packages
    add_user
    finish_output
    ;;
  more-packages)
    install_packages
    remove_bare_environment
    finish_output
    ;;
  project)
    install_sources
    clean_project
    finish_output
    ;;
  compile) compile_module "$2" ;;
  *) fail "unknown step $1" ;;
esac
