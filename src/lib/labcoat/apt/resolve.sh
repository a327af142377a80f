# Runs in a container of the base image, with REQUEST, MIRROR, SNAPSHOT, MOMENT and
# CERTIFICATES before it. Lets apt
# resolve the request, and prints what solver.py reads: each line that begins with % is for it.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "%no-apt"
  exit 1
fi
set -- -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::Retries::Delay::Maximum=1
if [ -n "$CERTIFICATES" ]; then
  echo "$CERTIFICATES" >/tmp/certificates.pem
  set -- "$@" -o Acquire::https::CAInfo=/tmp/certificates.pem
fi
apt-get indextargets --no-release-info --format '%archive $(REPO_URI)' | sort -u
if [ -n "$MOMENT" ]; then
  set -- "$@" -o Acquire::Check-Valid-Until=false
fi
if [ -n "$MIRROR$MOMENT" ]; then
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v mirror="$MIRROR" -v beside="${MIRROR%/*}" -v snapshot="$SNAPSHOT" -v moment="$MOMENT" '
      { for (i = 1; i <= NF; i++) if ($i ~ /^https?:\/\/.*\/(debian|ubuntu)(-[a-z]+)?(\/[0-9]+T[0-9]+Z)?\/?$/) {
          sub(/(\/[0-9]+T[0-9]+Z)?\/?$/, "", $i)
          name = $i
          sub(/.*\//, "", name)
          if (moment) $i = snapshot "/" name "/" moment
          else $i = name ~ /-/ ? beside "/" name : mirror } }
      { print }' "$file" >/tmp/sources
    cmp -s /tmp/sources "$file" || replaced=yes
    cat /tmp/sources >"$file"
  done
  if [ -n "$MOMENT" ] && [ -z "${replaced:-}" ]; then
    echo "%update E: no archive of the image is called debian or ubuntu"
    exit 1
  fi
fi
echo "%architecture $(dpkg --print-architecture)"
if ! apt-get -q "$@" -o APT::Update::Error-Mode=any update >/tmp/update 2>&1 ||
  grep -qE '^(W|E): Failed to fetch' /tmp/update; then
  grep -E '^(W|E): ' /tmp/update | sed 's/^/%update /'
  exit 1
fi
set -- "$@" install --no-install-recommends
# shellcheck disable=SC2086  # words, which labcoat has checked
if ! apt-get -q "$@" --simulate $REQUEST >/tmp/simulated 2>&1; then
  sed 's/^/%failed /' /tmp/simulated
  apt-cache pkgnames | sed 's/^/%known /'
  exit 1
fi
if grep -E "^Note, selecting '.*' for (regex|glob)" /tmp/simulated | sed 's/^/%pattern /' | grep .; then
  apt-cache pkgnames | sed 's/^/%known /'
  exit 1
fi
grep -E '^(Inst|Remv) ' /tmp/simulated | sed 's/^/%step /' || true
# shellcheck disable=SC2086
apt-get -q "$@" --yes --print-uris $REQUEST | sed -n "s/^'\([^']*\)' .*/%uri \1/p"
chosen=$(sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+) .*/\1=\3/p' /tmp/simulated)
if [ -n "$chosen" ]; then
  # shellcheck disable=SC2086
  apt-cache show $chosen |
    sed -nE 's/^(Package|Version|Architecture|Filename|Size|SHA256): /%field \1 /p; s/^$/%end/p'
fi
echo "%end"
echo "%done"
