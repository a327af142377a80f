#!/bin/sh
# Installs the lock for the image. The Dockerfile runs it; labcoat wrote both.
#
#   install-lock.sh fetch-debs        the packages of /tmp/apt.lock -> /debs
#   install-lock.sh install-debs      /debs -> what the image gets of them in /labcoat/out
#   install-lock.sh tools             check the base image, install uv
#   install-lock.sh split             /tmp/lock.txt -> /locks/large.txt and /locks/small.txt
#   install-lock.sh packages          /tmp/lock.txt -> /labcoat/out, with the user and home of the image
#   install-lock.sh more-packages     /tmp/lock.txt -> /labcoat/out, without what `packages` has put there
#   install-lock.sh project           the project in /labcoat/out, and what its .sources.txt asks for -> /labcoat/out
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

# Each file comes from the cache, the image's archives, or the archive of the day it was locked on.
# APT_MIRROR stands for the second, as LABCOAT_APT_MIRROR does, and APT_SNAPSHOT for the third.
fetch_debs() {
  read_settings
  mkdir -p /debs /cache/apt
  own=$(dpkg --print-architecture)
  date=$(awk -v own="$own" '$1 == "date" && $2 == own { print $3 }' /tmp/apt.lock)
  [ -n "$date" ] || fail "apt.lock has no packages for $own: run make requirements on this platform, \
or name it in LABCOAT_PLATFORMS"
  # shellcheck disable=SC2016 # apt replaces it
  archives=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' | sort -u)
  awk -v own="$own" '$1 == "package" && $2 == own { print $3, $4, $5, $7 }' /tmp/apt.lock >/tmp/debs.txt
  while read -r package version path digest; do
    digest=${digest#sha256:}
    deb=/cache/apt/$digest.deb
    if ! has_digest "$deb" "$digest"; then
      reasons=
      for address in $(find_addresses "$path" "$date"); do
        reason=$(fetch_deb "$address" "$digest" "$deb") && break
        reasons="${reasons:+$reasons; }$reason"
      done
      has_digest "$deb" "$digest" || fail "cannot install $package $version of apt.lock: \
${reasons:-no archive of the image is called ${path%%/*}}"
    fi
    cp "$deb" "/debs/$digest.deb"
  done </tmp/debs.txt
}

# Prints the addresses at which a package may be, PATH below the archive of that name.
find_addresses() {
  below=$(echo "${1#*/}" | sed 's/+/%2b/g')
  name=${1%%/*} mirror=${APT_MIRROR:-} snapshot=${APT_SNAPSHOT:-http://snapshot.debian.org/archive}
  mirror=${mirror%/}
  case ${mirror:+$name} in
    debian | ubuntu) echo "$mirror/$below" ;;
    debian-* | ubuntu-*) echo "${mirror%/*}/$name/$below" ;;
    *)
      for archive in $archives; do
        archive=${archive%/}
        case $archive in */"$name" | */"$name"/[0-9]*T[0-9]*Z) echo "$archive/$below" ;; esac
      done
      ;;
  esac
  case $name:${APT_SNAPSHOT:-} in debian*:* | ubuntu*:?*) echo "${snapshot%/}/$name/$2/$below" ;; esac
}

# ADDRESS SHA256 FILE: downloads a file, or prints why it could not.
fetch_deb() {
  partial=$(mktemp -d /cache/apt/partial.XXXXXX)
  set -- "$@" -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::Retries::Delay::Maximum=1
  [ ! -e /run/secrets/certificates ] || set -- "$@" -o Acquire::https::CAInfo=/run/secrets/certificates
  address=$1 wanted=$2 to=$3
  shift 3
  said=$(/usr/lib/apt/apt-helper "$@" download-file "$address" "$partial/deb" 2>&1) || true
  if has_digest "$partial/deb" "$wanted"; then
    mv "$partial/deb" "$to"
    rm -rf "$partial"
    return
  fi
  if [ -e "$partial/deb" ]; then
    echo "$address changed: its sha256 is not the locked one"
  else
    echo "$said" | sed -nE 's/^E: (Failed to fetch )?//p' | head -n 1
  fi
  rm -rf "$partial"
  return 1
}

has_digest() {
  [ -e "$1" ] && [ "$(sha256sum <"$1" | cut -c -64)" = "$2" ]
}

# Installs /debs with the image's own apt and without a network, so that the packages' scripts run.
# What they changed, less logs and caches that differ each time, is what the image gets. Formats of
# LuaTeX and TeX have a time too: the programs make them where they are missing.
install_debs() {
  mkdir -p /labcoat/out
  [ -n "$(ls /debs)" ] || return 0
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH="${TIME#@}" PERL_HASH_SEED=0
  export FORCE_SOURCE_DATE=1 # TeX reads the date only with it
  # Scripts such as a JRE's put links there; small base images lack the directories.
  for section in 1 2 3 4 5 6 7 8; do mkdir -p /usr/share/man/man$section; done
  touch /tmp/before
  sleep 0.1
  policy=/usr/sbin/policy-rc.d # no service starts
  if [ -e $policy ]; then policy=; else
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
  fi
  apt-get -q -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io \
    -o Dpkg::Options::=--force-confold --yes --no-install-recommends --allow-downgrades \
    install /debs/*.deb >/tmp/apt.log 2>&1 || {
    cat /tmp/apt.log
    fail "cannot install the packages of apt.lock: $(grep -E '^(E|dpkg): |error' /tmp/apt.log | head -n 1)"
  }
  [ -z "$policy" ] || rm $policy
  remove_random /
  cd /
  find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./labcoat \
    -o -path ./base -o -path ./debs -o -path ./opt/install-lock.sh -o -path './etc/host*' -o -path ./etc/resolv.conf \
    -o -path ./etc/machine-id -o -path './var/cache/apt/*' -o -path './var/cache/ldconfig/*' \
    -o -path './var/lib/apt/*' -o -name __pycache__ \) -prune -o \
    ! \( -type f \( -path './var/log/*' -o -path './var/lib/texmf/*.log' \
    -o -path './var/lib/texmf/web2c/lua*.fmt' -o -path ./var/lib/texmf/web2c/tex/tex.fmt -o -path './var/lib/dpkg/*-old' \
    -o -path './var/cache/debconf/*-old' -o -path './etc/*-' \) \) -cnewer /tmp/before -print0 |
    sort -z | tar --xattrs --xattrs-include='*' --null --no-recursion -cf - -T - |
    tar --xattrs --xattrs-include='*' -xpf - -C /labcoat/out
  remove_unchanged
  date_keystore /labcoat/out/etc/ssl/certs/java/cacerts
  find /labcoat/out -newer /tmp/before -exec touch -h -d "$TIME" {} +
}

# Leaves out what scripts make of random numbers below the directory $1: ids, and keys, which have to
# be secret. Those of the base stay in the image.
remove_random() {
  rm -f "$1/var/lib/dbus/machine-id" "$1"/etc/ssh/ssh_host_*_key "$1"/etc/ssh/ssh_host_*_key.pub \
    "$1/etc/ssl/private/ssl-cert-snakeoil.key" "$1/etc/ssl/certs/ssl-cert-snakeoil.pem"
  [ ! -d "$1/etc/ssl/certs" ] || find "$1/etc/ssl/certs" -lname ssl-cert-snakeoil.pem -delete
}

# A JRE's list of certificates in Java's JKS format has the time at which each was added, and at its
# end a digest of the whole with the usual password.
date_keystore() {
  [ -f "$1" ] || return 0
  python3 - "$1" "${TIME#@}" <<'EOF'
import hashlib, sys
with open(sys.argv[1], "r+b") as file:
    data, place = bytearray(file.read()), 12

    def digest():
        return hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + data[:-20]).digest()

    def number(size):
        return int.from_bytes(data[place : place + size], "big")

    is_known = data[:8] == b"\xfe\xed\xfe\xed\0\0\0\2" and data[-20:] == digest()
    for _ in range(int.from_bytes(data[8:12], "big") if is_known else 0):
        is_known = is_known and number(4) == 2  # a certificate, no key
        place += 4
        place += 2 + number(2)  # its name
        data[place : place + 8] = (int(sys.argv[2]) * 1000).to_bytes(8, "big")
        place += 8
        place += 2 + number(2)  # its kind
        place += 4 + number(4)
    if is_known and place == len(data) - 20:
        data[-20:] = digest()
        file.seek(0)
        file.write(data)
EOF
}

# Leaves out of /labcoat/out what is in /base with the same content, mode and owner.
remove_unchanged() {
  cd /labcoat/out
  find . -type f | while read -r file; do
    if [ -f "/base/$file" ] && cmp -s "$file" "/base/$file" &&
      [ "$(stat -c %a:%u:%g "$file")" = "$(stat -c %a:%u:%g "/base/$file")" ]; then
      rm "$file"
    fi
  done
  find . -mindepth 1 -depth -type d -empty | while read -r folder; do
    if [ -d "/base/$folder" ]; then rmdir "$folder"; fi
  done
}

# The image has to have what apt.lock says, if the project has one.
check_debs() {
  lock=/labcoat/out/home/labcoat/project/apt.lock
  [ -e $lock ] || return 0
  own=$(dpkg --print-architecture)
  awk -v own="$own" '$1 == "package" && $2 == own { print $3, $4 }' $lock | while read -r name version; do
    found=$(dpkg-query --show --showformat '${Version}' "$name:$own" 2>/dev/null) ||
      found=$(dpkg-query --show --showformat '${Version}' "$name" 2>/dev/null) || true
    [ "$found" = "$version" ] || fail "$name $version of apt.lock is not installed: use make docker, or \
write ARG SYSTEM=apt in the Dockerfile"
  done
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
ARG INDEXES=\"$1=https://…\" below FROM system AS tools in the Dockerfile"
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
  mkdir -p /labcoat/out
}

# Local packages, commits and archives, built from a copy of the project. `make docker` needs none of
# this: it sends them installed.
install_sources() {
  project=/labcoat/out/home/labcoat/project
  # shellcheck disable=SC2153 # an argument of the build
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
  find /labcoat/out/home/labcoat/project -mindepth 1 -type d -empty -delete
  chmod -R a-st,u=rwX,go=rX /labcoat/out/home/labcoat
  chown -hR 1000:1000 /labcoat/out/home/labcoat
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
  mkdir -p /labcoat/out/etc /labcoat/out/home/labcoat/project
  cp /etc/passwd /etc/group /labcoat/out/etc/
  grep -q '^[^:]*:[^:]*:1000:' /etc/passwd ||
    echo 'labcoat:x:1000:1000::/home/labcoat:/bin/sh' >>/labcoat/out/etc/passwd
  grep -q '^[^:]*:[^:]*:1000:' /etc/group || echo 'labcoat:x:1000:' >>/labcoat/out/etc/group
  chown -R 1000:1000 /labcoat/out/home/labcoat
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
    mkdir /labcoat/out/opt
    mv /opt/venv /labcoat/out/opt/
  fi
  find /labcoat/out -exec touch -h -d "$TIME" {} +
}

case $1 in
  fetch-debs) fetch_debs ;;
  install-debs) install_debs ;;
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
    check_debs
    install_sources
    clean_project
    finish_output
    ;;
  compile) compile_module "$2" ;;
  *) fail "unknown step $1" ;;
esac
