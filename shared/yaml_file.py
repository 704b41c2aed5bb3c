"""YAML as people write it by hand: answers, rounds, instruments. A text is a text, and nothing is said twice.

Plain YAML would take the last of two equal keys without a word, and make dates of what looks like one, which loses
their zones. Neither is what somebody meant who writes down an answer or a closing time.
"""

from collections.abc import Hashable
from typing import Any

import yaml


class BadYaml(ValueError):
    """The text is not YAML, or says something twice; the message holds nothing of it."""


class _Loader(yaml.SafeLoader):
    """Without dates and repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            raise yaml.YAMLError("a key occurs twice")
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str | bytes) -> Any:
    """What the text says; BadYaml whatever is wrong with it, for PyYAML raises a dozen kinds of errors."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise BadYaml("no YAML, or something is said twice") from None
