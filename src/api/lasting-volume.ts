/** Kinds that go with their pod. */
const PASSING_KINDS = ['emptyDir', 'ephemeral']

/** Does what is written to this volume outlive the pod? Of no volume, it does not. */
export const lasts = (source: Readonly<Record<string, unknown>> | undefined): boolean =>
  source !== undefined && !PASSING_KINDS.some((kind) => kind in source)
