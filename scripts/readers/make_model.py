"""Make a tiny model with a Qwen2-style tokenizer, where none can be downloaded.

The tokenizer has Qwen2.5's normaliser, pre-tokeniser and special tokens at Qwen's
ids. Its merges are learnt from the export's own text, so there are fewer of them;
ids between the last merge and <|endoftext|> (151643) are filled with tokens that no
text contains. Eos is <|im_end|> and padding <|endoftext|>, as in the Instruct
models: what decoy train has to change. Weights are random.
"""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

FIRST_SPECIAL = 151643
SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
    "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|> "
    "<tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>"
).split()
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CHAT = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


def byte_level():
    split = pre_tokenizers.Split(Regex(WORDS), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def tokenizer(texts, merges):
    learner = Tokenizer(models.BPE())
    learner.normalizer, learner.pre_tokenizer = normalizers.NFC(), byte_level()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=256 + merges, initial_alphabet=alphabet, show_progress=False))

    bpe = json.loads(learner.to_str())["model"]
    vocab = dict(bpe["vocab"])
    for i in range(len(vocab), FIRST_SPECIAL):
        vocab[f"<filler {i}>"] = i
    full = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(m) for m in bpe["merges"]]))
    full.normalizer, full.pre_tokenizer, full.decoder = learner.normalizer, learner.pre_tokenizer, decoders.ByteLevel()
    full.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    out = PreTrainedTokenizerFast(tokenizer_object=full, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=32768)
    out.chat_template = CHAT
    for i, t in enumerate(SPECIAL):
        assert out.convert_tokens_to_ids(t) == FIRST_SPECIAL + i, t
    return out, len(bpe["vocab"])


def make(folder, texts, merges=4000):
    """Writes tokenizer and model; returns what was substituted."""
    tok, learnt = tokenizer(texts, merges)
    tok.save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=151936, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32768, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return {
        "tokenizer": f"byte-level BPE of {learnt} tokens learnt from the export in place of Qwen2.5's 151643, ids padded to {FIRST_SPECIAL}",
        "model": "Qwen2 of one layer and width 16 with random weights",
    }
