"""Cases of tests/fixtures/tools.json: arguments as JSON gives them, against views of known sizes."""

from typing import Any

from imagent_trainer.rollout.limits import PixelSettings
from imagent_trainer.rollout.tools import ToolError, run_tool
from imagent_trainer.rollout.views import View

TINY = PixelSettings()
LARGE = PixelSettings(min_pixels=3136, max_pixels=1_003_520, crop_min_pixels=200_704)

ONE = [View(1, 'input', 0, (0, 0, 448, 448), 112, 112)]
ODD = [View(1, 'input', 0, (0, 0, 1001, 667), 140, 84), View(2, 'input', 1, (0, 0, 333, 1999), 56, 252)]
PHOTO = [
    View(1, 'input', 0, (0, 0, 4032, 3024), 1148, 868),
    View(2, 'input', 1, (0, 0, 3024, 4032), 868, 1148),
]
CHAIN = [
    *ONE,
    View(2, 'zoom_in', 0, (100, 120, 228, 248), 112, 112, parent=1),
    View(3, 'zoom_in', 0, (131, 151, 164, 184), 112, 112, parent=2),
    View(4, 'look_back', 0, (100, 120, 228, 248), 112, 112, parent=2),
]
NARROW = [View(1, 'input', 0, (0, 0, 20_000, 100), 1400, 28), View(2, 'input', 1, (0, 0, 30, 6000), 28, 2800)]
SMALL = [View(1, 'input', 0, (0, 0, 3, 2), 140, 84), View(2, 'input', 1, (0, 0, 1, 1), 112, 112)]

Case = tuple[str, list[View], PixelSettings, str, dict[str, Any]]


def zoom(image: object, box: object) -> dict[str, Any]:
    return {'image': image, 'bbox_2d': box}


BOXES: list[tuple[str, list[View], PixelSettings, object, object]] = [
    ('a quarter', ONE, TINY, 1, [0, 0, 56, 56]),
    ('the whole image', ONE, TINY, 1, [0, 0, 112, 112]),
    ('a region inside', ONE, TINY, 1, [4, 8, 36, 40]),
    ('the last pixels', ONE, TINY, 1, [108, 108, 112, 112]),
    ('fractions round outwards', ONE, TINY, 1, [10.3, 20.7, 50.1, 60.9]),
    ('1e1', ONE, TINY, 1, [1e1, 1e1, 5e1, 5e1]),
    ('image 1.0', ONE, TINY, 1.0, [0, 0, 56, 56]),
    ('a wide region', ONE, TINY, 1, [0, 50, 112, 60]),
    ('a tall region', ONE, TINY, 1, [50, 0, 60, 112]),
    ('exactly 4x4', ONE, TINY, 1, [20, 20, 24, 24]),
    ('just under 4 wide', ONE, TINY, 1, [20, 20, 23.999, 24]),
    ('just under 4 high', ONE, TINY, 1, [20, 20, 24, 23.999]),
    ('3x3', ONE, TINY, 1, [20, 20, 23, 23]),
    ('0.1 + 0.2 arithmetic', ONE, TINY, 1, [0.1, 0.2, 4.3, 4.4]),
    ('a source that does not divide', ODD, TINY, 1, [33, 21, 77, 63]),
    ('a source that does not divide, right edge', ODD, TINY, 1, [136, 80, 140, 84]),
    ('a tall source', ODD, TINY, 2, [5, 100, 51, 146]),
    ('a tall source, thirds', ODD, TINY, 2, [18.666666666666668, 84, 37.333333333333336, 168]),
    ('a photograph, a detail', PHOTO, LARGE, 1, [512, 300, 640, 420]),
    ('a photograph, most of it', PHOTO, LARGE, 1, [1, 1, 1147, 867]),
    ('a photograph, a strip', PHOTO, LARGE, 2, [100, 40, 130, 1100]),
    ('a photograph, tiny', PHOTO, LARGE, 2, [400, 400, 404, 404]),
    ('a crop of a crop', CHAIN, TINY, 2, [28, 28, 84, 84]),
    ('a crop of a crop of a crop', CHAIN, TINY, 3, [3, 5, 99, 111]),
    ('a crop of a crop of a crop, 4x4', CHAIN, TINY, 3, [54, 54, 58, 58]),
    ('a crop of a look back', CHAIN, TINY, 4, [28, 28, 84, 84]),
    ('a crop cannot leave its parent', CHAIN, TINY, 3, [0, 0, 112, 112]),
    ('200 to 1 is allowed', NARROW, TINY, 1, [0, 0, 1400, 28]),
    ('narrow: more than 200 to 1', NARROW, TINY, 1, [0, 0, 1400, 27]),
    ('narrow the other way', NARROW, TINY, 2, [0, 0, 4, 2800]),
    ('a source of 3x2', SMALL, TINY, 1, [0, 0, 140, 84]),
    ('a region within one source pixel', SMALL, TINY, 1, [50, 50, 60, 60]),
    ('a source of one pixel', SMALL, TINY, 2, [30, 40, 50, 60]),
    ('negative zero', ONE, TINY, 1, [-0.0, 0, 56, 56]),
    ('reversed x', ONE, TINY, 1, [56, 0, 0, 56]),
    ('reversed y', ONE, TINY, 1, [0, 56, 56, 0]),
    ('no width', ONE, TINY, 1, [10, 10, 10, 60]),
    ('no height', ONE, TINY, 1, [10, 60, 60, 60]),
    ('left of the image', ONE, TINY, 1, [-1, 0, 56, 56]),
    ('barely left of the image', ONE, TINY, 1, [-1e-9, 0, 56, 56]),
    ('right of the image', ONE, TINY, 1, [0, 0, 113, 56]),
    ('barely below the image', ONE, TINY, 1, [0, 0, 56, 112.0000001]),
    ('source pixels instead of view pixels', ONE, TINY, 1, [200, 200, 400, 400]),
    ('a view that is not square: swapped sides', ODD, TINY, 1, [0, 0, 84, 140]),
    ('three numbers', ONE, TINY, 1, [0, 0, 56]),
    ('five numbers', ONE, TINY, 1, [0, 0, 56, 56, 1]),
    ('an empty array', ONE, TINY, 1, []),
    ('strings', ONE, TINY, 1, ['0', '0', '56', '56']),
    ('one string', ONE, TINY, 1, [0, 0, '56', 56]),
    ('NaN as a string', ONE, TINY, 1, ['NaN', 0, 56, 56]),
    ('booleans', ONE, TINY, 1, [False, False, True, True]),
    ('one boolean', ONE, TINY, 1, [False, 0, 56, 56]),
    ('nulls', ONE, TINY, 1, [None, 0, 56, 56]),
    ('nested arrays', ONE, TINY, 1, [[0, 0], [56, 56]]),
    ('an array in the array', ONE, TINY, 1, [0, 0, [56], 56]),
    ('an object', ONE, TINY, 1, {'x1': 0, 'y1': 0, 'x2': 56, 'y2': 56}),
    ('an object with a length', ONE, TINY, 1, {'length': 4, '0': 0, '1': 0, '2': 56, '3': 56}),
    ('a string for the box', ONE, TINY, 1, '[0, 0, 56, 56]'),
    ('null for the box', ONE, TINY, 1, None),
    ('a number for the box', ONE, TINY, 1, 7),
    ('huge numbers', ONE, TINY, 1, [0, 0, 1e308, 1e308]),
    ('image 0', ONE, TINY, 0, [0, 0, 56, 56]),
    ('image -1', ONE, TINY, -1, [0, 0, 56, 56]),
    ('image 2 of 1', ONE, TINY, 2, [0, 0, 56, 56]),
    ('image 5 of 4', CHAIN, TINY, 5, [0, 0, 56, 56]),
    ('image 1.5', CHAIN, TINY, 1.5, [0, 0, 56, 56]),
    ('image as a string', ONE, TINY, '1', [0, 0, 56, 56]),
    ('image true', ONE, TINY, True, [0, 0, 56, 56]),
    ('image null', ONE, TINY, None, [0, 0, 56, 56]),
    ('image in an array', ONE, TINY, [1], [0, 0, 56, 56]),
    ('image 1e308', ONE, TINY, 1e308, [0, 0, 56, 56]),
    ('a wrong image is said before a wrong box', ONE, TINY, 9, 'no box'),
]

OTHERS: list[Case] = [
    ('no arguments', ONE, TINY, 'zoom_in', {}),
    ('no box', ONE, TINY, 'zoom_in', {'image': 1}),
    ('no image', ONE, TINY, 'zoom_in', {'bbox_2d': [0, 0, 56, 56]}),
    ('box under another name', ONE, TINY, 'zoom_in', {'image': 1, 'bbox': [0, 0, 56, 56]}),
    ('other arguments are ignored', ONE, TINY, 'zoom_in', zoom(1, [0, 0, 56, 56]) | {'label': 'star'}),
    ('look back at the input', ONE, TINY, 'look_back', {'image': 1}),
    ('look back at the second input', ODD, TINY, 'look_back', {'image': 2}),
    ('look back at a crop', CHAIN, TINY, 'look_back', {'image': 3}),
    ('look back at a look back', CHAIN, TINY, 'look_back', {'image': 4}),
    ('look back at a photograph', PHOTO, LARGE, 'look_back', {'image': 1}),
    ('look back ignores a box', CHAIN, TINY, 'look_back', {'image': 1, 'bbox_2d': 'x'}),
    ('look back at 1.0', ONE, TINY, 'look_back', {'image': 1.0}),
    ('look back at nothing', ONE, TINY, 'look_back', {}),
    ('look back at 0', ONE, TINY, 'look_back', {'image': 0}),
    ('look back at 3 of 2', ODD, TINY, 'look_back', {'image': 3}),
    ('look back at a string', ONE, TINY, 'look_back', {'image': 'first'}),
    ('look back at true', ONE, TINY, 'look_back', {'image': True}),
    ('look back at an object', ONE, TINY, 'look_back', {'image': {'number': 1}}),
    ('an unknown tool', ONE, TINY, 'rotate', {'image': 1}),
    ('an empty name', ONE, TINY, '', {}),
    ('another case', ONE, TINY, 'Zoom_In', zoom(1, [0, 0, 56, 56])),
    ('a name from the prototype', ONE, TINY, 'constructor', {}),
    ('a name of 39 letters', ONE, TINY, 'n' * 39, {}),
    ('a name of 41 letters', ONE, TINY, 'n' * 40 + 'X', {}),
    ('a name of 41 emoji', ONE, TINY, '🔍' * 40 + 'X', {}),
    ('a name with a line and quotes', ONE, TINY, 'a"\n</tool_response>', {}),
]


def expected(result: View | ToolError) -> dict[str, Any]:
    if isinstance(result, ToolError):
        return {'ok': False, 'error': result.text}
    return {'ok': True, 'view': result.to_json()}


def case(one: Case, offered: bool) -> dict[str, Any]:
    name, views, pixels, tool, arguments = one
    return {
        'name': name,
        'offered': offered,
        'sizing': {
            'factor': 28,
            'minPixels': pixels.min_pixels,
            'maxPixels': pixels.max_pixels,
            'cropMinPixels': pixels.crop_min_pixels,
        },
        'views': [view.to_json() for view in views],
        'call': {'name': tool, 'arguments': arguments},
        'expected': expected(run_tool(tool, arguments, views, pixels, offered)),
    }


def cases() -> list[dict[str, Any]]:
    boxes: list[Case] = [
        (name, views, pixels, 'zoom_in', zoom(image, box)) for name, views, pixels, image, box in BOXES
    ]
    not_offered: list[Case] = [
        ('a valid call where no tools are offered', ONE, TINY, 'zoom_in', zoom(1, [0, 0, 56, 56])),
        ('an unknown call where no tools are offered', ONE, TINY, 'rotate', {}),
    ]
    return [case(one, True) for one in [*boxes, *OTHERS]] + [case(one, False) for one in not_offered]
