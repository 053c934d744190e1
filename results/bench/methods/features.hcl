# Head first, then all (Kumar et al. 2022), where the features are good: a causal
# model that has read such clauses with a remark on each, asked for its features
# where the remark is about to come. Few rows are labelled.

experiment "features" {
  description = "Does a fitted head before fine-tuning hold up better under shift when the features are good?"
  seeds       = [1, 2, 3, 4, 5]
}

model "decoder" {
  pretrain {
    architecture  = "llama"
    layers        = 2
    hidden_size   = 96
    heads         = 4
    vocabulary    = 1500
    dropout       = 0.0
    steps         = 2000
    batch_size    = 32
    learning_rate = 3e-3
    generator "general" {}
  }
}

format "remark" {
  text = "{clause} . in short , this is a"
}

format "asked" {
  text = "{clause} . in short , this is a {mask}"
  words = {
    obligation  = ["duty"]
    permission  = ["permission"]
    prohibition = ["ban"]
  }
}

dataset "clauses" {
  metric     = "macro_f1"
  max_length = 64
  generator "clauses" {
    rows = 6000
  }
  label = "kind"
  split {
    dev  = 0.1
    test = 0.8 # leaves 300 rows to learn from
  }
  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
  }
}

method "probing" "probe" {
  format  = format.remark
  pooling = "last"
}

method "prompting" "zero_shot" {
  format = format.asked
}

method "fine_tuning" "full" {
  format     = format.remark
  epochs     = 8
  batch_size = 16
  sweep {
    learning_rate = [3e-5, 1e-4, 3e-4, 1e-3]
  }
}

method "fine_tuning" "lp_ft" {
  from       = method.probe
  format     = format.remark
  epochs     = 8
  batch_size = 16
  sweep {
    learning_rate = [3e-5, 1e-4, 3e-4, 1e-3]
  }
}
