"""Plays many episodes at once on the live training model: prompts x members, turns, tools, limits, every status.

The loop is rollout/loop.py itself, one conversation a row. Rows keep their keys and values over turns; members of a
prompt share its prefill and the features of its images. A row draws from its own generator, so that its tokens do not
depend on its neighbours (beyond rounding: a matrix product of another height may differ in the last bit).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from imagent_trainer.rollout.loop import (
    Append,
    Episode,
    EpisodeInput,
    EpisodeSettings,
    Generated,
    Playing,
    Sample,
    play_episode,
)
from imagent_trainer.rollout.positions import Positions, TextRun, image_run, run_positions
from imagent_trainer.rollout.prompt import STOP_STRINGS, ImageSegment, Segment
from imagent_trainer.train.features import FeatureCache, Seen, image_key
from imagent_trainer.train.policy import Sampling, banned_tokens, eos_of
from imagent_trainer.train.row_cache import RowCache, own_attention
from imagent_trainer.train.sampler import pick

# A stop string is ASCII and a token holds at least a byte: a match that has just been completed lies in so many.
_STOP_WINDOW = max(map(len, STOP_STRINGS)) + 4


@dataclass(frozen=True)
class RolloutPrompt:
    """A question and the seeds of its members. `image_keys` name the images' pixels; computed where not given."""

    asked: EpisodeInput
    seeds: Sequence[int]
    image_keys: Sequence[str] | None = None


@dataclass(frozen=True)
class Rollout:
    """A finished member. `sampled` and `logprobs` run along episode.token_ids; a logprob is 0 where not sampled."""

    episode: Episode
    seed: int
    prompt_length: int
    sampled: list[bool]
    logprobs: list[float]
    error: str | None = None


@dataclass(frozen=True)
class Progress:
    ended: int
    rows: int
    tokens: int
    """sampled so far, over all rows"""


@dataclass(frozen=True)
class Hooks:
    """Called between tokens, from the same thread. `cancelled` ends what still runs with status stopped."""

    progress: Callable[[Progress], None] | None = None
    cancelled: Callable[[], bool] | None = None
    turn: Callable[[int, int, Episode], None] | None = None
    ended: Callable[[int, int, Rollout], None] | None = None


@dataclass(frozen=True)
class EngineSettings:
    """`max_rows`: contexts kept at once. `max_new`: tokens of one forward pass. `patience`: the share of rows that has
    to wait for a tool result or a prompt before these are read together."""

    max_rows: int = 64
    max_new: int = 2048
    max_patches: int = 16_384
    feature_bytes: int = 256 << 20
    patience: float = 0.125


@dataclass(eq=False)
class _Row:
    prompt: int
    member: int
    seed: int
    roots: Sequence[Image.Image]
    keys: Sequence[str]
    random: Random
    episode: Episode = field(default_factory=Episode)
    playing: Playing | None = None
    next_position: int = 0
    waiting: list[list[int] | Seen] = field(default_factory=list)
    leader: '_Row | None' = None
    sampled: list[bool] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    prompt_length: int = 0
    turn: list[int] = field(default_factory=list)
    max_tokens: int = 0

    @property
    def new(self) -> int:
        """Tokens that wait to be read."""
        return sum(len(part) if isinstance(part, list) else part.view.tokens for part in self.waiting)

    @property
    def decodes(self) -> bool:
        return self.leader is None and self.new == 1


class RolloutEngine:
    """Holds the model, never a copy of it: what is trained between two calls is what plays in the second."""

    def __init__(
        self,
        model: Any,
        tokenizer: Tokenizer,
        eos: frozenset[int] | None = None,
        settings: EngineSettings | None = None,
    ) -> None:
        base = model.get_base_model() if hasattr(model, 'get_base_model') else model
        self._root = model
        self._model = base
        self._language = base.model.language_model
        self._embed = base.get_input_embeddings()
        self._tokenizer = tokenizer
        self._settings = settings or EngineSettings()
        self._eos, self._turn_end = eos_of(base, tokenizer, eos)
        self._image_pad: int = base.config.image_token_id
        self._device = self._embed.weight.device
        self._banned = banned_tokens(tokenizer, base.config.get_text_config().vocab_size).to(self._device)
        self._features = FeatureCache(
            base.model.visual, self._settings.feature_bytes, self._settings.max_patches
        )

    def play(
        self,
        prompts: Sequence[RolloutPrompt],
        how: EpisodeSettings,
        sampling: Sampling | None = None,
        hooks: Hooks | None = None,
    ) -> list[list[Rollout]]:
        """Plays every member of every prompt; results in the order of `prompts` and their seeds."""
        if self._features.trains:
            self._features.clear()
        with _playing_mode(self._root), own_attention(self._language.config):
            return _Play(self, prompts, how, sampling or Sampling(), hooks or Hooks()).run()

    @property
    def views_computed(self) -> int:
        return self._features.computed


@contextmanager
def _playing_mode(model: Any) -> Iterator[None]:
    """No dropout and no gradient inside; every module's own mode is put back."""
    trained = [module for module in model.modules() if module.training]
    for module in trained:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module in trained:
            module.training = True


class _Play:
    """One call of `play`."""

    def __init__(
        self,
        engine: RolloutEngine,
        prompts: Sequence[RolloutPrompt],
        how: EpisodeSettings,
        sampling: Sampling,
        hooks: Hooks,
    ) -> None:
        self._engine, self._how, self._sampling, self._hooks = engine, how, sampling, hooks
        self._prompts = prompts
        self._results: list[list[Rollout | None]] = [[None] * len(prompt.seeds) for prompt in prompts]
        self._queue = [(p, m) for p, prompt in enumerate(prompts) for m in range(len(prompt.seeds))]
        self._total = len(self._queue)
        self._queue.reverse()
        self._rows: list[_Row] = []
        slots = min(engine._settings.max_rows, self._total)
        self._cache = RowCache(engine._language.config.num_hidden_layers, max(1, slots))
        self._slots = slots
        self._ended = 0
        self._tokens = 0

    def run(self) -> list[list[Rollout]]:
        cancelled = self._hooks.cancelled
        while self._queue or self._rows:
            if cancelled is not None and cancelled():
                self._stop()
                break
            self._admit()
            if self._rows:
                self._step()
            if self._hooks.progress is not None:
                self._hooks.progress(Progress(self._ended, self._total, self._tokens))
        return [[rollout for rollout in group if rollout is not None] for group in self._results]

    # -- rows come and go

    def _admit(self) -> None:
        """Fills free slots, members of one prompt behind the first of them that is let in with them."""
        free = self._slots - len(self._rows)
        if not free or self._next_group() > free:
            return
        leader: _Row | None = None
        while self._queue and len(self._rows) < self._slots:
            p, m = self._queue.pop()
            row = self._start(p, m)
            if row is None:
                continue
            shares = leader is not None and leader.prompt == p
            if shares:
                row.leader, row.waiting = leader, []
            else:
                leader = row
            self._cache.lengths[len(self._rows)] = 0
            self._rows.append(row)

    def _next_group(self) -> int:
        """How many members of the next prompt wait for a slot, at most as many as there are slots."""
        return sum(1 for p, _ in self._queue[-self._slots :] if p == self._queue[-1][0])

    def _start(self, p: int, m: int) -> _Row | None:
        prompt = self._prompts[p]
        roots = prompt.asked.images
        keys = prompt.image_keys or [image_key(image) for image in roots]
        seed = prompt.seeds[m]
        row = _Row(p, m, seed, roots, keys, Random(seed))
        row.playing = play_episode(prompt.asked, self._how, row.episode, lambda: len(row.episode.token_ids))
        try:
            return row if self._resume(row, None) else None
        except ValueError as error:
            self._end(row, str(error))
            return None

    def _resume(self, row: _Row, turn: Generated | None) -> bool:
        """Lets the loop go on until it wants a turn; False when the episode has ended."""
        assert row.playing is not None
        answer = turn
        while True:
            try:
                wanted = row.playing.send(answer)
            except StopIteration:
                self._end(row, None)
                return False
            answer = None
            if isinstance(wanted, Append):
                self._append(row, wanted.segments)
            elif isinstance(wanted, Sample):
                row.prompt_length = row.prompt_length or len(row.episode.token_ids)
                row.max_tokens, row.turn = wanted.max_tokens, []
                return True

    def _append(self, row: _Row, segments: Sequence[Segment]) -> None:
        for segment in segments:
            if isinstance(segment, ImageSegment):
                view = row.episode.views[segment.view - 1]
                row.waiting.append(Seen(view, row.roots[view.root_image], row.keys[view.root_image]))
                ids = [self._engine._image_pad] * view.tokens
            else:
                ids = self._engine._tokenizer.encode(segment.text, add_special_tokens=False).ids
                row.waiting.append(ids)
            self._write(row, ids, False, 0.0)

    @staticmethod
    def _write(row: _Row, ids: Sequence[int], sampled: bool, logprob: float) -> None:
        row.episode.token_ids += ids
        row.sampled += [sampled] * len(ids)
        row.logprobs += [logprob] * len(ids)

    def _end(self, row: _Row, error: str | None) -> None:
        rollout = Rollout(row.episode, row.seed, row.prompt_length, row.sampled, row.logprobs, error)
        self._results[row.prompt][row.member] = rollout
        self._ended += 1
        row.playing = None
        if self._hooks.ended is not None:
            self._hooks.ended(row.prompt, row.member, rollout)

    def _stop(self) -> None:
        """What has not ended is stopped, with the tokens it has; what has not begun has none."""
        rows = [*self._rows]
        for p, m in reversed(self._queue):
            prompt = self._prompts[p]
            rows.append(_Row(p, m, prompt.seeds[m], prompt.asked.images, (), Random(0)))
        for row in rows:
            row.episode.status = 'stopped'
            self._end(row, None)
        self._rows, self._queue = [], []

    # -- one token further

    def _step(self) -> None:
        logits: list[Tensor] = []
        picked: list[_Row] = []
        waiting = [row for row in self._rows if not row.decodes]
        decoding = len(self._rows) - len(waiting)
        if waiting and (not decoding or len(waiting) >= self._engine._settings.patience * len(self._rows)):
            picked, logits = self._read(waiting)
        if decoding:
            rows = [row for row in self._rows if row.decodes]
            logits.append(self._decode(rows))
            picked = [*picked, *rows]
        self._sample(picked, torch.cat(logits))

    def _decode(self, rows: Sequence[_Row]) -> Tensor:
        """One more token in each of `rows`. The other slots compute along unread: no copy of the cache is cheaper."""
        engine, cache = self._engine, self._cache
        slots = range(len(self._rows))
        decoding = set(rows)
        last, place = [], []
        for row in self._rows:
            live = row in decoding
            last.append(row.episode.token_ids[-1] if live else 0)
            place.append(row.next_position if live else 0)
        mask = cache.begin(slots, 1, engine._device)
        embeds = engine._embed(torch.tensor(last, device=engine._device))[:, None]
        positions = torch.tensor(place, device=engine._device)[None, :, None].expand(3, -1, 1)
        hidden = self._forward(embeds, positions, mask)[:, 0]
        chosen = []
        for slot, row in enumerate(self._rows):
            if row in decoding:
                cache.advance(slot, 1)
                row.next_position += 1
                row.waiting = []
                chosen.append(slot)
        if len(chosen) < len(self._rows):
            hidden = hidden[torch.tensor(chosen, device=engine._device)]
        return engine._model.lm_head(hidden)

    def _read(self, waiting: Sequence[_Row]) -> tuple[list[_Row], list[Tensor]]:
        """Prompts and tool results; members get what their leader has read."""
        readers = [row for row in waiting if row.leader is None]
        slots = {row: slot for slot, row in enumerate(self._rows)}
        parts = [part for row in readers for part in row.waiting if isinstance(part, Seen)]
        features = dict(zip([part.key for part in parts], self._engine._features.of(parts), strict=True))
        out: dict[_Row, Tensor] = {}
        for batch in _alike(readers, self._engine._settings.max_new):
            for row, hidden in zip(batch, self._read_batch(batch, slots, features), strict=True):
                out[row] = hidden
        followers = [row for row in waiting if row.leader is not None]
        for leader in {row.leader: None for row in followers}:
            assert leader is not None
            members = [row for row in followers if row.leader is leader]
            self._cache.copy(slots[leader], [slots[row] for row in members])
            for row in members:
                row.next_position, row.leader = leader.next_position, None
                out[row] = out[leader]
        rows = [*readers, *followers]
        return rows, [self._engine._model.lm_head(torch.stack([out[row] for row in rows]))]

    def _read_batch(
        self, batch: Sequence[_Row], slots: dict[_Row, int], features: dict[Any, Tensor]
    ) -> list[Tensor]:
        """The last hidden state of each row, after what waits in it; in pieces where that is long."""
        inputs = [self._inputs(row, features) for row in batch]
        longest = max(len(embeds) for embeds, _ in inputs)
        last: list[Tensor | None] = [None] * len(batch)
        piece = max(1, self._engine._settings.max_new // len(batch))
        for start in range(0, longest, piece):
            chosen = [i for i, (embeds, _) in enumerate(inputs) if len(embeds) > start]
            counts = [min(piece, len(inputs[i][0]) - start) for i in chosen]
            new = max(counts)
            embeds = inputs[0][0].new_zeros((len(chosen), new, inputs[0][0].shape[1]))
            places = torch.zeros((3, len(chosen), new), dtype=torch.long)
            for at, (i, count) in enumerate(zip(chosen, counts, strict=True)):
                embeds[at, :count] = inputs[i][0][start : start + count]
                places[:, at, :count] = inputs[i][1][:, start : start + count]
            here = [slots[batch[i]] for i in chosen]
            mask = self._cache.begin(here, new, self._engine._device)
            hidden = self._forward(embeds, places.to(self._engine._device), mask)
            for at, (i, count) in enumerate(zip(chosen, counts, strict=True)):
                self._cache.advance(here[at], count)
                last[i] = hidden[at, count - 1]
        for row in batch:
            row.waiting = []
        return [hidden for hidden in last if hidden is not None]

    def _inputs(self, row: _Row, features: dict[Any, Tensor]) -> tuple[Tensor, Tensor]:
        """(embeddings [new,hidden], positions [3,new]) of what waits in a row."""
        rows, runs = [], []
        for part in row.waiting:
            if isinstance(part, list):
                rows.append(self._engine._embed(torch.tensor(part, device=self._engine._device)))
                runs.append(TextRun(len(part)))
            else:
                rows.append(features[part.key])
                runs.append(image_run(part.view))
        positions: Positions
        positions, row.next_position = run_positions(runs, row.next_position)
        return torch.cat([part.to(rows[0].dtype) for part in rows]), torch.tensor(positions)

    def _forward(self, embeds: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        kinds = set(self._engine._language.config.layer_types)
        return self._engine._language(
            inputs_embeds=embeds,
            position_ids=positions,
            attention_mask=dict.fromkeys(kinds, mask),
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state

    def _sample(self, rows: Sequence[_Row], logits: Tensor) -> None:
        draws = [row.random.random() for row in rows] if self._sampling.temperature else []
        tokens, logprobs = pick(logits, self._engine._banned, self._sampling, draws)
        gone = []
        for row, token, logprob in zip(rows, tokens, logprobs, strict=True):
            row.waiting = [[token]]
            row.turn.append(token)
            self._write(row, [token], True, logprob)
            turn = self._turn_of(row, token)
            if turn is not None:
                going = self._resume(row, turn)
                if self._hooks.turn is not None:
                    self._hooks.turn(row.prompt, row.member, row.episode)
                if not going:
                    gone.append(row)
        self._tokens += len(tokens)
        if gone:
            self._remove(set(gone))

    def _turn_of(self, row: _Row, token: int) -> Generated | None:
        """The turn when this token has ended it."""
        engine = self._engine
        decode = engine._tokenizer.decode
        if token in engine._eos:
            text = decode(row.turn[:-1], skip_special_tokens=False)
            return Generated(text, row.turn, 'eos', token == engine._turn_end)
        tail = decode(row.turn[-_STOP_WINDOW:], skip_special_tokens=False)
        if any(stop in tail for stop in STOP_STRINGS):
            return Generated(decode(row.turn, skip_special_tokens=False), row.turn, 'stop_string', False)
        if len(row.turn) >= row.max_tokens:
            return Generated(decode(row.turn, skip_special_tokens=False), row.turn, 'max_tokens', False)
        return None

    def _remove(self, gone: set[_Row]) -> None:
        """Closes the gaps: the last rows move into the slots of those that have ended."""
        slot = 0
        while slot < len(self._rows):
            if self._rows[slot] not in gone:
                slot += 1
                continue
            last = len(self._rows) - 1
            if slot != last:
                self._cache.copy(last, [slot])
                self._rows[slot] = self._rows[last]
            self._rows.pop()


def _alike(rows: Sequence[_Row], max_new: int) -> list[list[_Row]]:
    """Batches of rows whose waiting tokens are of like number, each within the limit of a forward pass."""
    batches: list[list[_Row]] = []
    for row in sorted(rows, key=lambda row: row.new):
        fits = batches and row.new <= 2 * batches[-1][0].new and row.new * (len(batches[-1]) + 1) <= max_new
        if fits:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches
