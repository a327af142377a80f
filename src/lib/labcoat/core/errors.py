"""Errors that users can cause and fix, as opposed to bugs in labcoat."""

import errno


class LabcoatError(Exception):
    """An expected error: `message` says what happened to which thing, `hint` what to do about it.

    The command line prints both as `error: message` and `hint: hint`; an empty hint is left out.
    `status` is the exit status: 1 where the answer is no, 2 where labcoat could not find out.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}".rstrip()


class UnavailableError(LabcoatError):
    """Something labcoat needs, such as an engine, is missing or does not answer. Status 2."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, status=2)


def unreadable(name: str, error: OSError) -> LabcoatError:
    """Return the error for a file that is there, and that `error` keeps from being read."""
    is_file = error.errno not in (errno.EINVAL, errno.EISDIR)
    hint = "Check its permissions" if is_file else "Move it to another place: a file belongs there"
    return LabcoatError(f"cannot read `{name}`: {error.strerror}", hint)
