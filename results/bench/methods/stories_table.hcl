# Every method on the two data sets, five seeds, the same number of steps (bitfit
# has no biases to train in a Llama). The learning rates are those that did best
# on dev in stories_rates.hcl, where one differs between the sets the smaller.
#
# A causal model's own head reads the last token, the probe the mean of the text.
# What is named "…_from_probe" starts from the probe's head and reads what it
# reads.

experiment "stories_table" {
  description = "Which methods beat a linear probe on a small model that knows little of the task?"
  seeds       = [1, 2, 3, 4, 5]
}

variable "steps" {
  default     = 150
  description = "Steps of training, the same for every method."
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "probing" "probe" {}

method "probing" "probe_of_last" {
  pooling = "last"
}

method "lora" "lora_from_probe" {
  from          = method.probe
  targets       = ["all-linear"]
  steps         = var.steps
  batch_size    = 16
  learning_rate = 3e-3
}

method "prefix_tuning" "prefix_from_probe" {
  from          = method.probe
  tokens        = 16
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-2
}

method "prompt_tuning" "prompt_from_probe" {
  from          = method.probe
  tokens        = 16
  steps         = var.steps
  batch_size    = 16
  learning_rate = 3e-3
}

method "lora" "lora" {
  targets       = ["all-linear"]
  steps         = var.steps
  batch_size    = 16
  learning_rate = 3e-3
}

method "prefix_tuning" "prefix" {
  tokens        = 16
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-2
}

method "prompt_tuning" "prompt" {
  tokens        = 16
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-2
}

method "fine_tuning" "full" {
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-3
}

method "fine_tuning" "lp_ft" {
  from          = method.probe
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-3
}

method "adapter" "adapter" {
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-2
}

method "ia3" "ia3" {
  steps         = var.steps
  batch_size    = 16
  learning_rate = 3e-2
}

method "layer_norm" "norms" {
  steps         = var.steps
  batch_size    = 16
  learning_rate = 1e-2
}

method "union" "union" {
  steps         = var.steps
  batch_size    = 16
  learning_rate = 3e-3
  part "lora" {
    targets = ["all-linear"]
  }
  part "layer_norm" {}
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

method "prompting" "ask_emotion" {
  datasets = [dataset.emotion]
  format   = format.emotion
}

method "prompting" "ask_kind" {
  datasets = [dataset.trec]
  format   = format.kind
}

method "prompt_search" "search_emotion" {
  datasets  = [dataset.emotion]
  templates = ["{text} I felt {mask}", "{text} I was very {mask}"]
  words = {
    anger    = ["angry", "mad"]
    joy      = ["happy", "glad"]
    optimism = ["hope", "brave"]
    sadness  = ["sad", "sorry"]
  }
}
