import { fetchMessage } from './fetch.ts'
import { gatewayMessage } from './gateway.ts'
import { pullMessage } from './pull.ts'
import { pushMessage } from './push.ts'
import { scaleMessage } from './scale.ts'
import { trainMessage } from './train.ts'

/** Everything that the operator says to a container. A new step is listed here. */
export const MESSAGES = [fetchMessage, trainMessage, pushMessage, pullMessage, scaleMessage, gatewayMessage] as const
