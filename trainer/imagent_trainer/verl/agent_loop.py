"""The loop of an episode on verl: its tool loop, with our parser, our limits and our mask.

Written against verl 0.8 and 0.9 (verl/experimental/agent_loop/tool_agent_loop.py). What the parser of verl would end
without a word, a call that can't be read, gets the same error text as in the app.
"""

from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.tool_agent_loop import AgentData, AgentState, ToolAgentLoop
from verl.experimental.agent_loop.tool_parser import FunctionCall
from verl.tools.schemas import ToolResponse

from imagent_trainer.rollout.prompt import STOP_STRINGS
from imagent_trainer.verl.facts import KEY, RolloutFacts, images_of
from imagent_trainer.verl.settings import bundle_settings
from imagent_trainer.verl.tools import response_of


@register('imagent_agent')
class ImagentAgentLoop(ToolAgentLoop):
    """One instance plays one rollout, as verl makes them."""

    _facts: RolloutFacts

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        settings = bundle_settings()
        self._facts = RolloutFacts(images_of(kwargs['raw_prompt']), settings)
        stops = {'stop': list(STOP_STRINGS), 'include_stop_str_in_output': True}
        output = await super().run({**sampling_params, **stops}, **kwargs)
        self._facts.cut()
        output.extra_fields[KEY] = self._facts.to_json()
        if self._facts.status in settings.masked:
            output.response_mask = [0] * len(output.response_mask)
        return output

    async def _handle_pending_state(
        self, agent_data: AgentData, sampling_params: dict[str, Any]
    ) -> AgentState:
        agent_data.extra_fields[KEY] = self._facts
        return await super()._handle_pending_state(agent_data, sampling_params)

    async def _handle_generating_state(
        self, agent_data: AgentData, sampling_params: dict[str, Any], ignore_termination: bool = False
    ) -> AgentState:
        state = await super()._handle_generating_state(agent_data, sampling_params, ignore_termination)
        text = self.tokenizer.decode(agent_data.response_ids, skip_special_tokens=False)
        text = text.removesuffix('<|im_end|>')
        limit_reached = len(agent_data.response_mask) >= self.response_length
        if limit_reached and not text.endswith(tuple(STOP_STRINGS)):
            return AgentState.TERMINATED
        if not self._facts.after_turn(text) or limit_reached:
            return AgentState.TERMINATED
        # One call a turn; what it is called and was given is known to the facts.
        agent_data.tool_calls = [FunctionCall(name=KEY, arguments='{}')]
        return (
            AgentState.PROCESSING_TOOLS
            if state != AgentState.TERMINATED or self._has_turns(agent_data)
            else state
        )

    def _has_turns(self, agent_data: AgentData) -> bool:
        """verl ends a rollout where its own parser finds no call; its limits on turns still hold."""
        if self.max_assistant_turns and agent_data.assistant_turns >= self.max_assistant_turns:
            return False
        return not (self.max_user_turns and agent_data.user_turns >= self.max_user_turns)

    async def _call_tool(
        self, tool_call: FunctionCall, tools_kwargs: dict[str, Any], agent_data: AgentData
    ) -> tuple[ToolResponse, float, dict[str, Any]]:
        return response_of(self._facts), 0.0, {}
