"""Errors that the user can fix, as opposed to bugs."""


class CatsdogsError(Exception):
    """An error that the user can cause and fix.

    `message` names the thing and the reason, `hint` what the user can do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type["CatsdogsError"], tuple[str, str]]:
        """Pickle both texts: `Exception` would pass only its own to another process."""
        return type(self), (self.message, self.hint)
