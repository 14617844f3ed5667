"""A stand-in for verl, which needs an environment of its own and a GPU: the faces that the bundle's files touch.

Written from the public interface of verl 0.8 and 0.9; it keeps the order of its states and what it hands to whom.
"""
