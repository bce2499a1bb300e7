/** Where a watch loop stands. `failures` counts attempts in a row that brought nothing. */
export type WatchState =
  | { readonly kind: 'listing'; readonly failures: number }
  | { readonly kind: 'watching'; readonly resourceVersion: string; readonly failures: number }
  | { readonly kind: 'waiting'; readonly failures: number; readonly then: WatchState }
  | { readonly kind: 'stopped' }

/** How one step ended. A watch was `healthy` if it brought something or lasted; one that closes at once was not. */
export type WatchEnd =
  | { readonly kind: 'listed'; readonly resourceVersion: string }
  /** The server ended the watch in good order, at `timeoutSeconds` or before a restart. */
  | { readonly kind: 'closed'; readonly resourceVersion: string; readonly healthy: boolean }
  | { readonly kind: 'failed'; readonly error: unknown; readonly resourceVersion?: string; readonly healthy?: boolean }
  | { readonly kind: 'expired'; readonly error: unknown }
  | { readonly kind: 'waited' }

/**
 * After this many failed watches in a row, list again: a watch that fails the same way each time may be failing
 * because of where it resumes, and a list is what puts any doubt right.
 */
const relistAfter = 5

/** The whole life of a watch loop in one function. A watch that made progress resumes where it was, without a list. */
export function nextState(state: WatchState, outcome: WatchEnd): WatchState {
  switch (state.kind) {
    case 'listing':
      if (outcome.kind === 'listed') return { kind: 'watching', resourceVersion: outcome.resourceVersion, failures: 0 }
      return wait(state.failures + 1, { kind: 'listing', failures: state.failures + 1 })
    case 'watching':
      return afterWatch(state, outcome)
    case 'waiting':
      return state.then
    case 'stopped':
      return state
  }
}

function afterWatch(state: WatchState & { kind: 'watching' }, outcome: WatchEnd): WatchState {
  // Relisting at once is right after 410, but if lists and watches disagree for long this must not become a busy loop.
  if (outcome.kind === 'expired') return wait(1, { kind: 'listing', failures: 0 })
  if (outcome.kind !== 'closed' && outcome.kind !== 'failed') return state
  const resourceVersion = outcome.resourceVersion ?? state.resourceVersion
  if (outcome.kind === 'closed' && outcome.healthy) return { kind: 'watching', resourceVersion, failures: 0 }
  const failures = outcome.healthy ? 1 : state.failures + 1
  const resumed: WatchState = { kind: 'watching', resourceVersion, failures }
  return wait(failures, failures >= relistAfter ? { kind: 'listing', failures } : resumed)
}

function wait(failures: number, then: WatchState): WatchState {
  return { kind: 'waiting', failures, then }
}
