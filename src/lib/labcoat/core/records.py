"""Values with named fields, as dataclasses are, for commands that are to start at once.

Python writes and compiles code for each dataclass, which takes 0.3 to 0.9 ms, and a command imports
thirty to eighty of them: a third of the time of a short one. A record takes a fiftieth of that. Its
functions are those below, which look its fields up.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform

_R = TypeVar("_R", bound="_Fields")
_REQUIRED = object()


class _Field:
    """What `field` says of one, until its class is complete."""

    def __init__(self, factory: Callable[[], Any] | None, default: Any, *, compare: bool) -> None:
        self.factory = factory
        self.default = default
        self.compare = compare


def field(
    *,
    default_factory: Callable[[], Any] | None = None,
    default: Any = _REQUIRED,
    compare: bool = True,
) -> Any:
    """Describe a field whose default is made for each record, or that no comparison reads."""
    return _Field(default_factory, default, compare=compare)


def _annotated(cls: type) -> Mapping[str, Any]:
    """Return what a class itself annotates; some types are there for type checkers alone."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(cls, format=Format.FORWARDREF)
    # inspect.get_annotations is the same, and inspect takes longer to import than all records.
    own: Mapping[str, Any] = cls.__dict__.get("__annotations__", {})  # noqa: RUF063
    return own


class _Fields:  # noqa: PLW1641
    """What records have in common: they are made, compared and shown as dataclasses are.

    `__match_args__` are the names of the fields, with those of the classes that this one extends.
    """

    __match_args__: tuple[str, ...] = ()
    _compared: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[Mapping[str, Any]] = {}
    _factories: ClassVar[Mapping[str, Callable[[], Any]]] = {}

    def __init_subclass__(cls) -> None:
        own = [name for name in _annotated(cls) if name not in cls.__match_args__]
        defaults, factories, left_out = {**cls._defaults}, {**cls._factories}, set()
        for name in own:
            said = cls.__dict__.get(name, _REQUIRED)
            if isinstance(said, _Field):
                delattr(cls, name)
                if said.factory:
                    factories[name] = said.factory
                if not said.compare:
                    left_out.add(name)
                said = said.default
            if said is not _REQUIRED:
                defaults[name] = said
        cls.__match_args__ = (*cls.__match_args__, *own)  # type: ignore[misc]
        cls._compared = (*cls._compared, *(name for name in own if name not in left_out))
        cls._defaults, cls._factories = defaults, factories

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self.__match_args__
        fields = self.__dict__
        fields.update(zip(names, values, strict=False))
        for name in names[len(values) :]:
            if name in named:
                fields[name] = named.pop(name)
            elif name in self._defaults:
                fields[name] = self._defaults[name]
            elif name in self._factories:
                fields[name] = self._factories[name]()
            else:
                raise TypeError(f"{type(self).__name__} needs {name}")
        if named or len(values) > len(names):
            raise TypeError(f"{type(self).__name__} has no such field: {[*named] or values}")
        self.__post_init__()

    def __post_init__(self) -> None:
        """Complete or refuse the record; for classes that have something to do here."""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _values(self) == _values(other)

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({', '.join(shown)})"


@dataclass_transform(field_specifiers=(field,))
class MutableRecord(_Fields):
    """A record whose fields can be set. It has no hash."""

    __hash__ = None  # type: ignore[assignment]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(_Fields):
    """A record whose fields cannot be set once it is made. Its hash is that of what it has."""

    def __hash__(self) -> int:
        return hash(_values(self))

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be removed")


def replace(record: _R, **changes: Any) -> _R:
    """Return a record like `record` with other values in some fields."""
    return type(record)(**{**as_dict(record), **changes})


def as_dict(record: _Fields) -> dict[str, Any]:
    """Return the values of `record` by the names of the fields; those that are records stay so."""
    return {name: getattr(record, name) for name in record.__match_args__}


def _values(record: Any) -> tuple[Any, ...]:
    return tuple([getattr(record, name) for name in record._compared])
