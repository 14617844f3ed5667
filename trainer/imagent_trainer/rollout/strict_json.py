"""JSON of RFC 8259 with limits, read alike in both languages.

Numbers are doubles (as in JavaScript): whole ones up to 2^53 come back as int, 1.0 too. A number outside the range
of a double is refused. The last of equal keys wins. Half a surrogate pair in a string becomes U+FFFD where
text is made of it.
"""

import json
import math
import re
from typing import Any

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_SAFE_INTEGER = 2**53
LONE_SURROGATE = re.compile('[\ud800-\udfff]')


def well_formed(text: str) -> str:
    """Text without lone surrogates, as String.prototype.toWellFormed() makes it."""
    return LONE_SURROGATE.sub('\ufffd', text)


def bracket_depth(text: str) -> int:
    """The deepest nesting of brackets outside strings: known before the parser recurses into them."""
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == '\\':
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in '[{':
            depth += 1
            deepest = max(deepest, depth)
        elif char in ']}':
            depth -= 1
    return deepest


def as_double(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER else number


def refuse_constant(name: str) -> Any:
    raise ValueError(f'{name} is not JSON')


def has_infinite(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, list):
        return any(has_infinite(item) for item in value)
    if isinstance(value, dict):
        return any(has_infinite(item) for item in value.values())
    return False


def parse_strict(text: str) -> Any:
    """The value of a JSON text. ValueError for anything else, over 64 KiB of UTF-8, or deeper than 32."""
    if len(text.encode('utf-8', 'surrogatepass')) > MAX_BYTES:
        raise ValueError('too long')
    if bracket_depth(text) > MAX_DEPTH:
        raise ValueError('too deep')
    value = json.loads(text, parse_int=as_double, parse_float=as_double, parse_constant=refuse_constant)
    if has_infinite(value):
        raise ValueError('a number is out of range')
    return value
