/**
 * What a function returns that may fail as expected. `reason` is why it did: words for people, where the type names nothing else.
 * What more is known of the failure stands beside it.
 */
export type Result<Found, Reason = string, More = unknown> =
  | ({ readonly ok: true } & Found)
  | ({ readonly ok: false; readonly reason: Reason } & More)
