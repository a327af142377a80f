"""Expected failures, as opposed to bugs."""


class LabcoatError(Exception):
    """Something a person can cause and mend.

    `message` is one line of what happened, `hint` one line of what to do about it. `status` is the exit status:
    1 where the answer is no, 2 where labcoat could not look.
    """

    def __init__(self, message: str, hint: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}"


class UnavailableError(LabcoatError):
    """What labcoat would have to ask, such as an engine, is not there or does not answer: it could not look."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, status=2)
