"""What a package that is built from its source needs: it has to be installable too.

No resolver looks at that: what has no wheel is left out of the search for versions.
"""

from collections.abc import Iterator

from labcoat._vendor.packaging.requirements import InvalidRequirement, Requirement
from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins import index_releases, sources
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import format_requirement
from labcoat.adoption.pins.uv_search import Question
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.records import Record
from labcoat.locking import platforms
from labcoat.locking.requirement_lines import marker_applies
from labcoat.toolchain.package_index import ListedFile

_DEPTH = 4  # sources that need sources

Listings = dict[str, PackageReleases | None]


class SourceNeeds(Record):
    """What has to be `built` for a source; or an `obstacle`, as a predicate of the source.

    `wheels` are the requirements that wheels meet.
    """

    built: frozenset[str] = frozenset()
    wheels: tuple[str, ...] = ()
    obstacle: str = ""


def find_source_needs(
    sdist: ListedFile, question: Question, listings: Listings, depth: int = 0
) -> SourceNeeds:
    """Return what has to be built beside `sdist`, by what the source says that it needs.

    `listings` is extended by what was looked up. Without the index, nothing is known.
    """
    needs = list(_read_needs(sdist, question.minor))
    unknown = [name for each in needs if (name := normalize_name(each.name)) not in listings]
    try:
        listings.update(index_releases.fetch_releases(unknown, question.before) if unknown else {})
    except LabcoatError:
        return SourceNeeds()
    built: set[str] = set()
    wheels: list[str] = []
    for each in needs:
        name = normalize_name(each.name)
        releases = listings.get(name)
        if releases is None:
            return SourceNeeds(obstacle=f"needs {name}, which the package index does not have")
        fits = [one for one in releases.by_version if _allows(each, one)]
        if not fits or any(releases.has_wheel(one, question.minor) for one in fits):
            wheels.append(format_requirement(each.name, each.extras, str(each.specifier), ""))
            continue
        source = releases.sdist(fits[-1], question.minor)
        if source is None or depth >= _DEPTH:
            return SourceNeeds(obstacle=f"needs {name}, which has no wheel and cannot be built")
        if why := sources.find_obstacle(source):
            return SourceNeeds(obstacle=f"needs {name}, which {why}")
        below = find_source_needs(source, question, listings, depth + 1)
        if below.obstacle:
            return SourceNeeds(obstacle=f"needs {name}, which {below.obstacle}")
        built |= {name, *below.built}
        wheels += below.wheels
    return SourceNeeds(frozenset(built), tuple(wheels))


def _read_needs(sdist: ListedFile, minor: str) -> Iterator[Requirement]:
    here = platforms.this_machine().marker_values(minor)
    for text in sources.list_needs(sdist):
        try:
            need = Requirement(text)
        except InvalidRequirement:
            continue
        marker = str(need.marker or "")
        if not need.url and "extra" not in marker and marker_applies(marker, here):
            yield need


def _allows(need: Requirement, version: Version) -> bool:
    return need.specifier.contains(version, prereleases=True)
