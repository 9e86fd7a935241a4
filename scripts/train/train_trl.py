"""SFT, DPO and ORPO of FIM rows with TRL 0.24.0, from a rendered trl.yaml.

TRL as it comes breaks three rules of these rows, which the classes below mend:
  - DPOTrainer appends an eos to completions that already end in it;
  - its "sft" loss ignores token 0, which is "!" in Qwen's vocabulary;
  - ORPOTrainer's NLL runs over prompt and completion instead of the completion.
"""

import sys

import yaml
from datasets import concatenate_datasets, load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer, ORPOConfig, ORPOTrainer, SFTConfig, SFTTrainer


class FIMDPOTrainer(DPOTrainer):
    @staticmethod
    def tokenize_row(features, processing_class, *unused, **also_unused):
        return {
            name + "_input_ids": processing_class(features[name], add_special_tokens=False)["input_ids"]
            for name in ("prompt", "chosen", "rejected")
        }

    def concatenated_forward(self, model, batch, is_ref_model=False):
        out = super().concatenated_forward(model, batch, is_ref_model)
        if "nll_loss" in out:
            out["nll_loss"] = -out["chosen_logps"].sum() / batch["chosen_attention_mask"].sum()
        return out


class FIMORPOTrainer(ORPOTrainer):
    def concatenated_forward(self, model, batch):
        out = super().concatenated_forward(model, batch)
        # chosen_logps is the mean over a completion's tokens (arXiv 2403.07691, eq. 2).
        return (*out[:4], -out[0].mean(), *out[5:])


METHODS = {
    "sft": (SFTTrainer, SFTConfig, ["prompt", "completion"]),
    "dpo": (FIMDPOTrainer, DPOConfig, ["prompt", "chosen", "rejected"]),
    "orpo": (FIMORPOTrainer, ORPOConfig, ["prompt", "chosen", "rejected"]),
}


def rows(config, split):
    """The rows of a split; general rows join pairs with equal sides."""
    data = read(config[split + "_files"]).select_columns(METHODS[config["method"]][2])
    if split + "_general_files" in config:
        kinds = set(config["general_kinds"])
        general = read(config[split + "_general_files"]).filter(lambda r: r["kind"] in kinds)
        general = general.map(
            lambda r: {"prompt": r["prompt"], "chosen": r["completion"], "rejected": r["completion"]},
            remove_columns=general.column_names,
        )
        data = concatenate_datasets([data, general.cast(data.features)])
    return data


def read(files):
    return load_dataset("parquet", data_files=files, split="train")


def build(config):
    """The trainer of a configuration, with data loaded and tokenised."""
    trainer_class, config_class, _ = METHODS[config["method"]]
    args = config_class(**config["args"])
    tokenizer = AutoTokenizer.from_pretrained(config["model"])
    if tokenizer.eos_token_id != config["stop_id"] or tokenizer.pad_token != config["pad"]:
        sys.exit(f"train_trl: {config['model']}: eos is {tokenizer.eos_token}, padding {tokenizer.pad_token}: run prepare_model.py")
    # Steps of 5e-5 vanish in 16-bit weights: what is tuned stays in 32 bits, and
    # bf16 is the arithmetic.
    dtype = "bfloat16" if args.bf16 and "lora" in config else "float32"
    peft = None
    if "lora" in config:
        from peft import LoraConfig

        peft = LoraConfig(**config["lora"])
    trainer = trainer_class(
        model=AutoModelForCausalLM.from_pretrained(config["model"], dtype=dtype),
        args=args,
        train_dataset=rows(config, "train"),
        eval_dataset=rows(config, "eval") if "eval_files" in config else None,
        processing_class=tokenizer,
        peft_config=peft,
    )
    check(trainer, config)
    return trainer


def check(trainer, config):
    """Refuse rows that were cut or have lost their single stop."""
    stop = config["stop_id"]
    for n, row in enumerate(trainer.train_dataset):
        if config["method"] == "sft":
            sides = [[i for i, m in zip(row["input_ids"], row["completion_mask"]) if m]]
        else:
            sides = [row["chosen_input_ids"], row["rejected_input_ids"]]
        if any(s[-1:] != [stop] or s.count(stop) != 1 for s in sides):
            sys.exit(f"train_trl: row {n} does not end in exactly one stop: was it cut at max_length {trainer.args.max_length}?")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: train_trl.py trl.yaml")
    with open(sys.argv[1], encoding="utf-8") as f:
        config = yaml.safe_load(f)
    trainer = build(config)
    trainer.train()
    trainer.save_model()


if __name__ == "__main__":
    main()
