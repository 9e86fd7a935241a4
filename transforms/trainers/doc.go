// Package trainers turns rows of the export into what trainers read, and renders
// a trainer's configuration: TRL 0.24.0 or LLaMA-Factory 0.9.5, both over
// transformers 4.57.6.
//
// # Rows
//
//	schemas.Row → Normalize → SFT  → SFTRow   prompt, completion
//	                        → Pair → PairRow  prompt, chosen, rejected
//
// A prompt is the whole FIM string of a model family ([Model]), a completion the
// middle and exactly one stop token, written as text, so that no trainer has to add
// one and none may. There is no chat template, BOS or system text. SFT takes each
// context once, pairs at most one a context ([Pick]).
//
// # Files below OUT/export
//
//	trl/sft/{train,validation,test}-….parquet    SFTRow
//	trl/pairs/{train,validation,test}-….parquet  PairRow
//	llamafactory/sft/train-….parquet             SFTRow   entry decoy_sft
//	llamafactory/pairs/train-….parquet           PairRow  entry decoy_pairs, ranking
//	llamafactory/dataset_info.json               [DatasetInfo]
//
// LLaMA-Factory reads every file of a folder, so its folders hold the training
// split and nothing else; it refuses .jsonl.zst, and a ranking entry for SFT.
//
// # Configurations
//
// [Render] writes them from templates/. What they hold to, and why:
//
//   - Nothing is truncated. The length limit is that of the longest row, which the
//     launcher measures first; LLaMA-Factory gets 8 tokens more, since it divides
//     the limit in floating point and can lose the last token of a row that just
//     fits.
//   - The eos token is the model family's FIM stop. The Instruct tokenizer's is
//     <|im_end|>, which TRL would append behind the stop and at which FIM never
//     stops. LLaMA-Factory has no option for it, so both trainers get a view of the
//     model's folder with another tokenizer configuration (scripts/train,
//     prepare_model.py). Padding is another token than the stop, so that no mask
//     made from the padding hides the stop.
//   - Loss falls on the middle and its stop alone. TRL's ORPO takes its NLL over
//     the prompt too and its DPO appends a second stop: scripts/train/train_trl.py
//     mends both.
//   - Preference training mixes the general rows in as pairs of equal sides
//     ([Mix]): the preference gradient of such a pair is exactly zero, in DPO and
//     in ORPO, and what remains is the NLL of its completion. So no trainer needs a
//     second data loader. Its reported accuracy counts such a pair as wrong.
//
// # Sources of the defaults
//
// Measured with a 30 M model on 11,400 contexts, two seeds, 38 held-out projects:
// learning rate 5e-5 was the best development score in every arm of {5e-5, 2e-4}
// (lower ones untried); SFT gained 1.7 points of exact match over a control on
// random spans; ORPO at 0.1 was SFT; DPO with NLL at weight 1 was 1.2 points worse
// than SFT; DPO without any NLL destroyed FIM (12 % exact match of 43 %). So DPO is
// rendered with NLL and with general rows only, and the package refuses it without.
// β = 0.1 is the value of the DPO paper (arXiv 2305.18290), λ = 0.1 that of ORPO
// (arXiv 2403.07691).
//
// # Limits
//
// One model family. LLaMA-Factory trains without validation, and reads the files of
// a folder in the order in which the file system lists them. All rows of a context
// have to be given to [Contexts] at once. Mixed pairs double the cost of a general
// row, and need a LoRA dropout of 0, which is what is rendered.
package trainers
