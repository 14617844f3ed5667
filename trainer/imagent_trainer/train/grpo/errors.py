"""What a run can end of, as the closed list of the protocol, with a sentence that says what to change."""

import errno
from typing import Any

import torch

from imagent_trainer.data.samples import SampleError
from imagent_trainer.protocol.process import AlreadyRunningError

NOT_FINITE = (
    "The agent's outputs are no numbers any more. Go on from the last checkpoint with a lower learning_rate or "
    'max_grad_norm; on a GPU try dtype float32.'
)


class RunError(Exception):
    """A fault with a code of the protocol; the message is for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# What drivers and the libraries above them say in a plain RuntimeError: torch knows only its own allocator's fault.
GPU_WORDS = (
    'CUDA out of memory',
    'CUDA error: out of memory',
    'CUBLAS_STATUS_ALLOC_FAILED',
    'CUDNN_STATUS_ALLOC_FAILED',
    'NCCL WARN Cuda failure 2',
    'HIP out of memory',
    'HIP error: out of memory',
    'MPS backend out of memory',
)
CPU_WORDS = ('not enough memory', "can't allocate memory", 'Cannot allocate memory')


def gpu_out_of_memory(error: BaseException) -> bool:
    text = str(error)
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(part in text for part in GPU_WORDS)
    )


def out_of_memory(error: BaseException) -> bool:
    """Torch's CPU allocator says it in words only; a fork or a mapping by the number of the system."""
    text = str(error)
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, RuntimeError) and any(part in text for part in CPU_WORDS))
    )


def disk_full(error: BaseException) -> bool:
    """Also where a library wraps the fault in one of its own, with the number in its text only."""
    full = (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, OSError) and error.errno in full:
        return True
    text = str(error)
    return 'No space left on device' in text or 'os error 28' in text


def explain(error: BaseException) -> tuple[str, str]:
    """(code, message). What is not known is `internal`, with its own words."""
    seen: Any = error
    while seen is not None:
        found = explain_one(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or seen.__context__
    return 'internal', f'{type(error).__name__}: {error}'


def explain_one(error: BaseException) -> tuple[str, str] | None:
    if isinstance(error, RunError):
        return error.code, str(error)
    if isinstance(error, AlreadyRunningError):
        return 'already_running', str(error)
    if gpu_out_of_memory(error):
        return (
            'gpu_out_of_memory',
            'The GPU has too little memory. Lower per_device_train_batch_size or rollout_batch_size, turn on '
            'gradient_checkpointing, or train a smaller LoRA rank.',
        )
    if out_of_memory(error):
        return (
            'out_of_memory',
            'The machine has too little memory. Lower per_device_train_batch_size, rollout_batch_size or '
            'prompts_per_step, or close other programs.',
        )
    if disk_full(error):
        return (
            'disk_full',
            'The disk is full. Free some space, or keep fewer checkpoints, and resume the run.',
        )
    if isinstance(error, FloatingPointError):
        return 'not_finite', NOT_FINITE
    if isinstance(error, SampleError):
        return 'bad_data', str(error)
    return None
