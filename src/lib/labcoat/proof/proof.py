"""The result of `labcoat prove`, and how it is written to .labcoat/proof.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from labcoat import __version__
from labcoat.proof.differences import Difference
from labcoat.proof.outputs import RunResult

LOCK = "lock"  # the name of the lock's own row
NAME = "proof.json"


@dataclass(frozen=True)
class ProofRow:
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


@dataclass(frozen=True)
class Proof:
    """A row for the lock and each level of isolation, all differences, and the outputs of runs."""

    lock: str
    rows: tuple[ProofRow, ...]
    differences: tuple[Difference, ...]
    results: tuple[RunResult, ...] = ()

    @property
    def json_text(self) -> str:
        """The proof as JSON, with the keys that proof.json has always had."""
        found = [_difference_json(one) for one in self.differences]
        document = {
            "labcoat": __version__,
            "lock": self.lock,
            "equal": not found,
            "rungs": [asdict(row) for row in self.rows],
            "differences": found,
            "results": [asdict(one) for one in self.results],
        }
        return json.dumps(document, indent=1) + "\n"


def _difference_json(difference: Difference) -> dict[str, str]:
    return {"rung" if key == "level" else key: value for key, value in asdict(difference).items()}
