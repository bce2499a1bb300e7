/** Linear modules of a decoder layer whose attention and gate projections are fused into one matrix each (Phi-3, Phi-4). */
export const FUSED_MODULES = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'] as const

/** Linear modules of a decoder layer in the Llama layout (Llama, Mistral, Qwen2). */
export const SPLIT_MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
