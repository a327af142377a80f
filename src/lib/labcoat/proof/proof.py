"""The result of `labcoat prove`, and how it is written to .labcoat/proof.json."""

import json
from collections.abc import Mapping

from labcoat import __version__
from labcoat.core.records import Record, as_dict, field
from labcoat.proof.difference import Difference, Unproved
from labcoat.proof.outputs import RunResult

LOCK = "lock"  # the name of the lock's own row
NAME = "proof.json"
# 1, which had no number, called an environment equal that had only its own RECORD to agree with.
FORMAT = 2
EQUAL, DIFFERENT, NOT_PROVED = "equal", "different", "not proved"


class ProofRow(Record):
    """What the lock or one level holds: counts, and a digest over each package's version and files.

    `digest` is empty if not all files are known. `packages` are the digests by name, `notes` what
    the digest does not show, `identity` is that of the level, such as an image's id.
    """

    name: str
    python: str = ""
    files: int = 0
    digest: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    identity: str = ""


class Proof(Record):
    """A row for the lock and each level of isolation, all differences, and the outputs of runs.

    `explanations` say why outputs differ, `processor` is the one that the commands ran on, and
    `kernels` are those that libraries chose, by level and library.
    `unproved` are the packages that could be compared with no wheel, `system_packages` those of
    Debian that a level's system lacks, by level.
    """

    lock: str
    rows: tuple[ProofRow, ...]
    differences: tuple[Difference, ...]
    results: tuple[RunResult, ...] = ()
    unproved: tuple[Unproved, ...] = ()
    explanations: tuple[str, ...] = ()
    processor: Mapping[str, str] = field(default_factory=dict)
    system_packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kernels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """EQUAL, DIFFERENT, or NOT_PROVED if nothing differs but not all could be compared."""
        if self.differences:
            return DIFFERENT
        return NOT_PROVED if self.unproved else EQUAL

    @property
    def json_text(self) -> str:
        """The proof as JSON, with the keys that proof.json has always had."""
        found = [_rename_level(as_dict(one)) for one in self.differences]
        document = {
            "labcoat": __version__,
            "format": FORMAT,
            "lock": self.lock,
            "verdict": self.verdict,
            "equal": self.verdict == EQUAL,
            "rungs": [as_dict(row) for row in self.rows],
            "differences": found,
            "unproved": [_rename_level(as_dict(one)) for one in self.unproved],
            "results": [as_dict(one) for one in self.results],
            "processor": dict(self.processor),
            "kernels": {level: dict(one) for level, one in self.kernels.items()},
            "explanations": list(self.explanations),
            "system_packages": dict(self.system_packages),
        }
        return json.dumps(document, indent=1) + "\n"


def _rename_level(values: dict[str, str]) -> dict[str, str]:
    return {"rung" if key == "level" else key: value for key, value in values.items()}
