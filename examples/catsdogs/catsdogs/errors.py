"""Expected failures, as opposed to bugs."""


class Failure(Exception):
    """Something a person can cause and mend: `what` happened, in one line, and what `todo` about
    it, in another.
    """

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo

    def __reduce__(self) -> tuple[type["Failure"], tuple[str, str]]:
        """As it travels from a process to another: `Exception` would only take its own text
        along.
        """
        return type(self), (self.what, self.todo)
