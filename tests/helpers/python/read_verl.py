"""Reads a table of an export as its users do, and prints what was found: with pyarrow, and with datasets."""

import hashlib
import json
import sys

import datasets
import pyarrow.parquet as parquet

path = sys.argv[1]
table = parquet.read_table(path).to_pylist()
first = {name: value for name, value in table[0].items() if name != 'images'}
plain = {
    'rows': len(table),
    'images': [hashlib.sha256(image['bytes']).hexdigest() for row in table for image in row['images']],
    'row': first,
}
loaded = datasets.Dataset.from_parquet(path)
feature = loaded.features['images'].feature
found = {
    'rows': len(loaded),
    'sizes': [list(image.size) for image in loaded[0]['images']],
    'feature': type(feature).__name__,
}
print(json.dumps({'pyarrow': plain, 'datasets': found}))
