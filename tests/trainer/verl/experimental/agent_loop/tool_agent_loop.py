"""The state machine of verl's tool loop over a script of turns and a tokenizer of one id a character."""

from enum import Enum
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput
from verl.experimental.agent_loop.tool_parser import FunctionCall
from verl.tools.schemas import ToolResponse


class AgentState(Enum):
    PENDING = 'pending'
    GENERATING = 'generating'
    PROCESSING_TOOLS = 'processing_tools'
    TERMINATED = 'terminated'


class CharacterTokenizer:
    def encode(self, text: str) -> list[int]:
        return [ord(character) for character in text]

    def decode(self, ids: list[int], skip_special_tokens: bool = False) -> str:
        return ''.join(chr(one) for one in ids)


class AgentData:
    def __init__(self, messages: list[dict[str, Any]], image_data: list[Any]) -> None:
        self.messages = messages
        self.image_data = image_data
        self.prompt_ids: list[int] = []
        self.response_ids: list[int] = []
        self.response_mask: list[int] = []
        self.user_turns = 0
        self.assistant_turns = 0
        self.tool_calls: list[FunctionCall] = []
        self.extra_fields: dict[str, Any] = {}


class ToolAgentLoop:
    def __init__(self, script: list[str], response_length: int = 4000, max_turns: int = 20) -> None:
        self.tokenizer = CharacterTokenizer()
        self.script = list(script)
        self.response_length = response_length
        self.max_assistant_turns = max_turns
        self.max_user_turns = max_turns
        self.sampling_params: dict[str, Any] = {}

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        self.sampling_params = sampling_params
        data = AgentData(list(kwargs['raw_prompt']), [])
        state = AgentState.PENDING
        while state != AgentState.TERMINATED:
            if state == AgentState.PENDING:
                state = await self._handle_pending_state(data, sampling_params)
            elif state == AgentState.GENERATING:
                state = await self._handle_generating_state(data, sampling_params)
            else:
                state = await self._handle_processing_tools_state(data)
        return AgentLoopOutput(
            prompt_ids=[],
            response_ids=data.prompt_ids[: self.response_length],
            response_mask=data.response_mask[: self.response_length],
            multi_modal_data={'images': data.image_data},
            num_turns=data.user_turns + data.assistant_turns + 1,
        )

    async def _handle_pending_state(
        self, agent_data: AgentData, sampling_params: dict[str, Any]
    ) -> AgentState:
        return AgentState.GENERATING

    async def _handle_generating_state(
        self, agent_data: AgentData, sampling_params: dict[str, Any], ignore_termination: bool = False
    ) -> AgentState:
        agent_data.response_ids = self.tokenizer.encode(self.script.pop(0))
        agent_data.assistant_turns += 1
        agent_data.prompt_ids += agent_data.response_ids
        agent_data.response_mask += [1] * len(agent_data.response_ids)
        if len(agent_data.response_mask) >= self.response_length:
            return AgentState.TERMINATED
        if agent_data.assistant_turns >= self.max_assistant_turns:
            return AgentState.TERMINATED
        # Its hermes parser drops a call that is no JSON: the rollout then ends.
        text = self.tokenizer.decode(agent_data.response_ids)
        has_call = '<tool_call>' in text and 'broken' not in text
        return AgentState.PROCESSING_TOOLS if has_call else AgentState.TERMINATED

    async def _handle_processing_tools_state(self, agent_data: AgentData) -> AgentState:
        for call in agent_data.tool_calls:
            response, _, _ = await self._call_tool(call, {}, agent_data)
            if response.image:
                agent_data.image_data += response.image
            ids = self.tokenizer.encode(response.text or '')
            agent_data.prompt_ids += ids
            agent_data.response_mask += [0] * len(ids)
        agent_data.user_turns += 1
        return AgentState.GENERATING

    async def _call_tool(
        self, tool_call: FunctionCall, tools_kwargs: dict[str, Any], agent_data: AgentData
    ) -> tuple[ToolResponse, float, dict[str, Any]]:
        raise NotImplementedError
