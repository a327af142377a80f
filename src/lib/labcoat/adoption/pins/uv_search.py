"""Ask uv for versions that fit together, for one Python on this machine; nothing is built."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from labcoat.adoption.pins.breaks import Limit
from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record, field, replace
from labcoat.locking import requirements_file
from labcoat.locking.locker_output import parse_parents
from labcoat.toolchain import index_config, interpreters, tool_env

SECONDS = 60  # for one attempt
# What uv logs where its cache lacks something: without a network, it then passes over a release.
_MISS = "Sending fresh"


class Question(Record):
    """What to solve for: a Python, and releases that were uploaded before (ISO 8601), or all.

    `limits` are those of what sources import. `needs` are the requirements of packages, by name,
    that are built: what is built is left out of the search, with all that it needs.
    """

    minor: str
    before: str = ""
    limits: tuple[Limit, ...] = ()
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Attempt(Record):
    """What uv found: the version of each package, or None; and its `output`.

    `parents` are the packages that need each. It `is_cached` if no index was asked, and `is_late`
    if uv was not done when its time was over.
    """

    versions: Mapping[str, str] | None
    output: str = ""
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_cached: bool = False
    is_late: bool = False

    @property
    def brought(self) -> frozenset[str]:
        """The packages that others need, whatever is asked for."""
        inputs = ("-r ", "-c ")
        return frozenset(
            name
            for name, parents in self.parents.items()
            if any(not each.startswith(inputs) for each in parents)
        )


class Search(Record):
    """A question, the directory for uv's files, and when to end (by `time.monotonic`).

    With `finals`, only a line that names a pre-release may have one; else also a package of which
    no final release fits.
    """

    question: Question
    folder: Path
    deadline: float
    finals: bool = False

    def attempt(
        self,
        texts: Sequence[str],
        built: Collection[str],
        *,
        prefer: Sequence[str] = (),
        limit: int = SECONDS,
        is_final: bool = True,
    ) -> Attempt:
        """Ask uv for versions of `texts` without those `built`.

        Pins in `prefer` are kept where they fit. `limit` is in seconds.

        All but the first attempt of a search are made from uv's cache first: an index that does not
        say how long its answers last is asked again for every package, each time. What the cache
        lacks, only the index can tell; with `is_final`, also that there is no solution.
        """
        asked = self.folder / "wanted.txt"
        is_first = not asked.exists()
        command = self._compile(texts, built)
        if not is_first:
            found = self._run_uv([*command, "--offline", "--verbose"], prefer, limit)
            if (found.versions or not is_final) and _MISS not in found.output:
                lines = found.output.splitlines(keepends=True)
                said = "".join(each for each in lines if not each.startswith("DEBUG "))
                return replace(found, output=said, is_cached=True)
        return self._run_uv([*command, "--quiet"], prefer, limit)

    def list_wheels(
        self, texts: Sequence[str], built: Collection[str], versions: Mapping[str, str]
    ) -> str:
        """Return a lock (PEP 751) of a solution's `versions`, from uv's cache; empty without one.

        It has the sizes and days of all wheels, where the index has them.
        """
        pins = [f"{name}=={version}" for name, version in versions.items()]
        output = self.folder / "pylock.toml"
        command = [*self._compile([*texts, *pins], built), "--offline", "--quiet"]
        command += ["--format", "pylock.toml", "--output-file", output]
        is_made = self._run([*command, self.folder / "wanted.txt"])
        return output.read_text(encoding="utf-8") if is_made else ""

    def unpack_wheels(self, pins: Sequence[str], folder: Path) -> bool:
        """Unpack the wheels of `pins` in `folder`, none of what they need; whether it worked."""
        command: list[str | Path] = [tool_env.uv_program(), "pip", "install", "--quiet"]
        command += ["--no-deps", "--only-binary", ":all:", "--no-config", "--target", folder]
        command += ["--python", interpreters.own_interpreter().executable]
        return self._run([*command, "--python-version", self.question.minor, *pins])

    def _compile(self, texts: Sequence[str], built: Collection[str]) -> list[str | Path]:
        """Write what to ask for, and return the command that asks without an output file."""
        excluded = self.folder / "excluded.txt"
        asked = requirements_file.requirement_names("\n".join(texts)) & self.question.needs.keys()
        needed = [need for name in sorted(asked) for need in self.question.needs[name]]
        wanted = "".join(f"{text}\n" for text in [*texts, *needed])
        (self.folder / "wanted.txt").write_text(wanted, encoding="utf-8")
        excluded.write_text("".join(f"{name}\n" for name in sorted(built)), encoding="utf-8")
        own = interpreters.own_interpreter().executable
        command: list[str | Path] = [tool_env.uv_program(), "pip", "compile"]
        command += ["--python", own, "--python-version", self.question.minor]
        command += ["--no-header", "--only-binary", ":all:"]
        command += ["--exclude-newer", self.question.before] if self.question.before else []
        command += ["--excludes", excluded] if built else []
        command += ["--prerelease", "explicit"] if self.finals else []
        return command

    def _run(self, command: Sequence[str | Path]) -> bool:
        environ = index_config.installer_environment()
        try:
            done = process.run_process(
                command, environ, self.folder, show=process.show_none, limit=SECONDS
            )
        except LabcoatError:
            return False
        return not done.status

    def _run_uv(self, command: Sequence[str | Path], prefer: Sequence[str], limit: int) -> Attempt:
        output = self.folder / "versions.txt"
        output.write_text("".join(f"{pin}\n" for pin in prefer), encoding="utf-8")
        try:
            done = process.run_process(
                [*command, "--output-file", output, self.folder / "wanted.txt"],
                index_config.installer_environment(),
                self.folder,
                show=process.show_none,
                limit=limit,
            )
        except LabcoatError as error:
            is_late = isinstance(error, process.TimeoutReachedError)
            return Attempt(None, error.message, is_late=is_late)
        if done.status:
            return Attempt(None, done.output)
        text = output.read_text(encoding="utf-8")
        return Attempt(requirements_file.pinned_versions(text), done.output, parse_parents(text))
