"""Expected failures, as opposed to bugs."""


class Failure(Exception):
    """Something a person can cause and mend.

    `what` is one line of what happened, `todo` one line of what to do about it. `status` is the exit status:
    1 where the answer is no, 2 where labcoat could not look.
    """

    def __init__(self, what: str, todo: str, *, status: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.status = status

    def __str__(self) -> str:
        return f"{self.what}\n{self.todo}"


class Unavailable(Failure):
    """What labcoat would have to ask, such as an engine, is not there or does not answer: it could not look."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what, todo, status=2)
