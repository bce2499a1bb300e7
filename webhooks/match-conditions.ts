/** A CEL expression that the API server evaluates before it calls us; false spares the call. */
export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

/** An object on its way out must be able to lose its finalizers, whatever rules have come since it was created. */
export const notBeingDeleted: MatchCondition = {
  name: 'not-being-deleted',
  expression: '!has(object.metadata.deletionTimestamp)',
}

/**
 * Every field that the defaulting webhook may fill in or respell, each as "this is to be done". Only saves calls: one too
 * many is answered with an empty patch, so a field that is missing here is the only mistake that matters.
 * An instance type in the spelling of Azure's or AWS's own lists needs nothing; any other is looked up.
 */
export const needsDefaults: MatchCondition = {
  name: 'needs-defaults',
  expression: [
    '!has(object.resource)',
    '!has(object.resource.count)',
    '!has(object.resource.instanceType)',
    `!object.resource.instanceType.matches('^(Standard_N[A-Z]+[0-9]+[a-z]*(_[A-Z]+[0-9]+X?)*_v[0-9]+|[a-z0-9-]+[.][a-z0-9-]+)$')`,
    '(has(object.inference) && has(object.inference.preset) && !has(object.inference.preset.accessMode))',
    '(has(object.inference) && has(object.inference.adapters) && object.inference.adapters.exists(a, !has(a.strength)))',
    '(has(object.tuning) && has(object.tuning.preset) && !has(object.tuning.preset.accessMode))',
    `(has(object.tuning) && (!has(object.tuning.method) || object.tuning.method.matches('[A-Z]')))`,
  ].join(' || '),
}
