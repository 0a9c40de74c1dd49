"""Text to valid, defaulted objects: positions, strictness, defaults. No I/O but the text given.

`decode` reads manifests (files, YAML or JSON, several documents, lists) and reports every problem
with file, line, column and field; `survey` says the same without refusing; `names` reads only which
objects they speak of; `decode_object` reads the body of an API request and answers in the API
server's words; `changed` says what becomes of a live object of which another is wanted.
"""

from minipod.manifest.changes import changed
from minipod.manifest.generated import SUFFIX_LENGTH, SUFFIX_LETTERS, generated_name
from minipod.manifest.kinds import KINDS, NAMESPACE, POD, Kind
from minipod.manifest.request import DecodedObject, FieldValidation, decode_object
from minipod.manifest.sources import (
    Decoded,
    Document,
    PortClash,
    Reference,
    Survey,
    decode,
    names,
    survey,
)
from minipod.manifest.text import Source

__all__ = [
    "KINDS",
    "NAMESPACE",
    "POD",
    "SUFFIX_LENGTH",
    "SUFFIX_LETTERS",
    "Decoded",
    "DecodedObject",
    "Document",
    "FieldValidation",
    "Kind",
    "PortClash",
    "Reference",
    "Source",
    "Survey",
    "changed",
    "decode",
    "decode_object",
    "generated_name",
    "names",
    "survey",
]
