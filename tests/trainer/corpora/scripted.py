"""A policy that says what its script says: the loop runs for real, only the model is made up."""

from dataclasses import dataclass, field

from PIL import Image

from imagent_trainer.rollout.loop import End, Generated
from imagent_trainer.rollout.views import View


@dataclass(frozen=True)
class ScriptedTurn:
    """What the agent says. `closes`: it samples <|im_end|> itself as its last token."""

    text: str
    end: End = 'stop_string'
    closes: bool = False


@dataclass
class ScriptedPolicy:
    """One token a code point, one a 28x28 cell. A turn past the end of the script says nothing."""

    script: list[ScriptedTurn]
    text: str = ''
    tokens: int = 0
    seen: list[tuple[int, int]] = field(default_factory=list)
    spoken: int = 0

    @property
    def context_ids(self) -> list[int]:
        return [0] * self.tokens

    def append_text(self, text: str) -> None:
        self.text += text
        self.tokens += len(text)

    def append_image(self, view: View, pixels: Image.Image) -> None:
        self.text += f'[image {view.number}]'
        self.tokens += view.tokens
        self.seen.append(pixels.size)

    def generate(self, max_tokens: int) -> Generated:
        turn = self.script[self.spoken] if self.spoken < len(self.script) else ScriptedTurn('', 'eos', True)
        self.spoken += 1
        text = turn.text[:max_tokens]
        end: End = 'max_tokens' if len(turn.text) > max_tokens else turn.end
        self.append_text(text + ('<|im_end|>' if turn.closes else ''))
        return Generated(text, [0] * len(text), end, turn.closes)
