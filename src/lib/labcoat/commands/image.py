"""`labcoat image …`: parse, call, print."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

Run = Callable[[argparse.Namespace], int]


def add(top: argparse.ArgumentParser) -> None:
    """Add what can be done with the image."""
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    command("build", _build, "build the image from the lock")
    command("verify", _verify, "build it twice without cache, and say where the two differ")
    command(
        "record",
        _record,
        "write image.lock.yaml, which says what was built; make docker holds the next image against it",
    )
    for name, run, about in (
        ("show", _show, "what it was made from, and what is in it"),
        ("size", _size, "where its bytes are, by layer and by distribution"),
        (
            "audit",
            _audit,
            "find secrets in its layers, deleted ones too, its settings and its history",
        ),
    ):
        command(name, run, about).add_argument(
            "image", nargs="?", default="", help="another image than the project's"
        )
    command("push", _push, "push it to the registry in its name, for LABCOAT_PLATFORMS if set")
    sbom = command("sbom", _sbom, "what is in it, as a CycloneDX document")
    sbom.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write it; standard output if left out"
    )


def _build(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.levels import docker
    from labcoat.scaffold import dockerfile

    project = Project.here()
    dockerfile.provide_dockerfile(project)
    docker.make(project)
    return 0


def _verify(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.container.image import reproducibility

    verdict = reproducibility.verify_reproducible(Project.here())
    print("\n".join(verdict.lines()))
    return 0 if verdict.same else 1


def _record(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.container.image import build, image_lock
    from labcoat.levels import docker

    project = Project.here()
    docker.check_fresh(project)
    print(
        image_lock.write_image_lock(
            project, image_lock.make_image_lock(project, build.plan_build(project))
        ).name
    )
    return 0


def _push(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.container.image import push
    from labcoat.levels import docker

    project = Project.here()
    if not project["PLATFORMS"]:  # for which it is built anew
        docker.check_fresh(project)
    print(push.push_image(project))
    return 0


def _show(args: argparse.Namespace) -> int:
    from labcoat.container.engine import client
    from labcoat.container.inspect import packages

    project = Project.here()
    image = args.image or project.image
    said = client.image_details(project, image)
    if said is None:
        raise LabcoatError(f"There is no image {image}.", "make docker builds it.")
    print("\n".join(_settings(said)))
    for one in packages.installed_packages(project, image):
        print(f"  {one.name} {one.version}")
    return 0


def _settings(image: Mapping[str, Any]) -> list[str]:
    settings = image.get("Config") or {}
    rows = {
        "id": image.get("Id", ""),
        "platform": f"{image.get('Os')}/{image.get('Architecture')}",
        "user": settings.get("User") or "root",
        "folder": settings.get("WorkingDir", ""),
        "command": " ".join([*(settings.get("Entrypoint") or []), *(settings.get("Cmd") or [])]),
        **dict(sorted((settings.get("Labels") or {}).items())),
    }
    return [f"{name:<36} {value}".rstrip() for name, value in rows.items()]


def _size(args: argparse.Namespace) -> int:
    from labcoat.container.inspect import image_archive, packages

    project = Project.here()
    with image_archive.open_image_archive(project, args.image or project.image) as image:
        layers = [
            (sum(entry.size for entry in image.entries(number)), number)
            for number in range(len(image.layers))
        ]
        steps = [
            step.get("created_by", "")
            for step in image.config.get("history") or []
            if not step.get("empty_layer")
        ]
        for size, number in layers:
            print(
                f"{_megabytes(size)}  layer {number}: {(steps[number] if number < len(steps) else '') or 'base'}"[
                    :110
                ]
            )
        found = packages.image_distributions(image)
        for name, size in packages.package_sizes(image.merged(), found).items():
            print(f"{_megabytes(size)}  {name or '(no distribution: the base, the project)'}")
    return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:10.1f} MB"


def _audit(args: argparse.Namespace) -> int:
    from labcoat.container.inspect import image_archive, secret_scan

    project = Project.here()
    name = args.image or project.image
    with image_archive.open_image_archive(project, name) as image:
        found = 0
        for found, each in enumerate(secret_scan.scan_image(image), 1):  # noqa: B007  # the count of all
            print(each)
    if found:
        print(
            f"labcoat: {name} holds {found} secret{'s' if found > 1 else ''}: revoke them, then build without.",
            file=sys.stderr,
        )
    return 1 if found else 0


def _sbom(args: argparse.Namespace) -> int:
    from labcoat.container.inspect import sbom
    from labcoat.core import files

    text = sbom.sbom_document(Project.here())
    if args.output:
        files.write_output(args.output, f"{text}\n")
    else:
        print(text)
    return 0


def add_extern(top: argparse.ArgumentParser) -> None:
    """Add what can be done with base images of one's own."""
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for name, run, about in (
        (
            "build",
            _extern_build,
            "fetch the submodules and build the bases that LABCOAT_EXTERN names",
        ),
        ("pin", _extern_pin, "write the digest that an image's tag has now to extern.toml"),
        ("status", _extern_status, "say which submodule or pinned image is behind its upstream"),
    ):
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        if name == "pin":
            added.add_argument("image", help="such as debian:bookworm-slim")


def _extern_build(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.container.base_images import build

    project = Project.here()
    for name in build.build_base_images(project):
        print(name)
    if not project["EXTERN"]:
        print("labcoat: LABCOAT_EXTERN names no base to build", file=sys.stderr)
    return 0


def _extern_pin(args: argparse.Namespace) -> int:
    from labcoat.container.base_images import pins

    print(f"{args.image}@{pins.pin_bases(Project.here(), args.image)}")
    return 0


def _extern_status(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.container.base_images import build

    found = build.submodule_status(Project.here())
    for pin in found:
        print(pin)
    unknown = any(not pin.newest for pin in found)
    return 1 if any(pin.is_behind for pin in found) else 2 if unknown else 0
