"""What goes wrong for a user, said in one line: name, expected, got, remedy."""


class InwardError(Exception):
    """A mistake that the person at the keyboard can mend.

    Args:
        name: what is wrong, as the user calls it ("images", "--crop", a file's path).
        expected: what it must be ("(n, h, w, c) with c=3").
        got: what it is ("(3, 32, 32)").
        remedy: what to do about it ("add a batch axis, channels last: images[None]").
    """

    def __init__(self, name: str, expected: str, got: str, remedy: str) -> None:
        super().__init__(name, expected, got, remedy)
        self.name, self.expected, self.got, self.remedy = name, expected, got, remedy

    def __str__(self) -> str:
        return f"{self.name} must be {self.expected}, got {self.got}; {self.remedy}"


class ShapeError(InwardError, ValueError):
    """An array whose shape, dtype or values cannot be used."""


class ArgumentError(InwardError, ValueError):
    """A setting or a name (class, layer, rule, model) that makes no sense here."""


class ScoreError(InwardError, ArithmeticError):
    """A model whose score or gradient is not a finite number somewhere on a path."""


class OutOfMemoryError(InwardError, MemoryError):
    """Not even one input fits the device's memory."""


class FileError(InwardError, OSError):
    """A file or folder that is missing, damaged, foreign, unsafe or not writable."""

    __str__ = InwardError.__str__  # OSError has its own


class TrainingError(InwardError):
    """A training that has come to nothing: numbers that overflow, explode or die."""


class DependencyError(InwardError):
    """An optional package that is not installed."""
