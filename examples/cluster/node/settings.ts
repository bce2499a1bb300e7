/** Fixed facts of the one-node cluster. Everything listens on the bridge's address, so nothing is exposed to the network outside. */
export const NODE_NAME = 'kaito'
export const BRIDGE = 'kaito0'
/** The bridge's own address: the node's, the apiserver's, CoreDNS's and the registry's. It does not change with the machine's network. */
export const NODE_ADDRESS = '10.244.0.1'
export const POD_CIDR = '10.244.0.0/24'
export const FIRST_POD_ADDRESS = '10.244.0.10'
export const SERVICE_CIDR = '10.96.0.0/16'
export const KUBERNETES_SERVICE_ADDRESS = '10.96.0.1'
export const REGISTRY_HOST = 'registry.kaito.local'
export const REGISTRY_PORT = 5000
export const REGISTRY_NAME = `${REGISTRY_HOST}:${REGISTRY_PORT}`
/** The Azure size whose single 16 GiB V100 the examples ask for. */
export const DEFAULT_INSTANCE_TYPE = 'Standard_NC6s_v3'
export const PAUSE_IMAGE = 'kaito.local/pause:1'
/** Marks our iptables rules, so that they can be found again. */
export const RULE_COMMENT = 'kaito-ts'
