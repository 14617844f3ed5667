"""The JSON Schemas of the run folder, as the app writes them: reading a value against one fills in its defaults.

They are made from shared/trainer-protocol (zod), so that a knob has one description, one range and one default.
Only what those schemas use is understood here; anything else in them is an error, not a silent pass.
"""

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / 'schemas'
# Words about a value, not rules for it.
NOTES = {
    '$schema',
    'title',
    'description',
    'default',
    'readOnly',
    'origin',
    'fold',
    'format',
    'additionalProperties',
    'propertyNames',
    'items',
    'required',
    'properties',
}


class SchemaError(ValueError):
    """A value that its schema does not allow; the message names the place."""


@cache
def schema(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f'{name}.json').read_text(encoding='utf-8'))


def read(name: str, value: Any) -> Any:
    """The value with defaults filled in and unknown members left out. SchemaError where it does not fit."""
    return fit(schema(name), value, name)


def is_type(kind: str, value: Any) -> bool:
    """JSON's types; 1.0 is an integer, true is no number, and what is not finite is nothing at all."""
    if isinstance(value, bool):
        return kind == 'boolean'
    if isinstance(value, float) and not math.isfinite(value):
        return False
    match kind:
        case 'null':
            return value is None
        case 'string':
            return isinstance(value, str)
        case 'number':
            return isinstance(value, int | float)
        case 'integer':
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        case 'array':
            return isinstance(value, list)
        case 'object':
            return isinstance(value, dict)
        case _:
            return False


def fit(rules: dict[str, Any], value: Any, where: str) -> Any:
    """One value against one schema."""
    for key in ('anyOf', 'oneOf'):
        if key in rules:
            return fit_any(rules[key], value, where)
    allowed = rules.get('type')
    kinds = [allowed] if isinstance(allowed, str) else allowed
    if kinds is not None and not any(is_type(kind, value) for kind in kinds):
        raise SchemaError(f'{where} must be {" or ".join(kinds)}')
    for key, limit in rules.items():
        if key not in NOTES:
            check(key, limit, value, where)
    if isinstance(value, dict):
        return fit_object(rules, value, where)
    if isinstance(value, list):
        each = rules.get('items')
        places = rules.get('prefixItems', [])
        parts = [places[at] if at < len(places) else each for at in range(len(value))]
        return [
            item if part is None else fit(part, item, f'{where}[{at}]')
            for at, (part, item) in enumerate(zip(parts, value, strict=True))
        ]
    return value


def fit_any(options: list[dict[str, Any]], value: Any, where: str) -> Any:
    """The first option that fits; of objects with a `type` or `kind`, only that one is tried, for a better message."""
    tag = next((name for name in ('type', 'kind') if isinstance(value, dict) and name in value), None)
    if tag is not None:
        named = [o for o in options if o.get('properties', {}).get(tag, {}).get('const') == value[tag]]
        options = named or options
    problems = []
    for option in options:
        try:
            return fit(option, value, where)
        except SchemaError as error:
            problems.append(str(error))
    raise SchemaError(problems[0] if len(set(problems)) == 1 else '; or '.join(dict.fromkeys(problems)))


def fit_object(rules: dict[str, Any], value: dict[str, Any], where: str) -> dict[str, Any]:
    known = rules.get('properties', {})
    for name in rules.get('required', []):
        if name not in value:
            raise SchemaError(f'{where}.{name} is missing')
    found: dict[str, Any] = {}
    for name, part in known.items():
        if name in value:
            found[name] = fit(part, value[name], f'{where}.{name}')
        elif 'default' in part:
            found[name] = fit(part, part['default'], f'{where}.{name}')
    others = rules.get('additionalProperties', False)
    if isinstance(others, dict):
        for name in value.keys() - known.keys():
            found[name] = fit(others, value[name], f'{where}.{name}')
    return found


# Whether a value breaks a keyword, for the values that the keyword is about.
NUMBER_RULES = {
    'minimum': lambda value, limit: value < limit,
    'maximum': lambda value, limit: value > limit,
    'exclusiveMinimum': lambda value, limit: value <= limit,
    'exclusiveMaximum': lambda value, limit: value >= limit,
}
TEXT_RULES = {
    'minLength': lambda value, limit: len(value) < limit,
    'maxLength': lambda value, limit: len(value) > limit,
    'pattern': lambda value, limit: re.search(limit, value) is None,
}
LIST_RULES = {
    'minItems': lambda value, limit: len(value) < limit,
    'maxItems': lambda value, limit: len(value) > limit,
    'prefixItems': lambda value, limit: len(value) != len(limit),
}
ANY_RULES = {
    'type': lambda value, limit: False,  # looked at before
    'const': lambda value, limit: value != limit,
    'enum': lambda value, limit: value not in limit,
}
KNOWN = NUMBER_RULES.keys() | TEXT_RULES.keys() | LIST_RULES.keys() | ANY_RULES.keys()


def rules_for(value: Any) -> dict[str, Any]:
    """Keywords about other types than the value's do not apply to it."""
    if isinstance(value, str):
        return {**ANY_RULES, **TEXT_RULES}
    if isinstance(value, list):
        return {**ANY_RULES, **LIST_RULES}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {**ANY_RULES, **NUMBER_RULES}
    return ANY_RULES


def check(key: str, limit: Any, value: Any, where: str) -> None:
    """One keyword."""
    if key not in KNOWN:
        raise SchemaError(f'{where}: the schema has "{key}", which is not known here')
    rule = rules_for(value).get(key)
    if rule is not None and rule(value, limit):
        raise SchemaError(
            f'{where} is not allowed to be {json.dumps(value)[:80]} ({key} {json.dumps(limit)})'
        )
