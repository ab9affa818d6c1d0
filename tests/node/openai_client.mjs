// OpenAI's own client for Node.js against a running server: openai_client.mjs BASE_URL CHECK...
//
// Each check is a function of this file. Says which of them failed, and exits with 1 if any did.

import assert from 'node:assert/strict';
import OpenAI from 'openai';

const HELLO = [{ role: 'user', content: 'Name three colours.' }];
const WEATHER = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a place on a day',
    parameters: {
      type: 'object',
      properties: { place: { type: 'string' }, day: { enum: ['today', 'tomorrow'] } },
      required: ['place', 'day'],
      additionalProperties: false,
    },
  },
};

const checks = {
  async plain(client) {
    const reply = await client.chat.completions.create({
      model: 'smollm2-135m', messages: HELLO, temperature: 0, max_tokens: 12,
    });
    assert.ok(reply.choices[0].message.content.trim());
    assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens);
  },

  async streaming(client) {
    const stream = await client.chat.completions.create({
      model: 'default', messages: HELLO, max_tokens: 24, stream: true, stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta.content ?? '')).filter(Boolean);
    assert.ok(deltas.length > 1 && deltas.join('').trim());
    assert.ok(chunks.at(-1).usage.completion_tokens > 1);
    // The client's own accumulation of a stream.
    const whole = await client.chat.completions
      .stream({ model: 'default', messages: HELLO, max_tokens: 300, temperature: 0, stop: ['.', '\n'] })
      .finalContent();
    assert.ok(whole.trim());
  },

  async tools(client) {
    const messages = [{ role: 'user', content: 'How is the weather in Rome today?' }];
    const request = { model: 'default', tools: [WEATHER], max_tokens: 200 };
    const reply = await client.chat.completions.create({ ...request, messages, tool_choice: 'required' });
    const { message, finish_reason } = reply.choices[0];
    assert.equal(finish_reason, 'tool_calls');
    for (const call of message.tool_calls) {
      const given = JSON.parse(call.function.arguments);
      assert.ok(call.function.name === 'weather' && ['today', 'tomorrow'].includes(given.day), call);
    }
    const results = message.tool_calls.map((call) => ({
      role: 'tool', tool_call_id: call.id, content: 'sunny, 24 °C',
    }));
    const answer = await client.chat.completions.create({
      ...request, messages: [...messages, message, ...results], tool_choice: 'none',
    });
    assert.ok(answer.choices[0].message.content.trim());
  },

  async responses(client) {
    const request = { model: 'default', max_output_tokens: 12, temperature: 0 };
    const first = await client.responses.create({ ...request, input: 'Name three colours.' });
    assert.ok(first.output_text.trim());
    const more = await client.responses.create({
      ...request, input: 'Which is the first?', previous_response_id: first.id,
    });
    assert.ok(more.usage.input_tokens > first.usage.input_tokens);
  },

  async errors(client) {
    const refused = client.chat.completions.create({ model: 'gpt-17', messages: HELLO });
    await assert.rejects(refused, (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
  },
};

const [baseURL, ...names] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'none', timeout: 300_000, maxRetries: 0 });
const failed = [];
for (const name of names) {
  try {
    await checks[name](client);
  } catch (error) {
    failed.push(name);
    console.log(`--- ${name}\n`, error);
  }
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exit(1);
}
