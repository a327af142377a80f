"""Find words and phrases that readers of labcoat's texts did not understand: `make lint` runs this.

    python tests/support/plain_english.py [FILE …]

Without arguments, every tracked text file is read. The exit status is 1 if one is found.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Pattern, and what to write instead.
PHRASES = {
    r"rungs?": "level (of isolation)",
    r"anew": "again, from scratch; recreate, rebuild",
    r"mend(?:s|ed|ing)?": "fix",
    r"see to": "check",
    r"(?:is|are|was|were) said": "labcoat prints, says, names",
    r"of one's own": "custom, your own",
    r"parted (?:by|at)": "separated by, split at",
    r"(?<!there )(?-i:is none)": "does not exist, there is no",
    r"(?:some|no|every)body's": "the user's, nobody else uses",
    r"cannot be had": "cannot resolve, cannot download",
    r"(?:hold|holds|holding|held) against": "compare with",
    r"against each other": "compare",
    r"ended well": "succeeded",
    r"vouch(?:es|ed)?": "trust",
    r"for want of": "because there is no",
    r"as good as": "equal to, the same as",
    r"a person": "you, the user",
    r"a person's": "your, the user's",
    r"whom": "rephrase",
    r"nobody": "no one; rephrase",
    r"in the way": "blocks; rephrase",
    r"to be had": "available",
    r"takes? back": "discards, undoes",
    r"let go of": "release",
}
_SEARCH = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)
# Vendored text, recorded data, and the two files that have to name the phrases.
_LEFT_OUT = re.compile(
    r"_vendor/|/data/|names/\w+\.json|\.lock$|requirements[^/]*\.txt$|tools\.txt$|LICENSE|plain_english|test_messages"
)
_FOLDERS = (
    "src",
    "docs",
    "tests",
    "examples",
    "benchmarks",
    "README.md",
    "CONTRIBUTING.md",
    "Makefile",
)


def find_phrases(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the words of each phrase in `text`."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _SEARCH.finditer(line.replace('"rungs"', "").replace('"rung"', "")):
            yield number, found[0]


def instead(words: str) -> str:
    """Return what to write instead of `words`."""
    return next(
        better for phrase, better in PHRASES.items() if re.fullmatch(phrase, words, re.IGNORECASE)
    )


def tracked_texts(root: Path) -> Iterator[Path]:
    """Yield the tracked text files that the rule is for."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *_FOLDERS], cwd=root, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        path = root / name
        if name and not _LEFT_OUT.search(name) and path.is_file() and not path.is_symlink():
            yield path


def main(names: list[str]) -> int:
    """Print each phrase with its place and what to write instead."""
    root = Path(__file__).parents[2]
    count = 0
    for path in map(Path, names) if names else tracked_texts(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, words in find_phrases(text):
            count += 1
            print(f"{path}:{number}: `{words}`: write {instead(words)}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
