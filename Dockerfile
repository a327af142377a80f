# The image of a lock: its packages, the project's files, a user, and nothing else.
# `make docker` builds it; so does a plain `docker build .`, from the base image named here.
# Two builds give the same bits: every file has one time, byte code carries none, and no step of the last stage writes.
ARG SOURCE=folder
ARG BASE_IMAGE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

# What installs. It stays in these stages, as do caches and secrets.
FROM ${BASE_IMAGE} AS tools
USER root
SHELL ["/bin/sh", "-euc"]
ENV UV_CACHE_DIR=/cache/uv PIP_CACHE_DIR=/cache/pip UV_LINK_MODE=copy PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
ARG PYTHON=
ARG UV="uv==0.13.9 \
 --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \
 --hash=sha256:2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25 \
 --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe \
 --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375"
# The secrets, where there are any: a certificate bundle, and shell lines that tell pip and uv of an index.
RUN --mount=type=cache,id=labcoat,target=/cache \
    --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    refuse() { echo "labcoat: the base image has $1" >&2; exit 1; }; \
    command -v python3 >/dev/null || refuse "no python3"; \
    found=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
    [ "$found" = "${PYTHON:-$found}" ] || refuse "Python $found, not $PYTHON"; \
    python3 -m pip --version >/dev/null 2>&1 || refuse "no pip"; \
    if [ -e /run/secrets/settings ]; then . /run/secrets/settings; fi; \
    echo "$UV" >/tmp/uv.txt; \
    python3 -m pip install --quiet --target /opt/uv --no-deps --require-hashes --only-binary :all: -r /tmp/uv.txt

# Compiles the byte code of one top-level package. What comes of it is kept by the content that it was made from, so that a
# changed lock compiles only what is new; COMPILED= has all of it compiled. One process for a package: several at once, yet
# each file always by the same history. Without -S the start of Python would write some first, with a date in it.
RUN printf '%s\n' >/opt/compile \
    'content=$(find "$1" -type f -name "*.py*" -print0 | sort -z | xargs -0 -r sha256sum)' \
    'kept="${COMPILED}/$(echo "${VERSION}${content}" | sha256sum | cut -c -64).tar"' \
    'if tar -xf "${kept}" 2>/dev/null; then exit; fi' \
    '/opt/venv/bin/python -S -m compileall -qq -f --invalidation-mode unchecked-hash "${PWD}/${1#./}" || exit 0' \
    'if [ -n "${COMPILED}" ]; then' \
    '  aside=$(mktemp -p "${COMPILED}")' \
    '  module=${1##*/}' \
    '  find "$1" "./__pycache__/${module%.py}".*.pyc -name "*.pyc" 2>/dev/null | tar -cf "${aside}" -T - 2>/dev/null &&' \
    '    mv "${aside}" "${kept}" || rm -f "${aside}"' \
    'fi'

# Installs /tmp/lock.txt and leaves what the image needs in /out; where BELOW is set, only what the layer below it has not.
# Of a file that is below already, unchanged, some engines keep a copy in the layer above and others do not.
RUN printf '%s\n' >/opt/install \
    'if [ -e /run/secrets/settings ]; then . /run/secrets/settings; fi' \
    'python3 -m venv --without-pip /opt/venv' \
    'cp -a /opt/venv /tmp/bare' \
    'for name in ${NO_BINARY}; do set -- "$@" --no-binary "$name"; done' \
    'if [ -s /tmp/lock.txt ]; then' \
    '  /opt/uv/bin/uv pip sync --python /opt/venv/bin/python --require-hashes --only-binary :all: "$@" /tmp/lock.txt' \
    'fi' \
    'rm -f /opt/venv/.lock' \
    'cd /opt/venv/lib/python3*/site-packages' \
    'compile="sh -e /opt/compile"' \
    'export PYTHONDONTWRITEBYTECODE=1 VERSION="$(/opt/venv/bin/python -VV)"' \
    '[ -z "${COMPILED}" ] || mkdir -p "${COMPILED}"' \
    'for kind in ${STRIP}; do' \
    '  case ${kind} in' \
    '    tests) find . -path "./*.dist-info" -prune -o -path "./*/tests/*" -type f -exec rm {} + ;;' \
    '    headers) find . \( -path "./*.dist-info" -o -path "./cupy*" -o -path "./numba*" -o -path ./nvidia -o -path ./triton \) \' \
    '      -prune -o -path "./*/include/*" -type f ! -name "*.py" ! -name "*.so" -exec rm {} + ;;' \
    '    bytecode) compile=true ;;' \
    '    *) echo "labcoat: STRIP takes tests, headers and bytecode, not ${kind}" >&2; exit 1 ;;' \
    '  esac' \
    '  find . -mindepth 1 -type d -empty -delete' \
    'done' \
    'find . -mindepth 1 -maxdepth 1 ! -name "*.dist-info" ! -name __pycache__ -print0 |' \
    '  xargs -0 -r -n 1 -P "$(nproc)" ${compile}' \
    'cd /' \
    'mkdir /out' \
    'if [ -n "${BELOW:-}" ]; then' \
    '  for file in $(cd /tmp/bare && find . ! -type d); do' \
    '    if [ -h "/opt/venv/${file}" ] || cmp -s "/tmp/bare/${file}" "/opt/venv/${file}"; then rm "/opt/venv/${file}"; fi' \
    '  done' \
    '  find /opt/venv -type d -empty -delete' \
    'else' \
    '  mkdir -p /out/etc /out/home/labcoat/project' \
    '  cp /etc/passwd /etc/group /out/etc/' \
    '  grep -q "^[^:]*:[^:]*:1000:" /etc/passwd || echo "labcoat:x:1000:1000::/home/labcoat:/bin/sh" >>/out/etc/passwd' \
    '  grep -q "^[^:]*:[^:]*:1000:" /etc/group || echo "labcoat:x:1000:" >>/out/etc/group' \
    '  chown -R 1000:1000 /out/home/labcoat' \
    'fi' \
    'if [ -e /opt/venv ]; then mkdir /out/opt && mv /opt/venv /out/opt/; fi' \
    'find /out -exec touch -h -d @315532800 {} +'

# The lock in two: packages that are large and seldom change, and the others, so that a change leaves the large ones alone.
# Each is mounted rather than copied: what counts then is its text, and not the commit's time, which a builder gives to copies.
# Podman does not look at what is mounted: there `make docker` has the lock's digest in LOCKED.
FROM tools AS lock
ARG LARGE="tensorflow.*|torch|torchvision|nvidia-.*|triton|jaxlib|jax-cuda.*|libclang|pyspark|pyarrow|scipy|opencv-.*|xgboost|ray"
ARG LOCK=requirements.txt
COPY ["${LOCK}", "/tmp/lock.txt"]
RUN mkdir /locks; touch /locks/large.txt /locks/small.txt; \
    awk -v large="^(${LARGE})[^a-z0-9._-]" \
      '/^[A-Za-z0-9]/ { to = $0 ~ large ? "large" : "small" } /^ *[^ #]/ { print >"/locks/" to ".txt" }' /tmp/lock.txt

FROM tools AS large
ARG LOCKED=
ARG NO_BINARY=
ARG STRIP=
ARG COMPILED=/cache/compiled
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,from=lock,source=/locks/large.txt,target=/tmp/lock.txt \
    . /opt/install

FROM tools AS small
ARG LOCKED=
ARG NO_BINARY=
ARG STRIP=
ARG COMPILED=/cache/compiled
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,from=lock,source=/locks/small.txt,target=/tmp/lock.txt \
    BELOW=large; . /opt/install

# The project's files, apart from the packages: a change here leaves those as they are. They come as the folder that a builder
# is sent; or `make docker` packs them into an archive that has their times and owner already, and no container has to run.
FROM ${BASE_IMAGE} AS folder
USER root
COPY . /out/home/labcoat/project/
RUN find /out/home/labcoat/project -mindepth 1 -type d -empty -delete && \
    chmod -R a-st,u=rwX,go=rX /out/home/labcoat && \
    chown -hR 1000:1000 /out/home/labcoat && \
    find /out -exec touch -h -d @315532800 {} +

FROM ${BASE_IMAGE} AS packages
COPY --from=large /out/ /
COPY --from=small /out/ /
ENV PATH=/opt/venv/bin:${PATH} VIRTUAL_ENV=/opt/venv HOME=/home/labcoat
WORKDIR /home/labcoat/project

FROM packages AS with-folder
COPY --from=folder /out/ /

FROM packages AS with-archive
ADD labcoat.tar /

FROM with-${SOURCE} AS image
USER 1000
ENTRYPOINT []
CMD ["python"]
