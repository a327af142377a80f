"""Push the image to its registry, for one platform or several."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from labcoat.container.base_images import extern_pins
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import builder_output, explain_build_error
from labcoat.container.engine.build_progress import BuildProgress
from labcoat.container.engine.errors import (
    engine_error,
    explain_output,
    image_name_error,
    missing_image_error,
    says_no_image,
)
from labcoat.container.engine.flags import builder_tmpdir
from labcoat.container.engine.image_reference import registry_of, repository_of
from labcoat.container.image import build
from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.records import replace

_DIGEST = lazy_pattern(
    r"digest: (sha256:[0-9a-f]{64})|pushing manifest for \S+@(sha256:[0-9a-f]{64})"
)
_PLATFORM_ERRORS = (
    (
        r"[Mm]ulti(?:-|ple )platform.*not supported|not supported for the docker driver",
        "this builder supports only its own platform",
        "Create one that supports others (`docker buildx create --use`), "
        "or unset LABCOAT_PLATFORMS",
    ),
    (
        r"is not a docker command|unknown (?:shorthand )?flag",
        "builds for several platforms need docker's buildx plugin",
        "Install it (docs.docker.com/go/buildx), or unset LABCOAT_PLATFORMS",
    ),
    (
        r"exec format error|no match for platform|does not provide any platform",
        "this machine cannot build for all of LABCOAT_PLATFORMS",
        "Install emulation (`docker run --privileged tonistiigi/binfmt --install all`), "
        "or remove the other platforms",
    ),
    (
        r"unknown operating system or architecture|invalid platform|failed to parse platform",
        "invalid LABCOAT_PLATFORMS `{0}`",
        "Write it like `LABCOAT_PLATFORMS=linux/amd64,linux/arm64`",
    ),
)
# {0} is the registry.
_REGISTRY_ERRORS = (
    (
        r"denied|unauthorized|no basic auth|authentication required",
        "registry `{0}` denies the push",
        "Log in with `docker login {0}` as a user who may push there, and check LABCOAT_IMAGE",
    ),
    (
        r"no such host|connection refused|i/o timeout|network is unreachable",
        "cannot reach registry `{0}`",
        "Check your network connection and LABCOAT_IMAGE, which starts with the registry's address",
    ),
    (
        r"HTTP response to HTTPS client",
        "registry `{0}` supports only plain HTTP",
        "Give it a certificate, or add it to `insecure-registries` in the engine's daemon.json",
    ),
)


def push_image(project: Project) -> str:
    """Push the built image, or build and push it for LABCOAT_PLATFORMS; return its name by digest.

    Raise LabcoatError if that fails.
    """
    environ = os.environ | {"BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        digest_file = Path(folder) / "digest"
        if project["PLATFORMS"]:
            plan = build.plan_build(project)
            environ |= {**plan.secrets.environ, **builder_tmpdir(project, folder)}
            words, builder_input = _build_and_push(project, plan, Path(folder) / "context")
        else:
            words, builder_input = _push_built(project, digest_file), None
        outcome = process.run_process(
            [*client.docker_command(project), *words],
            environ,
            project.root,
            show=_select_lines(project),
            given=builder_input,
        )
        if outcome.status:
            raise _explain_push_error(project, outcome.output)
        written = digest_file.read_text(encoding="utf-8").strip() if digest_file.is_file() else ""
    found = _DIGEST.search(outcome.output)
    digest = written or ((found[1] or found[2]) if found else "")
    # Some builders do not print the digest; the registry knows it.
    digest = digest or extern_pins.resolve_digest(project, project.image)
    return f"{repository_of(project.image)}@{digest}"


def _push_built(project: Project, digest_file: Path) -> list[str | Path]:
    """Return the words that push the built image; docker prints its digest, podman writes it."""
    return [
        "push",
        *(["--digestfile", str(digest_file)] if client.is_podman(project) else []),
        project.image,
    ]


def _build_and_push(
    project: Project, plan: build.BuildPlan, folder: Path
) -> tuple[list[str | Path], build.BuilderInput]:
    """Return the words that build for LABCOAT_PLATFORMS and push, and their standard input."""
    platforms = project["PLATFORMS"]
    context_words, builder_input = build.prepare_context(
        project, replace(plan, platforms=tuple(platforms.split(","))), folder
    )
    options = [*plan.options(), "--platform", platforms, "--push"]
    return ["buildx", "build", *options, *context_words], builder_input


def _select_lines(project: Project) -> Callable[[str], bool]:
    return BuildProgress().show if project["PLATFORMS"] else process.show_all


def _explain_push_error(project: Project, output: str) -> LabcoatError:
    log = files.state_folder(project.state) / "push.log"
    files.write_log(log, output)
    builder = builder_output(output)
    if error := engine_error(builder) or image_name_error(project.image, builder):
        return error
    if says_no_image(builder):
        return missing_image_error(project.image, project.image)
    if project["PLATFORMS"]:
        if error := explain_output(_PLATFORM_ERRORS, output, project["PLATFORMS"]):
            return error
        if "pushing" not in output:  # the build failed, before any push
            return explain_build_error(output, log)
    return explain_output(_REGISTRY_ERRORS, output, registry_of(project.image)) or LabcoatError(
        f"cannot push `{project.image}`", f"Full output: {log}"
    )
