import OpenAI, { APIError } from 'openai'

/** What one of OpenAI's own clients got: names of models, an answer, its stream put together, and the refusal of a model that is none. */
export interface ClientReport {
  readonly models: readonly string[]
  readonly retrieved: string
  readonly answer: string
  readonly streamed: string
  readonly refusal: { readonly status: number; readonly code: string }
}

const QUESTION = 'Tell me everything.'
const NONE = 'no-such-model'

/** The same by the npm package, from here. */
export async function byNpm(url: string, model: string): Promise<ClientReport> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  const ask = { model, messages: [{ role: 'user' as const, content: QUESTION }], max_tokens: 12, temperature: 0 }
  const answer = await openai.chat.completions.create(ask)
  let streamed = ''
  for await (const { choices } of await openai.chat.completions.create({ ...ask, stream: true })) {
    streamed += choices[0]?.delta.content ?? ''
  }
  const refused = await openai.models.retrieve(NONE).catch((error: unknown) => error)
  return {
    models: (await openai.models.list()).data.map(({ id }) => id),
    retrieved: (await openai.models.retrieve(model)).id,
    answer: answer.choices[0]?.message.content ?? '',
    streamed,
    refusal: refused instanceof APIError ? { status: Number(refused.status), code: String(refused.code) } : NOT_REFUSED,
  }
}

const NOT_REFUSED = { status: 0, code: 'it was not refused' }

/** The same by the Python package, as a program for the server's container, which has it. It asks the gateway of its own pod. */
export const byPython = (model: string): string => `
import json, openai
client = openai.OpenAI(base_url="http://127.0.0.1:5000/v1", api_key="none", max_retries=0)
ask = dict(model=${JSON.stringify(model)}, messages=[{"role": "user", "content": ${JSON.stringify(QUESTION)}}], max_tokens=12, temperature=0)
answer = client.chat.completions.create(**ask).choices[0].message.content
streamed = "".join(part.choices[0].delta.content or "" for part in client.chat.completions.create(**ask, stream=True) if part.choices)
try:
    client.models.retrieve(${JSON.stringify(NONE)})
    refusal = {"status": 0, "code": "it was not refused"}
except openai.APIStatusError as error:
    refusal = {"status": error.status_code, "code": error.code}
print(json.dumps(dict(
    models=[each.id for each in client.models.list()], retrieved=client.models.retrieve(${JSON.stringify(model)}).id,
    answer=answer, streamed=streamed, refusal=refusal,
)))
`
