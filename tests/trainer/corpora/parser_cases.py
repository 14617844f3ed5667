"""Cases of tests/fixtures/parser.json: what models write, well and badly. Texts over 64 KiB are left to the tests."""

from typing import Any

from imagent_trainer.rollout.parser import parse_turn, think_state, turn_to_json

GOOD = '{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}'


def call(body: str, thought: str = '<think>t</think>\n') -> str:
    return f'{thought}<tool_call>\n{body}\n</tool_call>'


TURNS: list[tuple[str, str]] = [
    ('a call as the agent writes it', call(GOOD, '<think>I look closer.</think>\n')),
    ('an answer as the agent writes it', '<think>It is red.</think>\n<answer>red</answer>'),
    ('a look back', call('{"name": "look_back", "arguments": {"image": 2}}')),
    ('a call without whitespace', f'<think>t</think><tool_call>{GOOD}</tool_call>'),
    ('no thought, a call', call(GOOD, '')),
    ('no thought, an answer', '<answer>blue</answer>'),
    ('an empty thought', '<think></think><answer>blue</answer>'),
    ('a thought of whitespace', '<think> \t\n\r </think><answer>blue</answer>'),
    ('a no-break space is not stripped', '<think>\u00a0x\u00a0</think><answer>\u00a0y\u3000</answer>'),
    ('form feed and vertical tab are not stripped', '<answer>\f y \v</answer>'),
    ('an empty answer is nothing', '<think>t</think><answer></answer>'),
    ('an answer of whitespace is nothing', '<think>t</think><answer> \n\t</answer>'),
    ('an answer that is not closed', '<think>t</think>\n<answer>red star'),
    ('an answer tag alone', '<answer>'),
    ('an answer with newlines', '<answer>\n red\nstar \n</answer>'),
    ('only the first answer counts', '<answer>one</answer><answer>two</answer>'),
    ('an answer inside an answer', '<answer>one<answer>two</answer></answer>'),
    ('nothing at all', ''),
    ('only a thought', '<think>hm</think>'),
    ('a thought that is not closed', '<think>hm, what'),
    ('plain words', 'The answer is red.'),
    ('closing tags alone', '</think></tool_call></answer>'),
    ('a closed thought without its opening', 'I think so.</think><answer>red</answer>'),
    ('an unclosed thought with an answer in it', '<think>it is <answer>red</answer>'),
    ('an unclosed thought with a call in it', f'<think>look <tool_call>{GOOD}</tool_call>'),
    (
        'an answer inside the thought is not the answer',
        '<think><answer>no</answer></think><answer>yes</answer>',
    ),
    (
        'a call inside the thought is not the call',
        f'<think><tool_call>{GOOD}</tool_call></think><answer>y</answer>',
    ),
    ('an answer before the thought closes, none after', '<answer>no</answer></think>'),
    ('two thoughts', '<think>a</think><think>b</think><answer>c</answer>'),
    ('a thought inside a thought', '<think>a<think>b</think>c</think><answer>d</answer>'),
    ('a closing before the opening', '</think><answer>a</answer><think>t</think><answer>b</answer>'),
    ('a call, then an answer', call(GOOD) + '<answer>red</answer>'),
    ('an answer, then a call', '<think>t</think><answer>red</answer>' + call(GOOD, '')),
    ('an answer inside a call', '<tool_call><answer>x</answer></tool_call>'),
    ('a call inside an answer', f'<answer><tool_call>{GOOD}</tool_call></answer>'),
    (
        'two calls: the first counts',
        call(GOOD) + call('{"name": "look_back", "arguments": {"image": 1}}', ''),
    ),
    ('a call in a call', call('<tool_call>' + GOOD)),
    ('a call that is not closed', f'<think>t</think><tool_call>{GOOD}'),
    ('a call tag alone', '<tool_call>'),
    ('an empty call', call('')),
    ('a call closed twice', call(GOOD) + '</tool_call>'),
    ('tags are case sensitive', f'<Tool_Call>{GOOD}</Tool_Call><ANSWER>x</ANSWER>'),
    ('tags with spaces are no tags', '<answer >x</answer> < answer>y</answer>'),
    ('NaN', call('{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [NaN, 1, 2, 3]}}')),
    ('Infinity', call('{"name": "zoom_in", "arguments": {"image": Infinity}}')),
    ('-Infinity', call('{"name": "zoom_in", "arguments": {"image": -Infinity}}')),
    ('a number beyond a double', call('{"name": "look_back", "arguments": {"image": 1e400}}')),
    (
        'a long integer beyond a double',
        call('{"name": "look_back", "arguments": {"image": 1' + '0' * 400 + '}}'),
    ),
    ('an integer of 5000 digits', call('{"name": "look_back", "arguments": {"image": ' + '9' * 5000 + '}}')),
    ('a number too small for a double is 0', call('{"name": "look_back", "arguments": {"image": 1e-400}}')),
    ('an integer above 2^53', call('{"name": "look_back", "arguments": {"image": 9007199254740993}}')),
    (
        'a large integer',
        call('{"name": "look_back", "arguments": {"image": 123456789012345678901234567890}}'),
    ),
    ('1.0 is 1', call('{"name": "look_back", "arguments": {"image": 1.0}}')),
    ('1e0 is 1', call('{"name": "look_back", "arguments": {"image": 1e0, "other": 1E+2}}')),
    (
        'half a pixel',
        call('{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [0.1, 0.25, 1e1, 99.99]}}'),
    ),
    ('a leading zero', call('{"name": "look_back", "arguments": {"image": 01}}')),
    ('a leading plus', call('{"name": "look_back", "arguments": {"image": +1}}')),
    ('a bare point', call('{"name": "look_back", "arguments": {"image": .5}}')),
    ('a trailing point', call('{"name": "look_back", "arguments": {"image": 1.}}')),
    ('hexadecimal', call('{"name": "look_back", "arguments": {"image": 0x1}}')),
    ('a full-width digit', call('{"name": "look_back", "arguments": {"image": １}}')),
    ('an underscore in a number', call('{"name": "look_back", "arguments": {"image": 1_0}}')),
    ('a trailing comma in an object', call('{"name": "look_back", "arguments": {"image": 1,}}')),
    (
        'a trailing comma in an array',
        call('{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [1, 2, 3, 4,]}}'),
    ),
    ('single quotes', call("{'name': 'look_back', 'arguments': {'image': 1}}")),
    ('keys without quotes', call('{name: "look_back", arguments: {image: 1}}')),
    ('a comment', call('{"name": "look_back", /* x */ "arguments": {"image": 1}}')),
    ('text after the JSON', call(GOOD + ' and then')),
    ('two JSON values', call(GOOD + GOOD)),
    ('a byte-order mark', call('\ufeff' + GOOD)),
    ('a no-break space around the JSON', call('\u00a0' + GOOD)),
    ('a code fence', call('```json\n' + GOOD + '\n```')),
    ('True of Python', call('{"name": "look_back", "arguments": {"image": True}}')),
    ('booleans and null', call('{"name": "look_back", "arguments": {"image": true, "x": null, "y": false}}')),
    ('cut off', call('{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8')),
    ('a raw newline in a string', call('{"name": "look\nback", "arguments": {}}')),
    ('a raw tab in a string', call('{"name": "look\tback", "arguments": {}}')),
    ('a DEL in a string is allowed', call('{"name": "look\u007fback", "arguments": {}}')),
    ('an escaped newline', call('{"name": "look\\nback", "arguments": {}}')),
    ('a bad escape', call('{"name": "look\\xback", "arguments": {}}')),
    ('a short unicode escape', call('{"name": "\\u12", "arguments": {}}')),
    ('escapes', call('{"name": "\\u006cook_back", "arguments": {"a\\/b": "\\"\\\\\\b\\f\\t"}}')),
    ('an escaped pair', call('{"name": "\\ud83d\\ude00", "arguments": {"k": "\\u00e9"}}')),
    ('unicode names', call('{"name": "ズーム🔍", "arguments": {"画像": "été"}}')),
    (
        'duplicate keys: the last wins',
        call('{"name": "a", "name": "look_back", "arguments": {"image": 1, "image": 2}}'),
    ),
    ('an overwritten overflow', call('{"name": "look_back", "arguments": {"image": 1e999, "image": 2}}')),
    ('extra keys are ignored', call('{"name": "look_back", "id": 7, "arguments": {"image": 1, "why": "x"}}')),
    ('an empty arguments object', call('{"name": "look_back", "arguments": {}}')),
    ('no name', call('{"arguments": {"image": 1}}')),
    ('no arguments', call('{"name": "look_back"}')),
    ('a number for a name', call('{"name": 7, "arguments": {}}')),
    ('null for a name', call('{"name": null, "arguments": {}}')),
    ('an array for arguments', call('{"name": "look_back", "arguments": [1]}')),
    ('a string for arguments', call('{"name": "look_back", "arguments": "{}"}')),
    ('null for arguments', call('{"name": "look_back", "arguments": null}')),
    ('an array for a call', call('[' + GOOD + ']')),
    ('a string for a call', call('"zoom_in"')),
    ('a number for a call', call('7')),
    ('null for a call', call('null')),
    ('true for a call', call('true')),
    ('an empty name', call('{"name": "", "arguments": {}}')),
    ('an unknown name is still a call', call('{"name": "rotate", "arguments": {"image": 1}}')),
    ('Object.prototype names are plain names', call('{"name": "constructor", "arguments": {"toString": 1}}')),
    ('depth 32', call('{"name": "x", "arguments": {"d": ' + '[' * 30 + ']' * 30 + '}}')),
    ('depth 33', call('{"name": "x", "arguments": {"d": ' + '[' * 31 + ']' * 31 + '}}')),
    ('depth 2000', call('{"name": "x", "arguments": {"d": ' + '[' * 2000 + ']' * 2000 + '}}')),
    (
        'brackets in a string have no depth',
        call('{"name": "' + '[{' * 40 + '", "arguments": {"q": "\\"[[["}}'),
    ),
    ('brackets that never close', call('[' * 40)),
    ('a stop string in the thought', '<think>I write </answer> here'),
    ('control tokens as text', '<think><|im_end|></think><answer><|im_start|></answer>'),
]


def cases() -> list[dict[str, Any]]:
    return [
        {
            'name': name,
            'text': text,
            'expected': turn_to_json(parse_turn(text)),
            'closedThought': think_state(text) == 'closed',
        }
        for name, text in TURNS
    ]
