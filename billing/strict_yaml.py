"""YAML read strictly: every scalar stays the text it was written as, and nothing is guessed.

A number keeps its digits, a date its form and `no` its letters. Refused with the line: a key that stands
twice in one mapping, aliases and tags, a key that is not one plain value, and text after the end of the
document.
"""

from typing import Any

import yaml

MAX_DEPTH = 30


class YamlRefused(Exception):
    """The text is not YAML, or not YAML of the strict kind. Says what stands where."""


def load_strict(text: str) -> Any:
    """The document as dicts, lists and texts. Raises YamlRefused."""
    try:
        return _Builder(text).document()
    except yaml.YAMLError as error:
        raise YamlRefused(f"YAML: {_cause(error)}") from error


def _cause(error: yaml.YAMLError) -> str:
    """The parser's cause with its line, without what it calls the text."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return f"{said}, line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _line(event: yaml.Event) -> int:
    """The line of the text an event comes from, counted from 1."""
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0


class _Builder:
    """Builds values from the parser's events, so that nothing is resolved on the way."""

    def __init__(self, text: str) -> None:
        self.events = yaml.parse(text, Loader=yaml.BaseLoader)

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlRefused(f"YAML: a second document begins, line {_line(event)}")
                value = self.value(next(self.events), 0)
        if documents == 0:
            raise YamlRefused("YAML: the file is empty")
        return value

    def value(self, event: Any, depth: int) -> Any:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            raise YamlRefused(f"YAML: an alias (*{event.anchor}) stands in place of a value, line {line}")
        if getattr(event, "tag", None) is not None:
            raise YamlRefused(f"YAML: a tag ({event.tag}) stands before a value, line {line}")
        if depth > MAX_DEPTH:
            raise YamlRefused(f"YAML: values are nested deeper than {MAX_DEPTH}, line {line}")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(depth)
        return self.mapping(depth)

    def sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.value(event, depth + 1))
        return found

    def mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlRefused(f"YAML: a key is not one plain value, line {line}")
            key = event.value
            if key in found:
                raise YamlRefused(f"YAML: duplicate key '{key}', line {line}")
            found[key] = self.value(next(self.events), depth + 1)
        return found
