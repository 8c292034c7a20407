"""Typed values out of a JSON record that anyone may have written: each is what it has to be, or the field is named."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TypeGuard, TypeVar

from pleura.errors import InvalidBundle

Choice = TypeVar("Choice", bound=str | int)

LONGEST_TEXT = 200
"""Letters of a name or a hash; those that are shipped have at most 64."""


class Fields:
    """The fields of a JSON object; where the value is none, it has no fields.

    Parameters
    ----------
    values : what was parsed
    where : the folder of the bundle, for the error
    section : name of the object in the record, with a dot at its end

    Each method returns the value of a field, and raises `InvalidBundle` (``bundle-damaged``) where it is not what the
    method's name says, or is missing; for a field that has a `default` only where it is something else.
    """

    def __init__(self, values: object, where: str, section: str = "") -> None:
        self._values: dict[str, object] = values if isinstance(values, dict) else {}
        self._is_object, self._where, self._section = isinstance(values, dict), where, section

    def wrong(self, name: str, meaning: str) -> InvalidBundle:
        """Return the error for a field that is not what it has to be."""
        message = f"{self._where}: {self._section}{name} in recipe.json is not {meaning}; export the bundle again"
        return InvalidBundle(message, code="bundle-damaged")

    def section(self, name: str) -> Fields:
        """Return the fields of an object within this one."""
        return Fields(self._values.get(name), self._where, f"{self._section}{name}.")

    def others(self, known: Container[str]) -> dict[str, object]:
        """Return the fields that are not among the known ones, as they are."""
        return {name: value for name, value in self._values.items() if name not in known}

    @property
    def is_object(self) -> bool:
        """Say whether the value was an object at all."""
        return self._is_object

    def has(self, name: str) -> bool:
        """Say whether there is a field of this name."""
        return name in self._values

    def text(self, name: str, meaning: str) -> str:
        """Return a printable text, not empty."""
        value = self._values.get(name)
        if not _is_text(value):
            raise self.wrong(name, meaning)
        return str(value)

    def texts(self, name: str, fewest: int, most: int, meaning: str) -> tuple[str, ...]:
        """Return printable texts, each once."""
        value = self._values.get(name)
        if not (isinstance(value, list) and fewest <= len(value) <= most and all(map(_is_text, value))):
            raise self.wrong(name, meaning)
        if len(set(value)) < len(value):
            raise self.wrong(name, meaning)
        return tuple(value)

    def choice(self, name: str, choices: Sequence[Choice], default: Choice) -> Choice:
        """Return one of the choices, of the same type."""
        value = self._values.get(name, default)
        found = [choice for choice in choices if type(choice) is type(value) and choice == value]
        if not found:
            raise self.wrong(name, " or ".join(str(choice) for choice in choices))
        return found[0]

    def integer(self, name: str, allowed: Container[int], meaning: str) -> int:
        """Return a whole number, written as one."""
        value = self._values.get(name)
        if type(value) is not int or value not in allowed:
            raise self.wrong(name, meaning)
        return value

    def integers(self, name: str, longest: int, allowed: Container[int], meaning: str) -> tuple[int, ...]:
        """Return at least one whole number."""
        value = self._values.get(name)
        if not (isinstance(value, list) and 1 <= len(value) <= longest):
            raise self.wrong(name, meaning)
        if any(type(item) is not int or item not in allowed for item in value):
            raise self.wrong(name, meaning)
        return tuple(value)

    def number(self, name: str, above: float, most: float, meaning: str) -> float:
        """Return a number in a range that is open below."""
        value = self._values.get(name)
        if not _is_number(value) or not above < value <= most:
            raise self.wrong(name, meaning)
        return float(value)

    def window(self, name: str, lowest: float, highest: float) -> tuple[float, float]:
        """Return two numbers that grow, within a range."""
        value = self._values.get(name)
        meaning = f"two numbers that grow, {lowest:g} to {highest:g}"
        if not (isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))):
            raise self.wrong(name, meaning)
        low, high = value
        if not lowest <= low < high <= highest:
            raise self.wrong(name, meaning)
        return low, high


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and value.isprintable()


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
