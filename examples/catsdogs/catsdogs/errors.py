"""Expected failures, as opposed to bugs."""


class Failure(Exception):
    """Something a person can cause and mend: `what` happened, in one line, and what `todo` about it, in another."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
