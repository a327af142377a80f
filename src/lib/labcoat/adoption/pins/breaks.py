"""Releases that broke what was built before them, and that nothing said to stay below.

A package of 2020 asks for `numpy`, and means the one of 2020.
"""

from collections.abc import Collection, Mapping, Sequence

from labcoat._vendor.packaging.version import InvalidVersion, Version
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.core.records import Record


class Break(Record):
    """A release `below` which older packages need `name` to stay.

    Older are those that need it and were uploaded before `day`; with `compiled`, only those that
    have no wheel for all platforms. Or it is a package in `partners`, of a version `before` one,
    which does not say that it needs `name`. With `always`, the limit counts too where a solution
    keeps it by chance: the lock, which is for all platforms, may have other versions.
    """

    name: str
    below: str
    day: str = ""
    compiled: bool = False
    partners: tuple[str, ...] = ()
    before: str = ""
    always: bool = False


_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu")
# What was removed in each: its release notes say so.
BREAKS = (
    Break("numpy", "2", "2024-03-13", compiled=True, always=True),  # the binary interface
    Break("numpy", "1.24", "2021-06-01", always=True),  # np.float, np.bool, np.int
    Break("protobuf", "4", "2022-05-25"),  # the generated code of older compilers
    Break("keras", "2.5", partners=_TENSORFLOW, before="2.6"),  # keras became a part of its own
    Break("keras", "3", partners=_TENSORFLOW, before="2.16"),
    Break("joblib", "1.2", "2020-06-01"),  # Memory(cachedir=…)
    Break("matplotlib", "3.9", "2022-12-01"),  # cm.register_cmap, cm.get_cmap
    Break("markupsafe", "2.1", "2021-05-01"),  # soft_unicode
    Break("jinja2", "3.1", "2021-11-01"),  # contextfilter, Markup
    Break("werkzeug", "2.1", "2022-03-28"),  # safe_join and others
    Break("werkzeug", "3", "2023-09-30"),  # url_quote
    Break("itsdangerous", "2.1", "2022-02-17"),  # json
    Break("click", "8.1", "2022-03-28"),  # get_terminal_size
    Break("flask", "2.3", "2023-04-25"),  # json_encoder
    Break("altair", "5", "2023-05-08"),  # vegalite.v4
    Break("pydantic", "2", "2023-06-29"),
    Break("sqlalchemy", "2", "2023-01-26"),
    Break("importlib-metadata", "5", "2022-10-01"),  # the interface of entry points
    Break("marshmallow", "4", "2025-04-16"),
    Break("httpx", "0.28", "2024-11-28"),  # proxies
    Break("pyarrow", "26", partners=("numpy",), before="2"),  # the binary interface of NumPy 2
)
# Sources whose later releases raise an error when they are built: sklearn's README says so, which
# old packages ask for instead of scikit-learn.
_REFUSING: Mapping[str, str] = {"sklearn": "0.0.post1"}


# Packages that bring the same files: of two versions, the files of one run with those of the other.
_SHARED = (
    ("opencv-python", "opencv-contrib-python", "opencv-python-headless",
     "opencv-contrib-python-headless"),
)  # fmt: skip


class Limit(Record):
    """A package that has to stay `below` a version, and the `reason` in a sentence.

    If `below` is empty, the package has to be there, of any version.
    """

    name: str
    below: str
    reason: str

    @property
    def text(self) -> str:
        """The requirement."""
        return f"{self.name}<{self.below}" if self.below else self.name

    def is_within(self, other: "Limit") -> bool:
        """Whether what stays below this one stays below `other`."""
        if self.name != other.name or not self.below:
            return False
        return Version(self.below) <= Version(other.below)


def is_needed(limit: Limit, versions: Mapping[str, str]) -> bool:
    """Whether a solution has a release of the package that is not below the limit."""
    version = _parse(versions.get(limit.name, ""))
    return version is not None and version >= Version(limit.below)


def exists(limit: Limit, known: Mapping[str, PackageReleases | None], minor: str) -> bool:
    """Whether Python `minor` can install a release that is not below the limit.

    For a package that is not in `known`, that is assumed.
    """
    releases = known.get(limit.name)
    here = releases.installable(minor) if releases is not None else None
    return here is None or any(each >= Version(limit.below) for each in here)


def suspects(versions: Mapping[str, str], parents: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the packages whose releases decide: those that need what has had such a release.

    What always counts is one of them: its releases may end below that one on an old Python.
    """
    found = {parent for each in BREAKS for parent in _dependents(each, versions, parents)}
    always = {each.name for each in BREAKS if each.always and each.name in versions}
    return found | (always if found else set())


def limits_of_built(built: Collection[str]) -> list[Limit]:
    """Return the limits of packages that are built from source, and are in no solution."""
    return [
        Limit(name, below, f"{name} {below} refuses to be built")
        for name, below in _REFUSING.items()
        if name in built
    ]


def find_limits(
    versions: Mapping[str, str],
    parents: Mapping[str, Sequence[str]],
    known: Mapping[str, PackageReleases | None],
) -> list[Limit]:
    """Return what has to stay below a version, the lowest first.

    `versions` are those of a solution, and `parents` the packages that need each. A limit may be
    one that the solution keeps already.
    """
    found = []
    for each in BREAKS:
        for parent in sorted(_dependents(each, versions, parents)):
            releases = known.get(parent)
            version = _parse(versions.get(parent, ""))
            if releases is None or version is None or not _is_older(each, releases, version):
                continue
            older = f"{parent} {version} is older than {each.name} {each.below}"
            found.append(Limit(each.name, each.below, f"{older}, and does not run with it"))
            break
    found += _shared_limits(versions)
    return sorted(found, key=lambda limit: Version(limit.below))


def _shared_limits(versions: Mapping[str, str]) -> list[Limit]:
    """Return limits with which packages that bring the same files have one version."""
    limits = []
    for group in _SHARED:
        present = {name: one for name in group if (one := _parse(versions.get(name, "")))}
        lowest = min(present, key=lambda name: present[name], default="")
        for name, version in present.items():
            if version > present[lowest]:
                *first, last = present[lowest].release
                below = ".".join(map(str, (*first, last + 1)))
                reason = f"{lowest} {present[lowest]} brings the same files, of its own version"
                limits.append(Limit(name, below, reason))
    return limits


def _dependents(
    each: Break, versions: Mapping[str, str], parents: Mapping[str, Sequence[str]]
) -> set[str]:
    version = _parse(versions.get(each.name, ""))
    if version is None or (version < Version(each.below) and not each.always):
        return set()
    # uv names files, such as `-r wanted.txt`, among the parents.
    return set(each.partners or parents.get(each.name, ())) & set(versions)


def _is_older(each: Break, releases: PackageReleases, version: Version) -> bool:
    if each.before:
        return version < Version(each.before)
    files = releases.by_version.get(version, ())
    days = [file.uploaded[:10] for file in files if file.uploaded]
    if not days or min(days) >= each.day:
        return False
    wheels = [file.name for file in files if file.name.endswith(".whl")]
    return not each.compiled or not any(name.endswith("-any.whl") for name in wheels)


def _parse(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
