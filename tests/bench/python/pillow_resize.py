"""pillow_resize.py FILE WIDTH HEIGHT TO_WIDTH TO_HEIGHT RUNS: times of Pillow's bicubic on raw RGB, as JSON."""

import json
import sys
import time
from pathlib import Path

from PIL import Image


def main(file: str, *numbers: str) -> None:
    width, height, to_width, to_height, runs = (int(number) for number in numbers)
    image = Image.frombytes("RGB", (width, height), Path(file).read_bytes())
    times = []
    for _ in range(runs + 2):
        started = time.perf_counter()
        image.resize((to_width, to_height), Image.Resampling.BICUBIC)
        times.append((time.perf_counter() - started) * 1000)
    print(json.dumps({"milliseconds": times[2:]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
