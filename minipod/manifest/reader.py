"""A source to documents: JSON where it is JSON, else YAML."""

from __future__ import annotations

from minipod.manifest import comments
from minipod.manifest.json_reader import read_json
from minipod.manifest.text import Source, text_of
from minipod.manifest.tree import Reading, Refused
from minipod.manifest.yaml_reader import read_yaml


def read(source: Source) -> Reading:
    """Return the documents of a source, and the problems that ended the reading, if any did.

    As with kubectl, a text that begins like JSON and is none may be YAML in braces.
    """
    try:
        text = text_of(source)
    except Refused as refused:
        return Reading(source.name, "", (), (refused.problem,))
    begin = text.lstrip()[:64]
    if not begin.startswith("{"):
        return read_yaml(source.name, text)
    as_json = read_json(source.name, text)
    if not as_json.problems:
        return as_json
    as_yaml = read_yaml(source.name, text)
    looks_like_json = begin[1:].lstrip().startswith(('"', "}"))
    if looks_like_json and as_yaml.problems and not _names_comments(as_yaml):
        return as_json
    return as_yaml


def _names_comments(reading: Reading) -> bool:
    return any(problem.message == comments.MESSAGE for problem in reading.problems)
