"""OpenAI's own client against a running server: openai_client.py BASE_URL CHECK...

Each check is a function of this file. Says which of them failed, and exits with 1 if any did.
"""

import json
import sys
import traceback

import openai
from pydantic import BaseModel

HELLO = [{"role": "user", "content": "Name three colours."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a place on a day",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string"},
                "day": {"enum": ["today", "tomorrow"]},
                "hours": {"type": "integer"},
            },
            "required": ["place", "day"],
            "additionalProperties": False,
        },
    },
}


def plain(client):
    reply = client.chat.completions.create(model="smollm2-135m", messages=HELLO, temperature=0, max_tokens=12)
    choice = reply.choices[0]
    assert choice.message.role == "assistant" and choice.message.content.strip(), reply
    assert choice.message.tool_calls is None and choice.finish_reason in ("stop", "length"), reply
    assert reply.model == "smollm2-135m" and reply.object == "chat.completion", reply
    usage = reply.usage
    assert 0 < usage.completion_tokens <= 12 and usage.prompt_tokens > 5, usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage


def streaming(client):
    stream = client.chat.completions.create(
        model="default", messages=HELLO, max_tokens=24, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(deltas) > 1 and "".join(deltas).strip(), chunks
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] in ("stop", "length"), chunks
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 1, chunks[-1]
    # The client's own accumulation of a stream, which takes a reply cut at its limit for an error.
    request = {"model": "default", "messages": HELLO, "temperature": 0, "max_tokens": 300, "stop": [".", "\n"]}
    with client.chat.completions.stream(**request) as events:
        whole = events.get_final_completion()
    assert whole.choices[0].message.content.strip(), whole


class City(BaseModel):
    name: str
    coastal: bool
    districts: int


def structured(client):
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}, "count": {"type": "integer", "minimum": 1, "maximum": 9}},
        "required": ["colour", "count"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    for stream in (False, True):
        reply = client.chat.completions.create(
            model="default", messages=HELLO, max_tokens=60, response_format=form, stream=stream
        )
        text = "".join(c.choices[0].delta.content or "" for c in reply) if stream else reply.choices[0].message.content
        answer = json.loads(text)
        assert set(answer) == {"colour", "count"} and answer["colour"] in ("red", "green"), answer
        assert type(answer["count"]) is int and 1 <= answer["count"] <= 9, answer
    question = [{"role": "user", "content": "Describe the city of Rome."}]
    parsed = client.chat.completions.parse(model="default", messages=question, max_tokens=300, response_format=City)
    assert isinstance(parsed.choices[0].message.parsed, City), parsed


def caching(client):
    # A beginning of its own, which no other check has sent.
    long = "The harbour office of Lornhaven keeps a list of its bridges. " * 20
    messages = [{"role": "system", "content": long}, {"role": "user", "content": "Which list?"}]
    first = client.chat.completions.create(model="default", messages=messages, max_tokens=4).usage
    second = client.chat.completions.create(model="default", messages=messages, max_tokens=4).usage
    assert second.prompt_tokens == first.prompt_tokens > 100, (first, second)
    assert second.prompt_tokens_details.cached_tokens > second.prompt_tokens // 2, (first, second)


def options(client):
    reply = client.chat.completions.create(
        model="default", messages=HELLO, max_tokens=8, temperature=0.7, top_p=0.9, seed=3, logprobs=True, top_logprobs=2,
        extra_body={"top_k": 20, "min_p": 0.01, "repetition_penalty": 1.05},
    )
    tokens = reply.choices[0].logprobs.content
    assert tokens and all(t.logprob <= 0 and len(t.top_logprobs) == 2 and t.bytes for t in tokens), tokens
    reply = client.chat.completions.create(model="default", messages=HELLO, max_tokens=30, temperature=0, stop=[" "])
    assert " " not in reply.choices[0].message.content, reply


def errors(client):
    def refused(kind, **request):
        try:
            client.chat.completions.create(**{"model": "default", "messages": HELLO, **request})
        except kind as error:
            return error
        raise AssertionError(f"{request} was accepted")

    assert refused(openai.NotFoundError, model="gpt-17").code == "model_not_found"
    assert refused(openai.BadRequestError, n=17).param == "n"
    assert refused(openai.BadRequestError, logit_bias={"9999999": 1}).param == "logit_bias"
    assert refused(openai.BadRequestError, tools=[WEATHER], presence_penalty=1).param == "presence_penalty"
    try:
        client.embeddings.create(model="smollm2-135m", input="a text")
        raise AssertionError("a model that writes made embeddings")
    except openai.BadRequestError as error:
        assert error.code == "no_embedding_model" and error.param == "model", error
    assert refused(openai.BadRequestError, temperature=7).type == "invalid_request_error"
    long = [{"role": "user", "content": "word " * 20_000}]
    for stream in (False, True):
        assert refused(openai.BadRequestError, messages=long, stream=stream).code == "context_length_exceeded"
    broken = {"type": "function", "function": {"name": "broken", "parameters": {"properties": {"x": {"type": "?"}}}}}
    assert "broken" in refused(openai.BadRequestError, tools=[broken]).message
    assert [m.id for m in client.models.list()] == ["smollm2-135m"]


def choices(client):
    request = {"model": "default", "messages": HELLO, "temperature": 1, "max_tokens": 16, "seed": 5, "n": 3}
    reply = client.chat.completions.create(**request)
    assert [c.index for c in reply.choices] == [0, 1, 2], reply
    texts = [c.message.content for c in reply.choices]
    assert len(set(texts)) > 1, "each has a seed of its own"
    assert reply.usage.prompt_tokens < 60 and reply.usage.completion_tokens > 16, reply.usage
    streamed = ["", "", ""]
    for chunk in client.chat.completions.create(stream=True, **request):
        for choice in chunk.choices:
            streamed[choice.index] += choice.delta.content or ""
    assert all(text.strip() for text in streamed), streamed


def steering(client):
    def tokens(**steered):
        reply = client.chat.completions.create(
            model="default", messages=HELLO, temperature=0, max_tokens=8, logprobs=True, **steered
        )
        return [token.token for token in reply.choices[0].logprobs.content]

    plain = tokens()
    favoured = tokens(logit_bias={"5000": 100})
    assert len(set(favoured)) == 1 and favoured != plain, (plain, favoured)
    assert tokens(presence_penalty=-2, frequency_penalty=-2) and tokens(presence_penalty=2, frequency_penalty=2)
    assert tokens() == plain


def files(client):
    made = client.files.create(file=("sales.csv", b"a,b\n1,2\n"), purpose="user_data")
    assert made.id.startswith("file-") and made.bytes == 8 and made.filename == "sales.csv", made
    assert [file.id for file in client.files.list()] == [made.id]
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == b"a,b\n1,2\n"
    assert client.files.delete(made.id).deleted
    try:
        client.files.retrieve(made.id)
        raise AssertionError("it is gone")
    except openai.NotFoundError as error:
        assert error.code == "unknown_file", error


def embeddings(client):
    texts = ["The cat sleeps on the sofa.", "A cat is sleeping on the couch.", "Interest rates rose in March."]
    # As the client asks for them by itself, which is base64, and as numbers.
    made = client.embeddings.create(model="smollm2-135m", input=texts)
    plain = client.embeddings.create(model="default", input=texts[0], encoding_format="float")
    vectors = [entry.embedding for entry in made.data]
    near = lambda a, b: sum(x * y for x, y in zip(a, b))  # noqa: E731
    assert len(vectors) == 3 and len({len(vector) for vector in vectors}) == 1, made
    assert abs(near(vectors[0], vectors[0]) - 1) < 1e-3 and near(vectors[0], plain.data[0].embedding) > 0.999, made
    assert near(vectors[0], vectors[1]) > near(vectors[0], vectors[2]), made
    assert made.usage.prompt_tokens == made.usage.total_tokens > 10, made.usage


def fits(call):
    assert call.type == "function" and call.function.name == "weather" and call.id, call
    arguments = json.loads(call.function.arguments)
    assert {"place", "day"} <= set(arguments) <= {"place", "day", "hours"}, arguments
    assert isinstance(arguments["place"], str) and arguments["day"] in ("today", "tomorrow"), arguments
    assert type(arguments.get("hours", 0)) is int, arguments


def tools(client):
    messages = [{"role": "user", "content": "How is the weather in Rome today?"}]
    request = {"model": "default", "tools": [WEATHER], "max_tokens": 200}
    named = {"type": "function", "function": {"name": "weather"}}
    for choice in ("required", named):
        reply = client.chat.completions.create(messages=messages, tool_choice=choice, **request)
        assert reply.choices[0].finish_reason == "tool_calls" and reply.choices[0].message.tool_calls, reply
        for call in reply.choices[0].message.tool_calls:
            fits(call)
    with client.chat.completions.stream(messages=messages, tool_choice="required", **request) as events:
        streamed = events.get_final_completion().choices[0].message
    for call in streamed.tool_calls:
        fits(call)
    results = [{"role": "tool", "tool_call_id": c.id, "content": "sunny, 24 °C"} for c in streamed.tool_calls]
    messages = [*messages, streamed.model_dump(exclude_none=True), *results]
    reply = client.chat.completions.create(messages=messages, tool_choice="none", **request)
    assert reply.choices[0].message.content.strip() and not reply.choices[0].message.tool_calls, reply


def responses(client):
    first = client.responses.create(model="default", input="Name three colours.", max_output_tokens=12, temperature=0)
    assert first.object == "response" and first.status in ("completed", "incomplete") and first.output_text.strip(), first
    assert first.usage.total_tokens == first.usage.input_tokens + first.usage.output_tokens > 5, first
    more = client.responses.create(
        model="default", input="Which is the first?", previous_response_id=first.id, instructions="Be brief.",
        max_output_tokens=12,
    )
    assert more.previous_response_id == first.id and more.usage.input_tokens > first.usage.input_tokens, more
    assert client.responses.retrieve(first.id).output_text == first.output_text
    client.responses.delete(first.id)
    try:
        client.responses.create(model="default", input="Again?", previous_response_id=more.id)
        raise AssertionError("its beginning is gone")
    except openai.BadRequestError as error:
        assert error.code == "previous_response_not_found" and error.param == "previous_response_id", error
    # The client's own accumulation wants a reply that is whole, which a schema makes sure of.
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "green"]}}, "required": ["colour"]}
    form = {"type": "json_schema", "name": "answer", "schema": {**schema, "additionalProperties": False}}
    request = {"model": "default", "input": "Name a colour.", "max_output_tokens": 60, "text": {"format": form}}
    with client.responses.stream(**request) as events:
        kinds = [event.type for event in events]
        whole = events.get_final_response()
    assert kinds[:2] == ["response.created", "response.in_progress"] and kinds[-1] == "response.completed", kinds
    assert "response.output_text.delta" in kinds and json.loads(whole.output_text)["colour"] in ("red", "green"), whole
    question = "Describe the city of Rome."
    parsed = client.responses.parse(model="default", input=question, max_output_tokens=300, text_format=City)
    assert isinstance(parsed.output_parsed, City), parsed


def response_tools(client):
    function = {"type": "function", **WEATHER["function"], "strict": False}
    request = {"model": "default", "tools": [function], "max_output_tokens": 200}
    with client.responses.stream(
        input="How is the weather in Rome today?", tool_choice="required", **request
    ) as events:
        called = events.get_final_response()
    calls = [item for item in called.output if item.type == "function_call"]
    assert calls and called.status == "completed", called
    for call in calls:
        arguments = json.loads(call.arguments)
        assert call.name == "weather" and arguments["day"] in ("today", "tomorrow"), call
    results = [{"type": "function_call_output", "call_id": c.call_id, "output": "sunny, 24 °C"} for c in calls]
    answer = client.responses.create(
        input=results, previous_response_id=called.id, tool_choice="none", **request
    )
    assert answer.output_text.strip(), answer


def main():
    base_url, *checks = sys.argv[1:]
    client = openai.OpenAI(base_url=base_url, api_key="none", timeout=300, max_retries=0)
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
