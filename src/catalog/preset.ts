/** The shape numbers of a decoder-only transformer, as its config.json has them. Sizes are counts, not bytes. */
export interface Architecture {
  /** All parameters. */
  readonly params: number
  readonly layers: number
  readonly hidden: number
  /** Width of the feed-forward block. */
  readonly intermediate: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly vocab: number
  readonly tiedEmbeddings: boolean
}

/** What a split over GPUs must come out even with. A latent that all heads share (DeepSeek's) counts as one key/value head. */
export interface Attention {
  readonly heads: number
  readonly kvHeads: number
}

/** How a model may be tuned here. A preset without it cannot be tuned. */
export interface TuningSupport {
  /** Names of the linear modules that get LoRA matrices: the model's own names (Phi-3 has fused qkv_proj and gate_up_proj). */
  readonly targetModules: readonly string[]
}

/** Where the weights come from: the Hugging Face hub, or an OCI image that holds them under /model. */
export type Weights =
  | { readonly hub: string; readonly revision?: string }
  | { readonly image: string; readonly imagePullSecrets?: readonly string[] }

export interface Preset {
  readonly name: string
  /** Other spellings that mean the same model, such as the Hugging Face id. */
  readonly aliases?: readonly string[]
  readonly family: string
  readonly weights: Weights
  /** Size of the weights on disk and (unquantised) in memory, GiB. */
  readonly weightsGiB: number
  /** Longest context, tokens. */
  readonly contextLength: number
  /** KV-cache bytes of one token, all layers. */
  readonly kvBytesPerToken: number
  readonly architecture?: Architecture
  /** For a preset without `architecture`, where its config.json is known. */
  readonly attention?: Attention
  /** The least CUDA compute capability that the server has code for, where it is above what the images need anyway. */
  readonly needs?: { readonly computeCapability: number; readonly because: string }
  readonly quantization?: string
  /** True when the hub asks for a token (modelAccessSecret). */
  readonly gated?: boolean
  readonly tuning?: TuningSupport
  /** Extra arguments for the server, e.g. a tool-call parser. Never from users' objects: the catalog is the administrator's. */
  readonly engineArgs?: readonly string[]
  /** A name that was valid once: why it is refused, and what to use. */
  readonly retired?: { readonly reason: string; readonly use?: string }
}
