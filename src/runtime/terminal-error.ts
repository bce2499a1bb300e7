/** A failure that trying again cannot mend; the controller reports it and waits for the object to change. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
}
