"""Anthropic's own client against a running server: anthropic_client.py BASE_URL CHECK...

Each check is a function of this file. Says which of them failed, and exits with 1 if any did.
"""

import sys
import traceback

import anthropic

HELLO = [{"role": "user", "content": "Name three colours."}]
WEATHER = {
    "name": "weather",
    "description": "The weather of a place on a day",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string"}, "day": {"enum": ["today", "tomorrow"]}},
        "required": ["place", "day"],
        "additionalProperties": False,
    },
}


def plain(client):
    reply = client.messages.create(
        model="default", messages=HELLO, max_tokens=12, system="Be brief.", extra_body={"temperature": 0}
    )
    assert reply.type == "message" and reply.role == "assistant" and reply.id.startswith("msg_"), reply
    assert reply.content[0].type == "text" and reply.content[0].text.strip(), reply
    assert reply.stop_reason in ("end_turn", "max_tokens") and reply.stop_sequence is None, reply
    assert reply.usage.input_tokens + reply.usage.cache_read_input_tokens > 5 and reply.usage.output_tokens > 0, reply


def streaming(client):
    kinds = []
    with client.messages.stream(model="default", messages=HELLO, max_tokens=24) as stream:
        for event in stream:
            kinds.append(event.type)
        whole = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds
    assert kinds.index("content_block_start") < kinds.index("content_block_delta") < kinds.index("content_block_stop"), kinds
    assert whole.content[0].text.strip() and whole.stop_reason in ("end_turn", "max_tokens"), whole
    assert whole.usage.output_tokens > 0, whole


def fits(block):
    assert block.type == "tool_use" and block.name == "weather" and block.id, block
    assert set(block.input) == {"place", "day"} and block.input["day"] in ("today", "tomorrow"), block


def tools(client):
    messages = [{"role": "user", "content": "How is the weather in Rome today?"}]
    request = {"model": "default", "tools": [WEATHER], "max_tokens": 200}
    for choice in ({"type": "any"}, {"type": "tool", "name": "weather"}):
        reply = client.messages.create(messages=messages, tool_choice=choice, **request)
        assert reply.stop_reason == "tool_use", reply
        for block in reply.content:
            fits(block)
    with client.messages.stream(messages=messages, tool_choice={"type": "any"}, **request) as stream:
        streamed = stream.get_final_message()
    assert streamed.stop_reason == "tool_use", streamed
    for block in streamed.content:
        fits(block)
    results = [{"type": "tool_result", "tool_use_id": b.id, "content": "sunny, 24 °C"} for b in streamed.content]
    messages = [*messages, {"role": "assistant", "content": streamed.content}, {"role": "user", "content": results}]
    reply = client.messages.create(messages=messages, tool_choice={"type": "none"}, **request)
    assert reply.content[0].type == "text" and reply.content[0].text.strip(), reply


def errors(client):
    def refused(kind, **request):
        try:
            client.messages.create(**{"model": "default", "messages": HELLO, "max_tokens": 5, **request})
        except kind as error:
            return error.body["error"]
        raise AssertionError(f"{request} was accepted")

    assert refused(anthropic.NotFoundError, model="claude-17")["type"] == "not_found_error"
    assert "temperature" in refused(anthropic.BadRequestError, extra_body={"temperature": 7})["message"]
    image = [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/"}}]}]
    assert "text only" in refused(anthropic.BadRequestError, messages=image)["message"]


def main():
    base_url, *checks = sys.argv[1:]
    # Its paths begin with /v1.
    client = anthropic.Anthropic(base_url=base_url.removesuffix("/v1"), api_key="none", timeout=300, max_retries=0)
    failed = []
    for check in checks:
        try:
            globals()[check](client)
        except Exception:
            failed.append(check)
            print(f"--- {check}", traceback.format_exc(), sep="\n")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


main()
