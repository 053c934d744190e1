# Every method on the built-in data, five seeds, the same number of steps. The
# learning rates are those that did best on dev in clauses_rates.hcl.

experiment "clauses_table" {
  description = "What does each method make of the same model, in distribution and under shift?"
  seeds       = [1, 2, 3, 4, 5]
}

variable "steps" {
  default     = 200
  description = "Steps of training, the same for every method."
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "prompting" "zero_shot" {
  format = format.remark
}

method "prompting" "calibrated" {
  format    = format.remark
  calibrate = true
}

method "prompting" "four_shots" {
  format    = format.remark
  shots     = 4
  separator = " "
}

method "prompt_search" "search" {
  templates = [
    "{clause} . in short , this is a {mask} .",
    "{clause} . so it is a {mask} .",
    "{clause} . that is a {mask} .",
    "{clause} . we call this a {mask} .",
  ]
  words = {
    obligation  = ["duty"]
    permission  = ["permission"]
    prohibition = ["ban"]
  }
}

method "probing" "linear" {
  pooling = "mean"
}

method "probing" "mlp" {
  head = "mlp"
}

method "probing" "centroid" {
  head = "centroid"
}

method "probing" "knn" {
  head = "knn"
}

method "fine_tuning" "full" {
  steps         = var.steps
  learning_rate = 1.5e-3
}

method "fine_tuning" "top" {
  layers        = 1
  steps         = var.steps
  learning_rate = 1.5e-3
}

method "fine_tuning" "gradual" {
  schedule      = "gradual"
  steps         = var.steps
  learning_rate = 1.5e-3
}

method "fine_tuning" "lp_ft" {
  from          = method.linear
  steps         = var.steps
  learning_rate = 1.5e-3
}

method "lora" "lora" {
  targets       = ["all-linear"]
  steps         = var.steps
  learning_rate = 5e-3
}

method "lora" "dora" {
  targets       = ["all-linear"]
  variant       = "dora"
  steps         = var.steps
  learning_rate = 5e-3
}

method "adapter" "houlsby" {
  steps         = var.steps
  learning_rate = 3e-3
}

method "adapter" "pfeiffer" {
  kind          = "pfeiffer"
  steps         = var.steps
  learning_rate = 3e-3
}

method "adapter" "parallel" {
  kind          = "parallel"
  reduction     = 2
  steps         = var.steps
  learning_rate = 3e-3
}

method "bitfit" "bitfit" {
  steps         = var.steps
  learning_rate = 3e-2
}

method "ia3" "ia3" {
  batch_size    = 32
  steps         = var.steps
  learning_rate = 9e-2
}

method "layer_norm" "norms" {
  steps         = var.steps
  learning_rate = 9e-3
}

method "prefix_tuning" "prefix" {
  steps         = var.steps
  learning_rate = 0.15
}

method "prefix_tuning" "prefix_from_probe" {
  from          = method.linear
  steps         = var.steps
  learning_rate = 5e-2
}

method "prompt_tuning" "prompt" {
  steps         = var.steps
  learning_rate = 1e-2
}

method "prompt_tuning" "prompt_words" {
  format        = format.remark
  init          = "label_words"
  steps         = var.steps
  learning_rate = 1e-2
}

method "union" "union" {
  steps         = var.steps
  learning_rate = 5e-3
  part "lora" {
    targets = ["all-linear"]
  }
  part "layer_norm" {}
}
