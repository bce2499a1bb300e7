import { type Engine, type EngineAnswer, errorMessage } from './engine.ts'

/** Whether the model has a chat template. Only the engine knows, and it does not change while the pod lives. */
export interface ChatTemplate {
  /** True also where the engine could not say. Throws EngineError where it is away. */
  mayExist(): Promise<boolean>
}

/**
 * Asked once, by the first prompt and for all of them, with a conversation of our own: in the refusal of a client's
 * conversation its own words may stand.
 */
export function chatTemplate(engine: Engine, model: string): ChatTemplate {
  let known: Promise<boolean | undefined> | undefined
  const ask = async () => meaning(await engine.ask('/tokenize', { body: { model, messages: CONVERSATION } }))
  return {
    async mayExist() {
      known ??= ask()
      const asked = known
      const forget = () => {
        if (known === asked) known = undefined
      }
      const exists = await asked.catch((error: unknown) => {
        forget()
        throw error
      })
      if (exists === undefined) forget()
      return exists ?? true
    },
  }
}

const CONVERSATION = [{ role: 'user', content: 'Hello' }]

/** vLLM refuses a conversation where the tokenizer defines no template and none was given. */
function meaning(answer: EngineAnswer): boolean | undefined {
  if (answer.status === 200) return true
  return answer.status === 400 && /chat template/i.test(errorMessage(answer)) ? false : undefined
}
