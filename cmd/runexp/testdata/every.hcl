# Every kind of method on as little data as it takes: for comparing digests.

experiment "every" {
  seeds = [1]
}

model "base" {
  pretrain {
    architecture = "bert"
    layers       = 2
    hidden_size  = 16
    heads        = 2
    vocabulary   = 300
    steps        = 2
    batch_size   = 4
    generator "general" {
      rows = 60
    }
  }
}

format "cloze" {
  text  = "{premise} ? {mask} , {hypothesis}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}

dataset "nli" {
  max_length = 24
  generator "entailment" {
    rows = 60
  }
  label = "relation"
}

method "majority" "majority" {}

method "tfidf" "tfidf" {}

method "prompting" "prompting" {
  format = format.cloze
  shots  = 2
}

method "prompt_search" "prompt_search" {
  templates = ["{premise} {mask} {hypothesis}"]
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}

method "probing" "probing" {}

method "fine_tuning" "fine_tuning" {
  steps = 3
}

method "lora" "lora" {
  from  = method.fine_tuning
  steps = 3
  rank  = 2
}

method "adapter" "adapter" {
  steps     = 3
  reduction = 4
}

method "prefix_tuning" "prefix_tuning" {
  steps  = 3
  tokens = 2
}

method "bitfit" "bitfit" {
  steps = 3
}

method "ia3" "ia3" {
  steps = 3
  sweep {
    learning_rate = [1e-3, 3e-3, 1e-2]
  }
}

method "layer_norm" "layer_norm" {
  steps = 3
}

method "prompt_tuning" "prompt_tuning" {
  steps  = 3
  tokens = 2
}

method "union" "union" {
  steps = 3
  part "lora" {
    rank = 2
  }
  part "layer_norm" {}
}

search {
  strategy = "halving"
}
