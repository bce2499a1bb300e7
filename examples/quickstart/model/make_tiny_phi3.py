"""A random Phi-3 of 0.4 million parameters with the real architecture, tokenizer kind and chat template.

usage: python3 make_tiny_phi3.py <out-dir>     the same bytes on every run
Head size 32 is the smallest the CPU attention of vLLM takes, hence hidden size 128.
"""

import os
import sys
from importlib import resources

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Phi3Config, Phi3ForCausalLM, PreTrainedTokenizerFast

from make_dataset import PAIRS

SPECIAL = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]


def main(out: str) -> None:
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(out)
    torch.manual_seed(0)
    model = Phi3ForCausalLM(
        Phi3Config(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            original_max_position_embeddings=512,
            bos_token_id=0,
            eos_token_id=tokenizer.convert_tokens_to_ids("<|end|>"),
            pad_token_id=0,
            initializer_range=0.1,  # wide enough for an adapter to make sharp predictions over a frozen random head
            tie_word_embeddings=False,
        )
    )
    model.save_pretrained(out)
    for name in os.listdir(out):
        os.chmod(os.path.join(out, name), 0o644)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(tokenizer)} tokens", flush=True)


def make_tokenizer() -> PreTrainedTokenizerFast:
    byte_pairs = Tokenizer(models.BPE())
    byte_pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_pairs.decoder = decoders.ByteLevel()
    byte_pairs.train_from_iterator(
        [text for pair in PAIRS for text in pair],
        trainers.BpeTrainer(
            vocab_size=512,
            special_tokens=SPECIAL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=byte_pairs,
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        model_max_length=512,
    )
    tokenizer.chat_template = (resources.files("trl") / "chat_templates" / "phi3.jinja").read_text()
    return tokenizer


if __name__ == "__main__":
    main(sys.argv[1])
