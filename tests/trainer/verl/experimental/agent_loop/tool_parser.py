from dataclasses import dataclass


@dataclass
class FunctionCall:
    name: str
    arguments: str
