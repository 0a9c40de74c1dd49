"""Text to valid, defaulted Pod objects: positions, strictness, defaults. No I/O but the text given.

`decode` reads manifests (files, YAML or JSON, several documents, lists) and reports every problem
with file, line, column and field; `survey` says the same without refusing; `names` reads only which
objects they speak of; `decode_pod` reads the body of an API request and answers in the API server's
words.
"""

from minipod.manifest.defaults import default_pod
from minipod.manifest.generated import SUFFIX_LENGTH, SUFFIX_LETTERS, generated_name
from minipod.manifest.request import DecodedPod, FieldValidation, decode_pod
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
    "SUFFIX_LENGTH",
    "SUFFIX_LETTERS",
    "Decoded",
    "DecodedPod",
    "Document",
    "FieldValidation",
    "PortClash",
    "Reference",
    "Source",
    "Survey",
    "decode",
    "decode_pod",
    "default_pod",
    "generated_name",
    "names",
    "survey",
]
