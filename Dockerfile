# The image of a lock: the base, the locked packages, the project's files, a user that is not root. `make docker` builds
# it, and so do `docker build .` (Docker 23 or newer), podman and Binder. Two builds give the same image id.
ARG SOURCE=folder
ARG SYSTEM=base
ARG BASE_IMAGE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${BASE_IMAGE} AS base
# Add your own steps here. List system libraries in apt.txt: `make requirements` locks them in apt.lock.

# The packages of apt.lock, in a layer of their own. `make docker` sets SYSTEM=apt where there are some.
FROM base AS debs
USER root
ARG LOCKED=
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,source=apt.lock,target=/tmp/apt.lock \
    --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh fetch-debs
RUN --network=none --mount=type=bind,from=base,target=/base \
    --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh install-debs
FROM base AS apt
COPY --from=debs /labcoat/out/ /
FROM ${SYSTEM} AS system

# These stages install. Their caches and secrets stay out of the image.
FROM system AS tools
USER root
ARG PYTHON=
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh tools

FROM tools AS lock
ARG LARGE="tensorflow.*|torch|torchvision|nvidia-.*|triton|jaxlib|jax-cuda.*|libclang|pyspark|pyarrow|scipy|opencv-.*|xgboost|ray"
ARG LOCK=requirements.txt
COPY ["${LOCK}", "/tmp/lock.txt"]
RUN --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh split

FROM tools AS large
ARG LOCKED=
ARG NO_BINARY=
ARG STRIP=
ARG COMPILED=/cache/compiled
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,from=lock,source=/locks/large.txt,target=/tmp/lock.txt \
    --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh packages

FROM tools AS small
ARG LOCKED=
ARG NO_BINARY=
ARG STRIP=
ARG COMPILED=/cache/compiled
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,from=lock,source=/locks/small.txt,target=/tmp/lock.txt \
    --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh more-packages

# The project's files, as a directory; `make docker` sends an archive instead, which needs no container.
FROM tools AS folder
ARG LOCK=requirements.txt
COPY . /labcoat/out/home/labcoat/project/
RUN --mount=type=cache,id=labcoat,target=/cache --mount=type=secret,id=certificates --mount=type=secret,id=settings \
    --mount=type=bind,source=install-lock.sh,target=/opt/install-lock.sh sh /opt/install-lock.sh project

FROM system AS packages
COPY --from=large /labcoat/out/ /
COPY --from=small /labcoat/out/ /
ENV PATH=/opt/venv/bin:${PATH} VIRTUAL_ENV=/opt/venv HOME=/home/labcoat
WORKDIR /home/labcoat/project
FROM packages AS with-folder
COPY --from=folder /labcoat/out/ /
FROM packages AS with-archive
ADD labcoat.tar /
FROM with-${SOURCE} AS image
USER 1000
ENTRYPOINT []
CMD ["python"]
