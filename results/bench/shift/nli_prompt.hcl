# Prompt tuning for experiments/nli.hcl, read together with it. It takes some ten times
# LoRA's steps before it leaves chance, too many for three minutes:
#
#   runexp experiments/nli.hcl results/bench/shift/nli_prompt.hcl

method "prompt_tuning" "soft" {
  tokens        = 16
  steps         = 4000
  batch_size    = 32
  learning_rate = 1e-2
}
